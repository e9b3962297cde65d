"""The `train` section of params.yaml: the network, its loss, its optimizer and its training."""

from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from stages.lib.core.errors import shown
from stages.lib.params.activation import Activation
from stages.lib.params.initializer import Initializer
from stages.lib.params.layer import (
    BiasInitializer,
    Deviation,
    DropoutRate,
    LayerSettings,
    NormalizationPlace,
    Penalty,
    hidden_layers,
)
from stages.lib.params.messages import Mistake
from stages.lib.params.model import ModelEdits
from stages.lib.params.names import (
    EncodingName,
    LossName,
    OptimizerName,
    OutputActivationName,
    ScheduleName,
)
from stages.lib.params.section import (
    FLOAT32_MAX,
    UNTRIED,
    Family,
    Limit,
    Name,
    NotTried,
    Section,
    Seed,
    Units,
    Weight,
)
from stages.lib.vocabulary.optimizers import OPTIMIZERS

# Networks whose predictions are averaged: of one's variance a hundredth is left then.
MAX_MEMBERS = 100


class Schedule(Section):
    """The learning rate over the epochs."""

    name: Annotated[ScheduleName, Family("schedule")] = Field(
        description="constant, exponential, inverse_time, polynomial, cosine (to the last epoch), "
        "cosine_restarts or piecewise_constant"
    )
    warmup_epochs: Annotated[float, Family("schedule")] = Field(
        ge=0, description="epochs of a linear rise from 0 before the schedule begins"
    )
    decay_epochs: Annotated[float, UNTRIED] = Field(
        gt=0,
        description="exponential, inverse_time: epochs in which the rate falls by decay_rate; "
        "polynomial: to its end; cosine_restarts: to the first restart",
    )
    decay_rate: Annotated[float, UNTRIED] = Field(
        gt=0,
        le=1,
        description="exponential: factor per decay_epochs, 0 to 1; inverse_time: the rate is "
        "divided by 1 + decay_rate * epochs / decay_epochs",
    )
    final_fraction: Annotated[float, UNTRIED] = Field(
        ge=0,
        le=1,
        description="cosine*, polynomial: share of the learning rate left at the end, 0 to 1",
    )
    power: Annotated[float, UNTRIED] = Field(
        gt=0, le=100, description="polynomial: 1 falls in a line, 2 in a parabola"
    )
    restart_length: Annotated[float, UNTRIED] = Field(
        ge=1,
        le=100,
        description="cosine_restarts: how many times as long as the one before a wave is",
    )
    restart_height: Annotated[float, UNTRIED] = Field(
        gt=0, le=100, description="cosine_restarts: how many times as high"
    )
    boundaries: Annotated[list[Annotated[float, Field(ge=0)]], UNTRIED] = Field(
        max_length=1000,
        description="piecewise_constant: epochs after which the rate is another one, e.g. [10, 20]",
    )
    factors: Annotated[list[Annotated[float, Field(ge=0, le=1e6)]], UNTRIED] = Field(
        max_length=1000,
        description="piecewise_constant: by what the learning rate is multiplied after each of "
        "these, e.g. [0.1, 0.01]",
    )

    @model_validator(mode="after")
    def has_pieces(self) -> "Schedule":
        """Refuse boundaries that do not rise, or have not a factor each."""
        pairs = pairwise(self.boundaries)
        if not all(earlier < later for earlier, later in pairs):
            raise Mistake("rising numbers", shown(self.boundaries), part="boundaries")
        if len(self.factors) != len(self.boundaries):
            count = len(self.boundaries)
            raise Mistake(f"a factor for each of {count} boundaries", shown(self.factors),
                          part="factors")  # fmt: skip
        if self.name == "piecewise_constant" and not self.boundaries:
            raise Mistake("a boundary for piecewise_constant", "[]", part="boundaries")
        return self


class Clip(Section):
    """Gradient clipping, in one way at most."""

    value: Annotated[Limit | None, Family("optimizer")] = Field(
        description="each element to [-value, value]"
    )
    norm: Annotated[Limit | None, Family("optimizer")] = Field(
        description="each kernel's or bias's gradient to this norm"
    )
    global_norm: Annotated[Limit | None, Family("optimizer")] = Field(
        description="the whole gradient to this norm"
    )

    @model_validator(mode="after")
    def is_one(self) -> "Clip":
        """Refuse two limits at once."""
        if sum(limit is not None for limit in (self.value, self.norm, self.global_norm)) > 1:
            raise Mistake("one of value, norm and global_norm at most, as in Keras")
        return self


class EarlyStopping(Section):
    """When training ends before its last epoch, and which epoch's weights it leaves."""

    patience: Annotated[Annotated[int, Field(ge=0)] | None, Family("epochs")] = Field(
        description="epochs without improvement before training stops; null: off"
    )
    min_delta: Annotated[float, Family("epochs")] = Field(
        ge=0, description="smallest fall that counts as an improvement"
    )
    restore_best: Annotated[bool, Family("epochs")] = Field(
        description="keep the weights of the best epoch rather than the last"
    )


class ReduceOnPlateau(Section):
    """When the learning rate falls because the watched loss does not."""

    patience: Annotated[Annotated[int, Field(ge=0)] | None, Family("schedule")] = Field(
        description="epochs without improvement before the learning rate falls; null: off"
    )
    factor: Annotated[float, UNTRIED] = Field(
        gt=0, lt=1, description="by what it is multiplied then, between 0 and 1"
    )
    min_delta: Annotated[float, UNTRIED] = Field(
        ge=0, description="smallest fall of the loss that counts as an improvement"
    )
    cooldown: Annotated[int, UNTRIED] = Field(
        ge=0, description="epochs after a fall of the rate that are not counted"
    )
    min_learning_rate: Annotated[float, UNTRIED] = Field(
        ge=0, description="as low as the rate comes"
    )


class Train(Section):
    """The program under diagnosis."""

    model: ModelEdits = Field(
        description="a Keras model of built-in layers that is no chain, trained by Keras' own fit, "
        "which is slower"
    )
    layers: Annotated[list[Units | LayerSettings], Family("capacity")] = Field(
        max_length=200,
        description="units of each hidden layer, or a mapping that sets its activation, "
        "initializers, normalizations, noises and penalties too, e.g. [{units: 64, dropout: 0.5}, "
        "32]; [] is a linear model",
    )
    activation: Annotated[Activation, Family("hidden_activation")] = Field(
        description="of the hidden layers: relu, tanh, sigmoid, elu, selu, gelu, silu, leaky_relu, "
        "prelu, linear, ..., or {name: leaky_relu, negative_slope: 0.1}; "
        "stages/lib/vocabulary/activations.py"
    )
    kernel_initializer: Annotated[Initializer, Family("initialization")] = Field(
        description="glorot_*, he_*, lecun_*, orthogonal, zeros, ... (a Keras name), or "
        "{name: random_uniform, minval: -0.05, maxval: 0.05}"
    )
    bias_initializer: Annotated[BiasInitializer, Family("initialization")] = Field(
        description="the same choices"
    )
    initial_weights: Annotated[
        Name | None, NotTried("the diagnosis draws fresh weights for every seed")
    ] = Field(
        description="an .npz below data/initial_weights/ to start this one run from; the diagnosis "
        "draws by the initializers"
    )
    batch_normalization: Annotated[NormalizationPlace, Family("hidden_activation")] = Field(
        description="none, before_activation or after_activation, in each hidden layer"
    )
    layer_normalization: Annotated[NormalizationPlace, UNTRIED] = Field(
        description="the same, over the units of a row; not where batch normalization is"
    )
    gaussian_noise: Annotated[Deviation, Family("regularization")] = Field(
        description="deviation of the noise added to the hidden units in training"
    )
    dropout: Annotated[DropoutRate, Family("regularization")] = Field(
        description="share of the hidden units dropped in training, 0 to below 1 (met to 1/65536)"
    )
    alpha_dropout: Annotated[DropoutRate, Family("regularization")] = Field(
        description="the same for selu: a dropped unit is at its lowest output, mean and variance "
        "stay"
    )
    l1: Annotated[Penalty, Family("regularization")] = Field(
        description="penalty: l1 * sum of absolute kernel weights, added to the trained loss"
    )
    l2: Annotated[Penalty, Family("regularization")] = Field(
        description="penalty: l2 * sum of squared kernel weights, added to the trained loss"
    )
    loss: Annotated[LossName, Family("loss")] = Field(
        description="auto (matched to the task), binary_crossentropy, categorical_crossentropy, "
        "mean_squared_error, ...; stages/lib/vocabulary/losses.py"
    )
    from_logits: Annotated[bool, Family("loss")] = Field(
        description="true: the loss takes the outputs for logits"
    )
    label_smoothing: Annotated[float, Family("loss")] = Field(
        ge=0,
        lt=1,
        description="binary, categorical and focal cross-entropy: share of each target spread over "
        "the classes, 0 to below 1",
    )
    huber_delta: Annotated[Limit, Family("loss")] = Field(
        description="huber only: the error up to which it is squared, and beyond which it grows in "
        "a line, scaled target units"
    )
    quantile: Annotated[float, Family("loss")] = Field(
        gt=0,
        lt=1,
        description="the loss of that name only: the share of the targets that is to lie below the "
        "prediction, between 0 and 1",
    )
    focal_gamma: Annotated[float, Family("loss")] = Field(
        ge=0,
        le=100,
        description="*_focal_crossentropy only: how much less a probability counts the surer it is "
        "of the truth; 0: all alike",
    )
    focal_alpha: Annotated[float, Family("loss")] = Field(
        ge=0,
        le=1,
        description="categorical_focal_crossentropy: a factor of the loss; binary with "
        "focal_balancing: weight of targets 1, those of 0 weigh the rest to 1",
    )
    focal_balancing: Annotated[bool, Family("loss")] = Field(
        description="binary_focal_crossentropy only: targets 1 and 0 weigh by focal_alpha"
    )
    class_weight: Annotated[Literal["balanced"] | dict[Name, Weight] | None, Family("loss")] = (
        Field(
            description="of the trained loss alone: null, balanced (every class weighs as much in "
            "training), or weights by class, e.g. {no: 1, yes: 3}; a class left out: 1"
        )
    )
    output_activation: Annotated[OutputActivationName, Family("output_activation")] = Field(
        description="sigmoid, softmax or linear, matched to the task, if auto"
    )
    output_units: Annotated[Literal["auto"] | Units, Family("output_activation")] = Field(
        description="matched to the task if auto, or a number"
    )
    target_encoding: Annotated[EncodingName, Family("data")] = Field(
        description="integer, integer_from_one, plus_minus_one, one_hot, multi_hot (of labels); "
        "auto: as the loss needs"
    )
    optimizer: Annotated[OptimizerName, Family("optimizer")] = Field(
        description="sgd, momentum, nesterov, rmsprop, rmsprop_centered, adam, adam_amsgrad, "
        "adamw, adamw_amsgrad, nadam, adamax, adagrad, adadelta, adafactor, ftrl, lamb, lion, muon"
    )
    learning_rate: Annotated[float, Family("learning_rate")] = Field(
        gt=0, le=FLOAT32_MAX, description="step size at the start"
    )
    momentum: Annotated[float, Family("optimizer")] = Field(
        ge=0, lt=1, description="momentum, nesterov and muon only"
    )
    rho: Annotated[float, Family("optimizer")] = Field(
        ge=0, lt=1, description="rmsprop* and adadelta only: decay of the squared-gradient average"
    )
    beta_1: Annotated[float, Family("optimizer")] = Field(
        ge=0,
        lt=1,
        description="adam*, nadam, lamb, lion and muon only: decay of the gradient average",
    )
    beta_2: Annotated[float, Family("optimizer")] = Field(
        ge=0, lt=1, description="the same: decay of the squared-gradient average"
    )
    epsilon: Annotated[float, Family("optimizer")] = Field(
        gt=0,
        le=FLOAT32_MAX,
        description="rmsprop*, adam*, nadam, adagrad, adadelta, lamb and muon: added to the "
        "denominator",
    )
    beta_2_decay: Annotated[float, Family("optimizer")] = Field(
        ge=-10,
        le=0,
        description="adafactor only: the squared-gradient average keeps 1 - step^beta_2_decay of "
        "itself",
    )
    epsilon_1: Annotated[Limit, Family("optimizer")] = Field(
        description="adafactor only: added to the squared gradient"
    )
    epsilon_2: Annotated[Limit, Family("optimizer")] = Field(
        description="adafactor only: a kernel or bias whose root mean square is smaller steps as "
        "one of this size"
    )
    clip_threshold: Annotated[Limit, Family("optimizer")] = Field(
        description="adafactor only: root mean square of a step, before the rate, at most"
    )
    weight_decay: Annotated[
        Literal["auto"] | Annotated[float, Field(ge=0, le=FLOAT32_MAX)], Family("regularization")
    ] = Field(
        description="share of the weights removed a step, times the learning rate; auto: 0.004 for "
        "adamw* and muon, else 0"
    )
    ema_momentum: Annotated[Annotated[float, Field(gt=0, lt=1)] | None, Family("optimizer")] = (
        Field(
            description="training ends with an average of the weights over the steps, which keeps "
            "this share of itself a step, unless early stopping restores; null: off"
        )
    )
    gradient_accumulation_steps: Annotated[
        Annotated[int, Field(ge=2, le=1_000_000)] | None, Family("batch_size")
    ] = Field(
        description="batches whose mean gradient makes one step, which may begin in one epoch and "
        "end in the next; null: each batch steps"
    )
    schedule: Schedule = Field(description="of the learning rate")
    reduce_on_plateau: ReduceOnPlateau = Field(
        description="a learning rate that falls where the loss that early stopping watches does "
        "not; beside a constant schedule only"
    )
    clip: Clip = Field(description="gradient clipping; null: off")
    batch_size: Annotated[int, Family("batch_size")] = Field(
        ge=1,
        le=10_000_000,
        description="rows a step; the last batch of an epoch may be smaller",
    )
    shuffle: Annotated[bool, Family("data")] = Field(
        description="false: every epoch takes the rows in the order of the training split"
    )
    shuffle_buffer: Annotated[
        int, NotTried("a limit on memory, which only a larger table than it notices")
    ] = Field(
        ge=1,
        le=2**30,
        description="MiB of inputs shuffled together; a larger table is read in chunks of "
        "neighbouring rows",
    )
    epochs: Annotated[int, Family("epochs")] = Field(
        ge=1, le=1_000_000, description="passes over the training split"
    )
    early_stopping: EarlyStopping = Field(
        description="watches the validation loss (the trained one), or the training loss where no "
        "rows validate"
    )
    seed: Annotated[Seed, NotTried("every program is trained at several seeds")] = Field(
        description="of the initial weights, the order of the rows and the dropout masks"
    )
    members: Annotated[int, Family("ensemble")] = Field(
        ge=1,
        le=MAX_MEMBERS,
        description="networks, the first trained from seed and the others from seeds of their own, "
        "whose predictions are averaged: probabilities of a classification, target values of a "
        "regression",
    )
    threads: Annotated[int, NotTried("it changes no loss")] = Field(
        ge=1,
        le=1024,
        description="of the numerical library; one is fastest for small networks",
    )
    device: Annotated[Literal["auto", "cpu", "gpu"], NotTried("it changes no loss")] = Field(
        description="auto (a GPU where TensorFlow sees one and a step is large enough for it), "
        "cpu or gpu"
    )

    @model_validator(mode="after")
    def normalizes_once(self) -> "Train":
        """Refuse both normalizations at one place of a layer."""
        for i, layer in enumerate(self.hidden):
            place = layer["layer_normalization"]
            if place != "none" and layer["batch_normalization"] == place:
                raise Mistake(
                    "batch_normalization or layer_normalization at one place",
                    f"both {place}",
                    part=f"layers.{i}",
                )
        return self

    @model_validator(mode="after")
    def rate_is_set_once(self) -> "Train":
        """Refuse a schedule beside a rate that falls on a plateau, which Keras refuses."""
        schedule, patience = self.schedule, self.reduce_on_plateau.patience
        if patience is None:
            return self
        beside = ""
        if schedule.name != "constant":
            beside = f"schedule.name: {schedule.name}"
        elif schedule.warmup_epochs > 0:
            beside = f"schedule.warmup_epochs: {schedule.warmup_epochs:g}"
        if beside:
            raise Mistake(f"null beside {beside}, which sets the rate by itself",
                          shown(patience), part="reduce_on_plateau.patience")  # fmt: skip
        return self

    @model_validator(mode="after")
    def constants_make_the_optimizer(self) -> "Train":
        """Refuse a constant that makes another optimizer of it, which Keras does not build."""
        for key, limit in OPTIMIZERS[self.optimizer].above.items():
            if not getattr(self, key) > limit:
                expected = f"a number > {limit:g} for {self.optimizer}"
                raise Mistake(expected, shown(getattr(self, key)), part=key)
        return self

    @model_validator(mode="after")
    def members_can_differ(self) -> "Train":
        """Refuse an ensemble of networks that would begin alike, and one of Keras models, which
        Keras' own fit trains one after the other."""
        beside = ""
        if self.model.file is not None:
            beside = "train.model.file"
        elif self.initial_weights is not None:
            beside = "train.initial_weights, from which every network would start"
        if self.members > 1 and beside:
            raise Mistake(f"1 beside {beside}", shown(self.members), part="members")
        return self

    @property
    def watches_loss(self) -> bool:
        """Whether what is done depends on the loss after each epoch."""
        patience = self.early_stopping.patience, self.reduce_on_plateau.patience
        return any(one is not None for one in patience)

    @property
    def hidden(self) -> list[dict[str, Any]]:
        """Every hidden layer with all of its settings, as `hidden_layers` has them."""
        return hidden_layers(vars(self))

    @property
    def initializers(self) -> list[tuple[Initializer, Initializer]]:
        """Of the kernel and the bias of each layer, the output layer's last."""
        every = [*self.hidden, vars(self)]
        return [(layer["kernel_initializer"], layer["bias_initializer"]) for layer in every]
