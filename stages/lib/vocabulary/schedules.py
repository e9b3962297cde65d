"""Learning-rate schedules. A new one is one row here, and one function of the same name in
lib/mlp/schedules.py."""

from dataclasses import dataclass

from stages.lib.vocabulary.rows import by_name


@dataclass(frozen=True)
class Schedule:
    """A schedule.

    Attributes:
        name: in params.yaml.
        keras_class: of the class in keras.optimizers.schedules, or '' for no schedule.
        keys: the keys of `train.schedule` that it reads, beside the warm-up.
        has_warmup: Keras' class has a linear warm-up of its own.
    """

    name: str
    keras_class: str = ""
    keys: tuple[str, ...] = ()
    has_warmup: bool = False


SCHEDULES = by_name(
    Schedule("constant"),
    Schedule("exponential", "ExponentialDecay", ("decay_epochs", "decay_rate")),
    Schedule("inverse_time", "InverseTimeDecay", ("decay_epochs", "decay_rate")),
    Schedule("polynomial", "PolynomialDecay", ("decay_epochs", "final_fraction", "power")),
    Schedule("cosine", "CosineDecay", ("final_fraction",), has_warmup=True),
    Schedule(
        "cosine_restarts",
        "CosineDecayRestarts",
        ("decay_epochs", "final_fraction", "restart_length", "restart_height"),
    ),
    Schedule("piecewise_constant", "PiecewiseConstantDecay", ("boundaries", "factors")),
)
