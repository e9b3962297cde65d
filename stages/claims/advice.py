"""The common advice, claim by claim. A new claim is one entry of CLAIMS at the end of this file.

A claim is borne out, or not, by its conditions: in each, two programs that differ by what the
claim is about are trained on the same replicates (data, initial draws, row orders), and the claim
says which of them comes off worse.
"""

from collections.abc import Callable
from dataclasses import dataclass

from stages.claims.experiment import Condition, World
from stages.claims.settings import Comparisons, Settings
from stages.diagnose.program import Edit


@dataclass(frozen=True)
class Look:
    """A program whose gradients, activations and units are to be shown (`Experiment.inside`)."""

    label: str
    world: World
    edit: Edit


@dataclass(frozen=True)
class Claim:
    """says: the advice as it is usually given. conditions: what it is measured by. axis: the
    meaning of their x, where they have one. inside: programs whose layers are looked into too."""

    letter: str
    title: str
    says: str
    conditions: Callable[[Settings], list[Condition]]
    axis: str | None = None
    inside: Callable[[Settings], list[Look]] = lambda settings: []


# ---------------------------------------------------------------------------------- the worlds


def _world(scenario: str, given: Comparisons, rows: int | None = None, **more) -> World:
    features = {"moons": 2, "income": 6, "friedman": 5, "gaussian_classes": 6, "coin_flips": 10}
    return World(
        scenario=scenario,
        rows=rows or given.rows,
        validation_rows=given.validation_rows,
        test_rows=given.test_rows,
        **({"features": features.get(scenario, 6)} | more),
    )


def _classes(given: Comparisons) -> World:
    return _world("gaussian_classes", given, classes=3)


def _noisy(given: Comparisons, rows: int) -> World:
    return _world("income", given, rows, label_noise=0.2)


# ----------------------------------------------------------------------------------- the edits

_K = "train.kernel_initializer"
_STEPS = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0)


def _normal(stddev: float) -> Edit:
    return {_K: {"name": "random_normal", "stddev": stddev}}


def _uniform(width: float) -> Edit:
    return {_K: {"name": "random_uniform", "minval": -width, "maxval": width}}


def _init(name: str) -> Edit:
    return {_K: name}


def _scaled(name: str) -> Edit:
    return {"normalize.features": name, "normalize.binary": name}


def _by_depth(
    given: Comparisons, series: str, worse: Edit, better: Edit, activation: str = "relu"
) -> list[Condition]:
    """The same comparison on the two moons, over the number of hidden layers."""
    return [
        Condition(
            f"{series}, {depth} hidden layer{'s' * (depth > 1)}",
            _world("moons", given),
            *(
                (one | {"train.layers": [given.width] * depth, "train.activation": activation},)
                for one in (worse, better)
            ),
            series=series,
            x=depth,
        )
        for depth in given.depths
    ]


def _looks(given: Comparisons, activation: str, edits: dict[str, Edit]) -> list[Look]:
    """The programs of `_by_depth` with the fewest and the most hidden layers."""
    return [
        Look(
            f"{activation}, {name}, {depth} hidden layer{'s' * (depth > 1)}",
            _world("moons", given),
            edit | {"train.layers": [given.width] * depth, "train.activation": activation},
        )
        for depth in (given.depths[0], given.depths[-1])
        for name, edit in edits.items()
    ]


# ---------------------------------------------------------------------------------- the claims


def _too_small(settings: Settings) -> list[Condition]:
    he = _init("he_normal")
    return [
        *_by_depth(settings.claims, "deviation 0.01 against he_normal", _normal(0.01), he),
        *_by_depth(settings.claims, "zeros against he_normal", _init("zeros"), he),
    ]


def _small_inside(settings: Settings) -> list[Look]:
    edits = {
        "zeros": _init("zeros"),
        "deviation 0.01": _normal(0.01),
        "he_normal": _init("he_normal"),
    }
    return _looks(settings.claims, "relu", edits)


def _too_large(settings: Settings) -> list[Condition]:
    given = settings.claims
    glorot = _init("glorot_uniform")
    return [
        *_by_depth(given, "relu, deviation 1 against he_normal", _normal(1.0), _init("he_normal")),
        *_by_depth(given, "tanh, deviation 1 against glorot_uniform", _normal(1.0), glorot, "tanh"),
    ]


def _large_inside(settings: Settings) -> list[Look]:
    large, matched = {"deviation 1": _normal(1.0)}, {"he_normal": _init("he_normal")}
    glorot = {"glorot_uniform": _init("glorot_uniform")}
    return [
        *_looks(settings.claims, "relu", large | matched),
        *_looks(settings.claims, "tanh", large | glorot),
    ]


def _matched(settings: Settings) -> list[Condition]:
    he, glorot = _init("he_normal"), _init("glorot_uniform")
    return [
        *_by_depth(settings.claims, "relu, glorot_uniform against he_normal", glorot, he),
        *_by_depth(settings.claims, "tanh, he_normal against glorot_uniform", he, glorot, "tanh"),
        *_by_depth(
            settings.claims, "sigmoid, he_normal against glorot_uniform", he, glorot, "sigmoid"
        ),
    ]


def _random_uniform(settings: Settings) -> list[Condition]:
    given = settings.claims
    narrow, he = _uniform(0.05), _init("he_normal")
    # A uniform on [-w, w] has the deviation w / sqrt(3).
    same = _normal(0.05 / 3**0.5)
    return [
        *_by_depth(given, "uniform within 0.05 against he_normal", narrow, he),
        *_by_depth(given, "uniform within 0.05 against a normal of its deviation", narrow, same),
        *_by_depth(
            given, "uniform against normal, both of He's deviation", _init("he_uniform"), he
        ),
    ]


def _unequal_ranges(settings: Settings) -> list[Condition]:
    world, raw, scaled = _world("income", settings.claims), _scaled("none"), _scaled("standard")
    sgd = {"train.optimizer": "sgd", "train.learning_rate": 0.01}
    tanh = {"train.activation": "tanh", **_init("glorot_uniform")}
    logged = raw | {"normalize.columns": {"household_income": "log1p_standard"}}
    return [
        Condition("raw against standard, Adam", world, (raw,), (scaled,)),
        Condition("raw against standard, SGD at 0.01", world, (raw | sgd,), (scaled | sgd,)),
        Condition("raw against standard, tanh", world, (raw | tanh,), (scaled | tanh,)),
        Condition("all but the income raw (up to some hundreds)", world, (logged,), (scaled,)),
    ]


def _where_inputs_belong(settings: Settings) -> list[Condition]:
    given = settings.claims
    raw, unit, standard = _scaled("none"), _scaled("minmax"), _scaled("standard")
    income, moons = _world("income", given), _world("moons", given)
    friedman = _world("friedman", given)
    return [
        Condition("income: raw against 0 to 1", income, (raw,), (unit,)),
        Condition("income: raw against mean 0, deviation 1", income, (raw,), (standard,)),
        Condition("income: 0 to 1 against mean 0, deviation 1", income, (unit,), (standard,)),
        Condition("within 0 to 1 already, against standard", friedman, (raw,), (standard,)),
        Condition("of about unit scale already, against standard", moons, (raw,), (standard,)),
    ]


def _sgd_sticks(settings: Settings) -> list[Condition]:
    given = settings.claims
    adam: Edit = {}
    conditions = []
    for name, world in (
        ("income", _world("income", given)),
        ("moons", _world("moons", given)),
        ("three classes", _classes(given)),
        ("friedman", _world("friedman", given)),
    ):
        tuned = tuple({"train.optimizer": "sgd", "train.learning_rate": rate} for rate in _STEPS)
        default = {"train.optimizer": "sgd", "train.learning_rate": 0.01}
        conditions += [
            Condition(f"{name}: SGD at 0.01 against Adam at 0.001", world, (default,), (adam,)),
            Condition(f"{name}: SGD at its best rate against Adam", world, tuned, (adam,)),
        ]
    return conditions


def _smaller_rate(settings: Settings) -> list[Condition]:
    given = settings.claims
    world = _world("moons", given)
    small, usual, large = ({"train.learning_rate": rate} for rate in (1e-4, 1e-3, 1e-2))
    more = [
        Condition(
            f"loss at 0.0001 against 0.001 after {epochs} epochs",
            world,
            (small | {"train.epochs": epochs},),
            (usual | {"train.epochs": epochs},),
        )
        for epochs in (given.epochs // 4, given.epochs, 8 * given.epochs)
    ]
    steady = {"measure": "wobble", "least": 0.001}
    return [
        *more,
        Condition("wobble of the loss at 0.01 against 0.001", world, (large,), (usual,), **steady),
        Condition("wobble at 0.001 against 0.0001", world, (usual,), (small,), **steady),
    ]


def _batch_size(settings: Settings) -> list[Condition]:
    given = settings.claims
    world = _world("moons", given)
    usual = {"train.batch_size": 32}
    rates = (0.0003, 0.001, 0.003, 0.01, 0.03)

    def tuned(size: int) -> tuple[Edit, ...]:
        return tuple({"train.batch_size": size, "train.learning_rate": rate} for rate in rates)

    conditions = []
    for size in (8, 256, given.rows):
        other = {"train.batch_size": size}
        conditions += [
            Condition(
                f"{size} against 32, both at 0.001", world, (other,), (usual,), either=True
            ),
            Condition(
                f"{size} against 32, each at its best rate", world, tuned(size), tuned(32),
                either=True,
            ),
        ]  # fmt: skip
    return conditions


def _dropout(settings: Settings) -> list[Condition]:
    given = settings.claims
    wide = {"train.layers": [4 * given.width, 2 * given.width]}
    without, dropped = wide | {"train.dropout": 0.0}, wide | {"train.dropout": 0.3}
    few, many = _noisy(given, given.few_rows), _noisy(given, given.many_rows)
    sides = (without,), (dropped,)
    return [
        Condition("few rows: held-out loss less training loss", few, *sides, measure="gap"),
        Condition("few rows: held-out loss", few, *sides),
        Condition("few rows: training loss", few, *sides, measure="training"),
        Condition("many rows: held-out loss less training loss", many, *sides, measure="gap"),
        Condition("many rows: held-out loss", many, *sides),
        Condition("many rows: training loss", many, *sides, measure="training"),
    ]


def _matched_loss(settings: Settings) -> list[Condition]:
    given = settings.claims
    matched: Edit = {}
    binary, classes = _world("income", given), _classes(given)
    friedman = _world("friedman", given)

    def loss(name: str, **more: str) -> tuple[Edit]:
        return ({"train.loss": name} | {f"train.{key}": value for key, value in more.items()},)

    return [
        Condition("two classes: squared error", binary, loss("mean_squared_error"), (matched,)),
        Condition("two classes: hinge", binary, loss("hinge"), (matched,)),
        Condition("three classes: squared error", classes, loss("mean_squared_error"), (matched,)),
        Condition(
            "three classes: binary cross-entropy of sigmoids",
            classes,
            loss("binary_crossentropy", output_activation="sigmoid"),
            (matched,),
        ),
        Condition("number: absolute error", friedman, loss("mean_absolute_error"), (matched,)),
        Condition(
            "number: binary cross-entropy of a sigmoid, target within 0 to 1",
            friedman,
            (
                loss("binary_crossentropy", output_activation="sigmoid")[0]
                | {"normalize.target": "minmax"},
            ),
            (matched,),
        ),
    ]


def _program_1(settings: Settings) -> list[Condition]:
    given = settings.programs
    world = World(
        given.premise,
        given.rows,
        settings.claims.validation_rows,
        settings.claims.test_rows,
        given.features,
    )
    program: Edit = {"train.layers": [32], "train.epochs": 100, **_init("glorot_uniform")}
    raw, scaled = program | _scaled("none"), program | _scaled("standard")
    named = given.premise.replace("_", " ")
    return [
        Condition(f"{named}: held-out loss, raw against standard", world, (raw,), (scaled,)),
        Condition(
            f"{named}: held-out loss, raw against standard with he_normal",
            world,
            (raw,),
            (scaled | _init("he_normal"),),
        ),
    ]


_DEPTH = "hidden layers"

CLAIMS = (
    Claim(
        "a",
        "weights too small",
        "Weights initialised too small fail to break symmetry and give no meaningful gradients.",
        _too_small,
        _DEPTH,
        _small_inside,
    ),
    Claim(
        "b",
        "weights too large",
        "Weights initialised too large saturate the activations, and gradients become zero.",
        _too_large,
        _DEPTH,
        _large_inside,
    ),
    Claim(
        "c",
        "initializer by activation",
        "he_normal is best for relu, glorot for tanh and sigmoid.",
        _matched,
        _DEPTH,
    ),
    Claim(
        "d",
        "random_uniform",
        "random_uniform is often poor, because its values are close together.",
        _random_uniform,
        _DEPTH,
    ),
    Claim(
        "e",
        "unequal ranges",
        "Unscaled features of very different ranges (income beside age) let the large ones "
        "dominate.",
        _unequal_ranges,
    ),
    Claim(
        "f",
        "where inputs belong",
        "Inputs belong within 0 to 1, or at mean 0 and deviation 1.",
        _where_inputs_belong,
    ),
    Claim(
        "g",
        "SGD and Adam",
        "SGD needs a careful learning rate and sticks; Adam's defaults do better.",
        _sgd_sticks,
    ),
    Claim(
        "h",
        "smaller learning rate",
        "A smaller learning rate is steadier, but needs more epochs.",
        _smaller_rate,
    ),
    Claim("i", "batch size", "The batch size matters.", _batch_size),
    Claim(
        "j",
        "dropout",
        "Dropout prevents overfitting and finds a better optimum, for a lower loss.",
        _dropout,
    ),
    Claim(
        "k",
        "loss by task",
        "Categorical cross-entropy for several classes, binary for two, squared error for numbers: "
        "the wrong loss gives poor results.",
        _matched_loss,
    ),
    Claim(
        "l",
        "normalization of program 1",
        "Missing normalization is what makes the loss of program 1 high.",
        _program_1,
    ),
)
