"""The interventions: small edits of params.yaml that could lower the held-out loss.

A new one is one entry of INTERVENTIONS at the end of this file: its families, its rank and a
function from the program to the edits worth trying on it (none where it does not apply). What an
edit does is never assumed; every edit is trained beside the baseline.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from stages.lib.params import choose
from stages.lib.params.edits import Edit, Sections, edited, effective, identity
from stages.lib.trials.subject import Subject

FAMILIES = (
    "initialization",
    "input_normalization",
    "target_normalization",
    "optimizer",
    "learning_rate",
    "schedule",
    "batch_size",
    "epochs",
    "loss",
    "output_activation",
    "hidden_activation",
    "regularization",
    "capacity",
    "data",
)

# To which family a key belongs: an edit's families are those of the keys that it changes.
FAMILY_OF = {
    "train.kernel_initializer": "initialization",
    "train.bias_initializer": "initialization",
    "normalize.features": "input_normalization",
    "normalize.binary": "input_normalization",
    "normalize.categorical": "input_normalization",
    "normalize.columns": "input_normalization",
    "normalize.missing": "data",
    "normalize.target": "target_normalization",
    "train.optimizer": "optimizer",
    "train.momentum": "optimizer",
    "train.rho": "optimizer",
    "train.beta_1": "optimizer",
    "train.beta_2": "optimizer",
    "train.epsilon": "optimizer",
    "train.clip.value": "optimizer",
    "train.clip.norm": "optimizer",
    "train.clip.global_norm": "optimizer",
    "train.learning_rate": "learning_rate",
    "train.schedule.name": "schedule",
    "train.schedule.warmup_epochs": "schedule",
    "train.batch_size": "batch_size",
    "train.shuffle": "data",
    "train.epochs": "epochs",
    "train.early_stopping.patience": "epochs",
    "train.early_stopping.restore_best": "epochs",
    "train.loss": "loss",
    "train.from_logits": "loss",
    "train.label_smoothing": "loss",
    "train.class_weight": "loss",
    "train.output_activation": "output_activation",
    "train.output_units": "output_activation",
    "train.target_encoding": "data",
    "train.activation": "hidden_activation",
    "train.dropout": "regularization",
    "train.l2": "regularization",
    "train.weight_decay": "regularization",
    "train.layers": "capacity",
}

# Keras' default learning rates, by optimizer.
RATES = {
    "sgd": 0.01, "momentum": 0.01, "nesterov": 0.01, "rmsprop": 0.001, "adam": 0.001,
    "adamw": 0.001, "adagrad": 0.001,
}  # fmt: skip
# Keras' default constants.
CONSTANTS = {"momentum": 0.9, "rho": 0.9, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7}
USED = {
    "momentum": ("momentum",),
    "nesterov": ("momentum",),
    "rmsprop": ("rho", "epsilon"),
    "adam": ("beta_1", "beta_2", "epsilon"),
    "adamw": ("beta_1", "beta_2", "epsilon"),
    "adagrad": ("epsilon",),
}
# He et al. (arXiv:1502.01852) for units that are zero on one side, Glorot and Bengio (AISTATS
# 2010) for symmetric ones, LeCun for selu (Klambauer et al., arXiv:1706.02515).
ONE_SIDED = ("relu", "leaky_relu", "relu6", "elu", "gelu", "silu", "swish", "mish", "softplus")
# The network that Keras' tutorials and scikit-learn's users start from.
LAYERS = [64, 32]
# Steps of the longest training that is tried: beyond it a fit no longer takes seconds.
MOST_STEPS = 30_000
FEW_EPOCHS = 8
# A step of Adam moves a weight by about the learning rate at most (Kingma, Ba, arXiv:1412.6980,
# section 2.1): at 0.001 it takes a thousand for a weight to change by one.
LEAST_STEPS = 1000
# A target whose values are skewed beyond this asks for a logarithm (normal: 0, exponential: 2).
SKEWED = 2.0


@dataclass(frozen=True)
class Facts:
    """What an intervention may look at beside the program: rows and inputs of the training data,
    its task, whether it has text columns, the largest skewness of a regression's targets, and the
    families that are asked for."""

    rows: int
    task: str
    categorical: bool
    skewness: float
    families: tuple[str, ...] = FAMILIES


def asked_families(given: str | list[str]) -> tuple[str, ...]:
    """`diagnose.families` as families. Raises UserError for a name that is none."""
    if given == "all":
        return FAMILIES
    return tuple(choose("diagnose.families", name, FAMILIES) for name in given)


def facts(subject: Subject, rows: int, families: tuple[str, ...] = FAMILIES) -> Facts:
    """The facts of this subject, of which `rows` training rows are trained on."""
    skewness = 0.0
    if subject.task == "regression":
        from scipy import stats

        targets = subject.tables["train"][subject.targets].to_numpy("float64").T
        skewness = max(float(stats.skew(one)) if np.ptp(one) > 0 else 0.0 for one in targets)
    kinds = {column["kind"] for column in subject.card["columns"]}
    return Facts(rows, subject.task, "categorical" in kinds, skewness, families)


@dataclass(frozen=True)
class Intervention:
    """rank: 0 where the present setting contradicts the data, 1 where the edit returns a setting
    to its recommended value, 1.5 where that costs more time, 2 where it searches beyond, 3 where
    that costs more time. Of edits that are equally good the one of the lowest rank is
    prescribed."""

    name: str
    rank: float
    edits: Callable[[Sections, Facts], Iterator[Edit]]
    why: str


@dataclass(frozen=True)
class Candidate:
    """One edit worth a trial. `edit` holds only keys that it changes."""

    intervention: str
    rank: float
    why: str
    edit: Edit

    @property
    def families(self) -> tuple[str, ...]:
        """In the order of the edit's keys."""
        return families_of(self.edit)


def families_of(edit: Edit) -> tuple[str, ...]:
    """The families of an edit's keys, each once."""
    return tuple(dict.fromkeys(FAMILY_OF[key] for key in edit))


def candidates(sections: Sections, given: Facts) -> list[Candidate]:
    """Every edit that changes this program; of equal edits the one that comes first."""
    found: dict[str, Candidate] = {}
    for entry in INTERVENTIONS:
        for edit in entry.edits(sections, given):
            changes = effective(sections, edit)
            if changes and set(families_of(changes)) <= set(given.families):
                found.setdefault(
                    identity(changes), Candidate(entry.name, entry.rank, entry.why, changes)
                )
    return list(found.values())


def recommended(sections: Sections, given: Facts) -> Candidate:
    """All edits of a rank below 2 at once: the program as one would start it anew. Each entry sees
    what those before it have changed (how many epochs are enough depends on the batch size)."""
    edit: Edit = {}
    for entry in (entry for entry in INTERVENTIONS if entry.rank < 2):
        present = edited(sections, edit)
        for one in entry.edits(present, given):
            changes = effective(present, one)
            if set(families_of(changes)) <= set(given.families):
                edit |= changes
    why = "every setting at its recommended value"
    return Candidate("recommended_program", 1, why, effective(sections, edit))


def matched_initializer(activation: str) -> str:
    """The kernel initializer that keeps this activation's variance from layer to layer."""
    if activation == "selu":
        return "lecun_normal"
    return "he_normal" if activation in ONE_SIDED else "glorot_uniform"


# ------------------------------------------------------------------- contract: data and output

_CONTRACT = {
    "train.loss": "auto",
    "train.from_logits": False,
    "train.output_activation": "auto",
    "train.output_units": "auto",
    "train.target_encoding": "auto",
}


def _single(key: str, value: object) -> Callable[[Sections, Facts], Iterator[Edit]]:
    def edits(sections: Sections, given: Facts) -> Iterator[Edit]:
        yield {key: value}

    return edits


def _output(sections: Sections, given: Facts) -> Iterator[Edit]:
    yield {"train.output_activation": "auto"}
    yield {"train.output_activation": "auto", "train.output_units": "auto"}


def _contract(sections: Sections, given: Facts) -> Iterator[Edit]:
    yield _CONTRACT


def _fill(sections: Sections, given: Facts) -> Iterator[Edit]:
    if sections["normalize"]["missing"] == "keep":
        yield {"normalize.missing": "median"}


# ------------------------------------------------------------------------------------- scales


def _standardize(sections: Sections, given: Facts) -> Iterator[Edit]:
    edit: Edit = {"normalize.features": "standard", "normalize.columns": {}}
    if given.categorical:
        edit["normalize.categorical"] = "one_hot"
    if sections["normalize"]["features"] in ("none", "minmax") or sections["normalize"]["columns"]:
        yield edit


def _other_scaling(sections: Sections, given: Facts) -> Iterator[Edit]:
    for name in ("standard", "quantile", "log1p_standard"):
        yield {"normalize.features": name, "normalize.columns": {}}


def _scale_target(sections: Sections, given: Facts) -> Iterator[Edit]:
    if given.task == "regression" and sections["normalize"]["target"] in ("none", "minmax"):
        yield {"normalize.target": "standard"}


def _log_target(sections: Sections, given: Facts) -> Iterator[Edit]:
    if given.task == "regression" and given.skewness > SKEWED:
        yield {"normalize.target": "log1p_standard"}


# ------------------------------------------------------------------------------ initialization


def _initialize(sections: Sections, given: Facts) -> Iterator[Edit]:
    kernel = matched_initializer(sections["train"]["activation"])
    if sections["train"]["bias_initializer"] != "zeros":
        yield {"train.bias_initializer": "zeros"}
    # Keras' own default is no fault: it is within a factor of two of the matched scale.
    if sections["train"]["kernel_initializer"] not in ("glorot_uniform", kernel):
        yield {"train.kernel_initializer": kernel}


def _initialize_otherwise(sections: Sections, given: Facts) -> Iterator[Edit]:
    yield {"train.kernel_initializer": matched_initializer(sections["train"]["activation"])}
    yield {"train.kernel_initializer": "orthogonal"}


def _activate(sections: Sections, given: Facts) -> Iterator[Edit]:
    activation = sections["train"]["activation"]
    if sections["train"]["layers"] and activation not in (*ONE_SIDED, "selu", "tanh"):
        yield {"train.activation": "relu"}


def _activate_otherwise(sections: Sections, given: Facts) -> Iterator[Edit]:
    if sections["train"]["layers"]:
        yield {"train.activation": "elu" if sections["train"]["activation"] == "relu" else "relu"}


# ----------------------------------------------------------------------------------- optimizer


def _rate(sections: Sections, given: Facts) -> Iterator[Edit]:
    yield {"train.learning_rate": RATES[sections["train"]["optimizer"]]}


def _other_rates(sections: Sections, given: Facts) -> Iterator[Edit]:
    rate = sections["train"]["learning_rate"]
    for factor in (0.01, 0.1, 0.3, 3.0, 10.0, 100.0):
        if 1e-6 <= rate * factor <= 10:
            yield {"train.learning_rate": float(f"{rate * factor:.6g}")}


def _constants(sections: Sections, given: Facts) -> Iterator[Edit]:
    used = USED.get(sections["train"]["optimizer"], ())
    yield {f"train.{name}": CONSTANTS[name] for name in used}


def _unclip(sections: Sections, given: Facts) -> Iterator[Edit]:
    yield {f"train.clip.{kind}": None for kind in ("value", "norm", "global_norm")}


def _adam(sections: Sections, given: Facts) -> Iterator[Edit]:
    if sections["train"]["optimizer"] not in ("adam", "adamw"):
        defaults = {f"train.{name}": CONSTANTS[name] for name in USED["adam"]}
        yield {"train.optimizer": "adam", "train.learning_rate": RATES["adam"], **defaults}


def _nesterov(sections: Sections, given: Facts) -> Iterator[Edit]:
    if sections["train"]["optimizer"] in ("adam", "adamw"):
        edit = {"train.optimizer": "nesterov", "train.learning_rate": RATES["nesterov"]}
        yield {**edit, "train.momentum": CONSTANTS["momentum"]}


def _constant_rate(sections: Sections, given: Facts) -> Iterator[Edit]:
    yield {"train.schedule.name": "constant", "train.schedule.warmup_epochs": 0}


def _cosine(sections: Sections, given: Facts) -> Iterator[Edit]:
    if sections["train"]["schedule"]["name"] == "constant":
        yield {"train.schedule.name": "cosine"}


def _batch(sections: Sections, given: Facts) -> Iterator[Edit]:
    # Between 8 and 256 rows a step, and at least ten steps an epoch, a batch size is no fault.
    size = sections["train"]["batch_size"]
    if not 8 <= size <= max(32, min(256, given.rows / 10)):
        yield {"train.batch_size": 32}


def _other_batches(sections: Sections, given: Facts) -> Iterator[Edit]:
    size = min(sections["train"]["batch_size"], given.rows)
    if size * 4 <= given.rows / 4:
        yield {"train.batch_size": size * 4}
    if size >= 32:
        yield {"train.batch_size": size // 4}


# ------------------------------------------------------------- epochs, regularization, capacity


def _longer(factor: int) -> Callable[[Sections, Facts], Iterator[Edit]]:
    def edits(sections: Sections, given: Facts) -> Iterator[Edit]:
        epochs = sections["train"]["epochs"]
        steps = -(-given.rows // sections["train"]["batch_size"])
        longer = min(epochs * factor, max(epochs, MOST_STEPS // steps))
        # A little longer teaches nothing that twice as long does not.
        if longer >= 2 * epochs:
            yield {"train.epochs": longer, "train.early_stopping.patience": None}

    return edits


def _enough_steps(sections: Sections, given: Facts) -> Iterator[Edit]:
    steps = -(-given.rows // sections["train"]["batch_size"])
    if sections["train"]["epochs"] * steps < LEAST_STEPS:
        yield {"train.epochs": -(-2 * LEAST_STEPS // steps)}


def _much_longer(sections: Sections, given: Facts) -> Iterator[Edit]:
    # A handful of epochs can be far too few; from there on four times as many will show it.
    if sections["train"]["epochs"] <= FEW_EPOCHS:
        yield from _longer(16)(sections, given)


def _shorter(sections: Sections, given: Facts) -> Iterator[Edit]:
    if sections["train"]["epochs"] >= 8:
        yield {"train.epochs": sections["train"]["epochs"] // 4}


def _stop_early(sections: Sections, given: Facts) -> Iterator[Edit]:
    if sections["train"]["early_stopping"]["patience"] is None:
        patience = max(5, sections["train"]["epochs"] // 10)
        if patience < sections["train"]["epochs"]:
            stop = {"train.early_stopping.patience": patience}
            yield {**stop, "train.early_stopping.restore_best": True}


def _no_early_stop(sections: Sections, given: Facts) -> Iterator[Edit]:
    yield {"train.early_stopping.patience": None}


def _free(sections: Sections, given: Facts) -> Iterator[Edit]:
    free: Edit = {"train.dropout": 0.0, "train.l2": 0.0}
    if sections["train"]["weight_decay"] != "auto":
        free["train.weight_decay"] = 0.0
    changes = effective(sections, free)
    for key, value in changes.items():
        yield {key: value}
    yield changes


def _regularize(sections: Sections, given: Facts) -> Iterator[Edit]:
    if sections["train"]["dropout"] == 0 and sections["train"]["layers"]:
        yield {"train.dropout": 0.3}
    if sections["train"]["l2"] == 0:
        yield {"train.l2": 0.001}
        yield {"train.l2": 0.01}


def _size(sections: Sections, given: Facts) -> Iterator[Edit]:
    layers = sections["train"]["layers"]
    # One or two units are a bottleneck whatever follows; a linear model may be meant.
    narrow = layers and min(layers) < 4
    if narrow or len(layers) > 5 or (layers and max(layers) > 1024):
        yield {"train.layers": LAYERS}


def _other_sizes(sections: Sections, given: Facts) -> Iterator[Edit]:
    layers = sections["train"]["layers"]
    if not layers:
        yield {"train.layers": LAYERS}
        return
    if max(layers) <= 128:
        yield {"train.layers": [min(512, 4 * units) for units in layers]}
    smaller = [max(4, units // 4) for units in layers]
    if max(layers) >= 16:
        yield {"train.layers": smaller}
    if max(layers) < max(LAYERS) or len(layers) > 2:
        yield {"train.layers": LAYERS}


INTERVENTIONS = (
    Intervention("fill_gaps", 0, _fill, "a gap left as NaN spoils every step that sees it"),
    Intervention(
        "match_encoding",
        0,
        _single("train.target_encoding", "auto"),
        "labels must be what the loss takes them for",
    ),
    Intervention("match_output", 0, _output, "the output must be able to say what is true"),
    Intervention(
        "match_loss", 0, _single("train.loss", "auto"), "the loss must be proper for the task"
    ),
    Intervention(
        "outputs_not_logits",
        0,
        _single("train.from_logits", False),
        "a loss that takes probabilities for logits asks for the wrong ones",
    ),
    Intervention("match_contract", 0, _contract, "loss, output and encoding fit only together"),
    Intervention(
        "standardize_inputs", 1, _standardize, "large columns drown the others and the step size"
    ),
    Intervention(
        "standardize_target",
        1,
        _scale_target,
        "outputs start near 0, steps have a size of their own",
    ),
    Intervention(
        "matched_initializer", 1, _initialize, "the signal must neither fade nor grow with depth"
    ),
    Intervention(
        "live_activation", 1, _activate, "a saturated or flat activation passes on no gradient"
    ),
    Intervention(
        "default_learning_rate",
        1,
        _rate,
        "too small a step learns nothing in time, too large a one overshoots",
    ),
    Intervention("default_constants", 1, _constants, "the optimizer's memory and damping"),
    Intervention("no_clipping", 1, _unclip, "a clip below the usual gradient slows every step"),
    Intervention(
        "constant_schedule", 1, _constant_rate, "a rate that fades too soon stops learning"
    ),
    Intervention(
        "shuffled_rows",
        1,
        _single("train.shuffle", True),
        "rows in the order of a table give steps that pull one way, then another",
    ),
    Intervention(
        "whole_labels",
        1,
        _single("train.label_smoothing", 0.0),
        "smoothed labels ask for less sure predictions than the data do",
    ),
    Intervention(
        "unweighted_classes",
        1,
        _single("train.class_weight", None),
        "weights of classes ask for other probabilities than the data have",
    ),
    Intervention("usual_batch", 1, _batch, "too few steps an epoch, or too noisy ones"),
    Intervention(
        "less_regularization", 1, _free, "a penalty that is too strong keeps it from fitting"
    ),
    Intervention("usual_size", 1, _size, "a bottleneck cannot pass on what is there"),
    Intervention(
        "enough_steps",
        1.5,
        _enough_steps,
        "so few steps cannot carry the weights to where they help",
    ),
    Intervention("adam", 1, _adam, "a step size for each weight forgives bad scales"),
    Intervention("run_to_the_end", 2, _no_early_stop, "patience may end training too soon"),
    Intervention(
        "other_scaling", 2, _other_scaling, "heavy tails need more than a shift and scale"
    ),
    Intervention(
        "log_target", 2, _log_target, "a target over orders of magnitude is learnt by its logarithm"
    ),
    Intervention("other_initializer", 2, _initialize_otherwise, "another start"),
    Intervention("other_activation", 2, _activate_otherwise, "another hidden activation"),
    Intervention(
        "other_learning_rate",
        2,
        _other_rates,
        "too small a step learns nothing in time, too large a one overshoots",
    ),
    Intervention("cosine_schedule", 2, _cosine, "smaller steps at the end settle"),
    Intervention("other_batch", 2, _other_batches, "steps an epoch, and their noise"),
    Intervention("stop_early", 2, _stop_early, "it memorises after it has learnt"),
    Intervention("fewer_epochs", 2, _shorter, "it memorises after it has learnt"),
    Intervention("more_regularization", 2, _regularize, "it memorises the training rows"),
    Intervention(
        "other_size", 2, _other_sizes, "too few units to fit, or so many that it memorises"
    ),
    Intervention("nesterov", 2, _nesterov, "another optimizer"),
    Intervention("longer", 3, _longer(4), "it is still learning when training ends"),
    Intervention("much_longer", 3, _much_longer, "it is still learning when training ends"),
)
