"""Hypothesis strategies for programs: some trainings of one network beside each other."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from hypothesis import strategies as st

from stages.lib.core.errors import UserError
from stages.lib.mlp.batches import Part
from stages.lib.mlp.program import Program, program
from stages.lib.params.layer import PLACES
from stages.lib.vocabulary.activations import ACTIVATIONS
from stages.lib.vocabulary.encodings import encodings
from stages.lib.vocabulary.losses import LOSSES
from stages.lib.vocabulary.optimizers import CLIPS, OPTIMIZERS
from stages.lib.vocabulary.regularizers import PENALTIES
from stages.lib.vocabulary.schedules import SCHEDULES
from stages.lib.vocabulary.tasks import KINDS
from tests.cards import task_of
from tests.conftest import train_settings

# Values that a constant of an optimizer or a loss is drawn from, by its key. Keras takes
# 1 - beta_2^step in float32, which for 0.9999 is wrong in the fourth digit.
CONSTANTS = {
    "momentum": (0.0, 0.5, 0.9),
    "rho": (0.5, 0.9, 0.99),
    "beta_1": (0.0, 0.5, 0.9),
    "beta_2": (0.9, 0.99, 0.999),
    "epsilon": (1e-7, 1e-3),
    "beta_2_decay": (-0.8, -0.3),
    "epsilon_1": (1e-30, 1e-3),
    "epsilon_2": (0.001, 0.1, 1.0),
    "clip_threshold": (0.3, 1.0),
    "huber_delta": (0.1, 1.0, 3.0),
    "quantile": (0.1, 0.5, 0.9),
    # Below 1 its slope at an output of exactly 0 or 1 is infinite, and whether relu passes a NaN on
    # where it gives 0 differs between TensorFlow and XLA, in Keras too (`jit_compile`).
    "focal_gamma": (1.0, 1.5, 2.0, 2.5),
    "focal_alpha": (0.25, 0.6),
    "focal_balancing": (False, True),
}
NO_CLIP = dict.fromkeys(CLIPS)


@dataclass(frozen=True)
class Drawn:
    """Some programs of one network, loss and optimizer, each with its own table.

    Attributes:
        task, classes, targets: as tests.cards.task_of takes them.
        common: changed keys of params.yaml's section train that all have.
        own: the same by program.
        rows, inputs: of every table.
        seed: of tables, weights of rows and initial arrays.
        arrays_given: the initial arrays are random numbers; else the initializers draw them.
        row_weights: the rows are weighted.
        class_weights: by class, or None.
    """

    task: str
    classes: int
    targets: int
    common: dict[str, Any]
    own: tuple[dict[str, Any], ...]
    rows: int
    inputs: int
    seed: int
    arrays_given: bool
    row_weights: bool
    class_weights: tuple[float, ...] | None

    def plans(self) -> list[Program]:
        """Raises UserError for what cannot run."""
        task = task_of(self.task, self.classes, self.targets)
        return [program(train_settings(**self.common, **own), task, self.inputs)
                for own in self.own]  # fmt: skip

    def table(self, plan: Program, position: int) -> Part:
        """The table of the program at this position."""
        rng = np.random.default_rng([self.seed, position, 0])
        x = rng.normal(size=(self.rows, self.inputs)).astype("float32")
        if self.task == "regression":
            y = rng.normal(size=(self.rows, self.targets)) + x[:, :1]
            y = np.abs(y) if plan.contract.loss_row.nonnegative else y
        elif self.task == "multilabel":
            y = rng.integers(0, 2, (self.rows, self.classes)).astype("int32")
        else:
            y = rng.integers(0, self.classes, (self.rows, 1)).astype("int32")
        weights = None
        if self.row_weights:
            weights = rng.gamma(1.0, size=self.rows) * (rng.random(self.rows) > 0.1)
        of_class = None if self.class_weights is None else np.array(self.class_weights)
        return Part(x, y, plan.contract.encode, weights, of_class)

    def arrays(self, plan: Program, position: int) -> dict[str, np.ndarray]:
        """The initial arrays of the program at this position."""
        arrays = plan.initial()
        if not self.arrays_given:
            return arrays
        rng = np.random.default_rng([self.seed, position, 1])
        for name, array in arrays.items():
            given = rng.normal(size=array.shape) * 0.5
            around_one = name.endswith(("gamma", "moving_variance"))
            arrays[name] = (np.abs(given) + 0.5 if around_one else given).astype("float32")
        return arrays


@st.composite
def schedules(draw: st.DrawFn, steps: int, epochs: int) -> dict[str, Any]:
    """A schedule, as the section train has it; a warm-up is of whole steps."""
    schedule = {"name": draw(st.sampled_from(["constant", *SCHEDULES])), "warmup_epochs": 0}
    schedule |= {"decay_epochs": draw(st.sampled_from([0.5, 1, 1.5]))}
    schedule |= {"decay_rate": draw(st.sampled_from([0.1, 0.5, 0.9]))}
    schedule |= {"final_fraction": draw(st.sampled_from([0.0, 0.1]))}
    schedule |= {"power": draw(st.sampled_from([0.5, 1.0, 2.0]))}
    schedule |= {"restart_length": draw(st.sampled_from([1.0, 1.5, 2.0]))}
    schedule |= {"restart_height": draw(st.sampled_from([0.5, 1.0]))}
    ends = draw(st.sets(st.integers(0, epochs * steps), min_size=1, max_size=3))
    schedule |= {"boundaries": [end / steps for end in sorted(ends)]}
    schedule |= {"factors": [draw(st.sampled_from([0.1, 0.5, 2.0])) for _ in ends]}
    if SCHEDULES[schedule["name"]].has_warmup:
        schedule["warmup_epochs"] = draw(st.integers(0, (epochs - 1) * steps)) / steps
    return schedule


@st.composite
def clips(draw: st.DrawFn) -> dict[str, float | None]:
    """At most one limit."""
    name = draw(st.sampled_from([None, *CLIPS]))
    return NO_CLIP | ({name: draw(st.sampled_from([0.01, 0.1, 1.0]))} if name else {})


def some(values: list[Any], otherwise: Any) -> st.SearchStrategy[Any]:
    """One of the values in half of the cases."""
    return st.one_of(st.just(otherwise), st.sampled_from(values))


# Activations at other arguments than their usual ones.
WITH_ARGUMENTS = [
    {"name": "leaky_relu", "negative_slope": 0.01},
    {"name": "leaky_relu", "negative_slope": 0.5},
    {"name": "elu", "alpha": 0.3},
]
OF_OUTPUT = [row.name for row in ACTIVATIONS.values() if not row.trained]
# Settings of a layer that change what Keras trains, each with its values.
SETTINGS = {
    "activation": st.sampled_from([*ACTIVATIONS, *WITH_ARGUMENTS]),
    "batch_normalization": some(["before_activation", "after_activation"], "none"),
    "layer_normalization": st.sampled_from(["none", "none", *PLACES]),
}
# And those that a layer has beside the program's own.
OF_LAYER = SETTINGS | {key: st.sampled_from([0.0, 0.05]) for key in PENALTIES}


@st.composite
def entries(draw: st.DrawFn) -> Any:
    """An entry of train.layers."""
    units = draw(st.integers(1, 5))
    own = draw(some([True], False)) and draw(st.fixed_dictionaries({}, optional=OF_LAYER))
    return {"units": units} | own if own else units


@st.composite
def layers(draw: st.DrawFn) -> dict[str, Any]:
    """The hidden layers."""
    keys = {"layers": draw(st.lists(entries(), max_size=2))}
    keys |= {key: draw(values) for key, values in SETTINGS.items()}
    return keys


@st.composite
def losses(draw: st.DrawFn, task: str, classes: int) -> dict[str, Any]:
    """Loss, output layer and targets of a task; not all can run."""
    row = LOSSES[draw(st.sampled_from(list(LOSSES)))]
    keys = {"loss": row.name}
    keys |= {key: draw(st.sampled_from(CONSTANTS[key])) for key in row.constants}
    # Half of the output layers are those that matter most.
    usual = st.sampled_from(["linear", "sigmoid", "softmax"])
    keys["output_activation"] = draw(st.one_of(usual, st.sampled_from(OF_OUTPUT)))
    keys["from_logits"] = row.has_logits and draw(st.booleans())
    keys["output_units"] = draw(some([1, 2, 3, 4], "auto"))
    if classes:
        keys["target_encoding"] = draw(some(list(encodings(KINDS[task])), "auto"))
        if row.smooths_labels:
            keys["label_smoothing"] = draw(some([0.1, 0.3], 0.0))
    return keys


@st.composite
def optimizers(draw: st.DrawFn) -> dict[str, Any]:
    """An optimizer with constants."""
    row = OPTIMIZERS[draw(st.sampled_from(list(OPTIMIZERS)))]
    constants = {
        key: draw(st.sampled_from([n for n in CONSTANTS[key] if n > row.above.get(key, -1.0)]))
        for key in row.constants
    }
    return {"optimizer": row.name, **constants}


@st.composite
def drawn(draw: st.DrawFn, programs: int) -> Drawn:
    """So many programs of one network that Keras can run."""
    task = draw(st.sampled_from(list(KINDS)))
    classes = {"binary": 2, "regression": 0}.get(task, 3)
    targets = draw(st.integers(1, 2)) if task == "regression" else 1
    rows, batch, epochs = (
        draw(st.integers(4, 30)),
        draw(st.integers(1, 12)),
        draw(st.integers(2, 3)),
    )
    batch = max(batch, -(-rows // 6))
    steps = -(-rows // batch)
    common = {"batch_size": batch, "epochs": epochs, "shuffle": False}
    common |= draw(layers()) | draw(losses(task, classes)) | draw(optimizers())
    # What differs between programs beside their tables is a graph of its own in Keras: all the
    # same in half of the cases.
    scale = 0.1 if OPTIMIZERS[common["optimizer"]].adaptive else 1.0
    first = {
        "schedule": draw(schedules(steps, epochs)),
        "clip": draw(clips()),
        **{key: draw(some([0.01, 0.1], 0.0)) for key in PENALTIES},
        "weight_decay": draw(some([0.0, 0.1, 1.0], "auto")),
        "ema_momentum": draw(some([0.5, 0.9], None)),
        "gradient_accumulation_steps": draw(some([2, 3], None)),
    }
    other = first | draw(
        st.fixed_dictionaries({}, optional={
            "schedule": schedules(steps, epochs), "clip": clips(), "l1": st.just(0.02),
            "l2": st.just(0.03), "weight_decay": st.just(0.3), "ema_momentum": st.just(0.8),
            "gradient_accumulation_steps": st.sampled_from([None, 4]),
        })
    )  # fmt: skip
    own = tuple(
        {
            "learning_rate": scale * draw(st.sampled_from([0.01, 0.03, 0.1])),
            "seed": position,
            **(other if position == programs - 1 and draw(st.booleans()) else first),
        }
        for position in range(programs)
    )
    has_classes = KINDS[task].has_classes
    of_class = st.tuples(*[st.sampled_from([0.5, 1.0, 3.0])] * classes)
    return Drawn(
        task, classes, targets, common, own, rows,
        inputs=draw(st.integers(1, 4)),
        seed=draw(st.integers(0, 2**16)),
        arrays_given=draw(st.booleans()),
        row_weights=draw(st.booleans()),
        class_weights=draw(st.one_of(st.none(), of_class)) if has_classes else None,
    )  # fmt: skip


def runs(found: Drawn) -> bool:
    """Whether its programs are valid: in what one has of its own, all are. A single unit less its
    own mean is 0 but for rounding, which then decides all that follows: no such layer. Nor the
    softmax of a single unit, which is 1 and has no slope but rounding."""
    try:
        [plan] = replace(found, own=found.own[:1]).plans()
    except UserError:
        return False
    contract = plan.contract
    if contract.units == 1 and contract.activation == "softmax":
        return False
    return all(one.units > 1 or one.layer_normalization == "none" for one in plan.network.layers)
