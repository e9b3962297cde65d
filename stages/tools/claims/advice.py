"""The common advice, claim by claim. A new claim is one entry of CLAIMS at the end of this file.

What a claim says is taken apart, and each part is borne out, or not, by its conditions: in each,
two programs that differ by what the claim is about are trained on the same replicates (data,
initial draws, row orders), and the claim says which of them comes off worse.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from stages.lib.params.edits import Edit
from stages.tools.claims.experiment import Condition, World
from stages.tools.claims.settings import Comparisons, Settings


@dataclass(frozen=True)
class Part:
    """One of the things that a claim says, and what it is measured by."""

    says: str
    conditions: Callable[[Settings], list[Condition]]


@dataclass(frozen=True)
class Claim:
    """says: the advice as it is usually given. axis: the meaning of its conditions' x, where they
    have one."""

    letter: str
    title: str
    says: str
    parts: tuple[Part, ...]
    axis: str | None = None


# ---------------------------------------------------------------------------------- the worlds


def _world(scenario: str, given: Comparisons, rows: int | None = None, **more) -> World:
    features = {"moons": 2, "income": 6, "friedman": 5, "gaussian_classes": 6, "coin_flips": 10}
    return World(
        scenario=scenario,
        rows=rows or given.rows,
        validation_rows=given.validation_rows,
        test_rows=given.test_rows,
        features=features[scenario],
        classes=3 if scenario == "gaussian_classes" else 2,
        **more,
    )


def _noisy(given: Comparisons, rows: int) -> World:
    return _world("income", given, rows, label_noise=0.2)


# ----------------------------------------------------------------------------------- the edits

_K = "train.kernel_initializer"
_STEPS = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
_RATES = (0.0003, 0.001, 0.003, 0.01, 0.03)


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


def _within(
    given: Comparisons,
    measure: str,
    series: str,
    worse: Edit,
    better: Edit,
    activation: str = "relu",
) -> list[Condition]:
    """What is seen inside the programs of `_by_depth`, with the fewest and the most layers."""
    every = _by_depth(given, series, worse, better, activation)
    return [replace(one, measure=measure) for one in (every[0], every[-1])]


# ---------------------------------------------------------------------------------- the claims


def _too_small(settings: Settings) -> list[Condition]:
    he = _init("he_normal")
    return [
        *_by_depth(settings.claims, "deviation 0.01", _normal(0.01), he),
        *_by_depth(settings.claims, "zeros", _init("zeros"), he),
    ]


def _small_within(measure: str) -> Callable[[Settings], list[Condition]]:
    he = _init("he_normal")
    return lambda settings: [
        *_within(settings.claims, measure, "deviation 0.01", _normal(0.01), he),
        *_within(settings.claims, measure, "zeros", _init("zeros"), he),
    ]


_LARGE = (
    ("relu", _normal(1.0), _init("he_normal"), "relu"),
    ("tanh", _normal(1.0), _init("glorot_uniform"), "tanh"),
)


def _too_large(settings: Settings) -> list[Condition]:
    return [one for given in _LARGE for one in _by_depth(settings.claims, *given)]


def _large_within(measure: str) -> Callable[[Settings], list[Condition]]:
    return lambda settings: [
        one for given in _LARGE for one in _within(settings.claims, measure, *given)
    ]


def _matched(activation: str, other: str, best: str) -> Callable[[Settings], list[Condition]]:
    series = f"{activation}: {other} against {best}"
    return lambda settings: _by_depth(
        settings.claims, series, _init(other), _init(best), activation
    )


def _narrow(settings: Settings) -> list[Condition]:
    he = _init("he_normal")
    return _by_depth(settings.claims, "within 0.05, against he_normal", _uniform(0.05), he)


def _uniform_itself(settings: Settings) -> list[Condition]:
    given = settings.claims
    # A uniform on [-w, w] has the deviation w / sqrt(3).
    same = _normal(0.05 / 3**0.5)
    return [
        *_by_depth(given, "within 0.05, against a normal as wide", _uniform(0.05), same),
        *_by_depth(
            given,
            "he_uniform against he_normal",
            _init("he_uniform"),
            _init("he_normal"),
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


def _inputs_raw(settings: Settings) -> list[Condition]:
    income = _world("income", settings.claims)
    raw, unit, standard = _scaled("none"), _scaled("minmax"), _scaled("standard")
    return [
        Condition("raw against 0 to 1", income, (raw,), (unit,)),
        Condition("raw against mean 0, deviation 1", income, (raw,), (standard,)),
    ]


def _inputs_small(settings: Settings) -> list[Condition]:
    given = settings.claims
    raw, standard = (_scaled("none"),), (_scaled("standard"),)
    return [
        Condition("inputs within 0 to 1", _world("friedman", given), raw, standard),
        Condition("inputs of about -1 to 2", _world("moons", given), raw, standard),
    ]


def _inputs_either(settings: Settings) -> list[Condition]:
    given = settings.claims
    unit, standard = (_scaled("minmax"),), (_scaled("standard"),)
    return [
        Condition(name, _world(name, given), unit, standard)
        for name in ("income", "friedman", "moons")
    ]


_TASKS = ("income", "moons", "gaussian_classes", "friedman")


def _sgd(settings: Settings, rates: tuple[float, ...]) -> list[Condition]:
    edits = tuple({"train.optimizer": "sgd", "train.learning_rate": rate} for rate in rates)
    adam: Edit = {}
    return [
        Condition(name.replace("_", " "), _world(name, settings.claims), edits, (adam,))
        for name in _TASKS
    ]


def _at_rate(rate: float, epochs: int) -> tuple[Edit]:
    return ({"train.learning_rate": rate, "train.epochs": epochs},)


def _slower(settings: Settings) -> list[Condition]:
    given = settings.claims
    return [
        Condition(
            f"0.0001 against 0.001, {epochs} epochs",
            _world("moons", given),
            _at_rate(1e-4, epochs),
            _at_rate(1e-3, epochs),
        )
        for epochs in (given.epochs // 4, given.epochs)
    ]


def _with_more_epochs(settings: Settings) -> list[Condition]:
    given = settings.claims
    epochs, world = 8 * given.epochs, _world("moons", given)
    return [
        Condition(
            f"0.001 against 0.0001, {epochs} epochs",
            world,
            _at_rate(1e-3, epochs),
            _at_rate(1e-4, epochs),
        )
    ]


def _steadier(settings: Settings) -> list[Condition]:
    given = settings.claims
    world, epochs = _world("moons", given), given.epochs
    return [
        Condition(
            f"{large:g} against {small:g}",
            world,
            _at_rate(large, epochs),
            _at_rate(small, epochs),
            measure="wobble",
        )
        for large, small in ((1e-2, 1e-3), (1e-3, 1e-4))
    ]


def _batch_size(settings: Settings, rates: tuple[float, ...]) -> list[Condition]:
    given = settings.claims

    def edits(size: int) -> tuple[Edit, ...]:
        return tuple({"train.batch_size": size, "train.learning_rate": rate} for rate in rates)

    return [
        Condition(f"{size} against 32", _world("moons", given), edits(size), edits(32), either=True)
        for size in (8, 256, given.rows)
    ]


def _dropout(measure: str) -> Callable[[Settings], list[Condition]]:
    def conditions(settings: Settings) -> list[Condition]:
        given = settings.claims
        wide = {"train.layers": [4 * given.width, 2 * given.width]}
        without, dropped = wide | {"train.dropout": 0.0}, wide | {"train.dropout": 0.3}
        return [
            Condition(
                f"{rows:,} rows, without against with dropout 0.3",
                _noisy(given, rows),
                (without,),
                (dropped,),
                measure,
            )
            for rows in (given.few_rows, given.many_rows)
        ]

    return conditions


def _loss(name: str, **more: str) -> tuple[Edit]:
    return ({"train.loss": name} | {f"train.{key}": value for key, value in more.items()},)


_MATCHED: tuple[Edit] = ({},)


def _two_classes(settings: Settings) -> list[Condition]:
    world = _world("income", settings.claims)
    return [
        Condition("squared error of a sigmoid", world, _loss("mean_squared_error"), _MATCHED),
        # Its output is a margin, which is read here as the probability that Keras takes it for.
        Condition("hinge", world, _loss("hinge"), _MATCHED),
    ]


def _several_classes(settings: Settings) -> list[Condition]:
    world = _world("gaussian_classes", settings.claims)
    sigmoids = _loss("binary_crossentropy", output_activation="sigmoid")
    return [
        Condition("squared error of a softmax", world, _loss("mean_squared_error"), _MATCHED),
        Condition("binary cross-entropy of sigmoids", world, sigmoids, _MATCHED),
    ]


def _number(settings: Settings) -> list[Condition]:
    world = _world("friedman", settings.claims)
    [sigmoid] = _loss("binary_crossentropy", output_activation="sigmoid")
    bounded = sigmoid | {"normalize.target": "minmax"}
    return [
        Condition("absolute error", world, _loss("mean_absolute_error"), _MATCHED),
        Condition(
            "binary cross-entropy of a sigmoid, target within 0 to 1", world, (bounded,), _MATCHED
        ),
    ]


def _program_1(measure: str) -> Callable[[Settings], list[Condition]]:
    def conditions(settings: Settings) -> list[Condition]:
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
        he = scaled | _init("he_normal")
        return [
            Condition("raw against standard", world, (raw,), (scaled,), measure),
            Condition("raw against standard with he_normal", world, (raw,), (he,), measure),
        ]

    return conditions


_DEPTH = "hidden layers"

CLAIMS = (
    Claim(
        "a",
        "weights too small",
        "Weights initialised too small fail to break symmetry and give no meaningful gradients.",
        (
            Part("the loss is higher than under he_normal", _too_small),
            Part("units stay copies of each other", _small_within("copies")),
            Part("there is no gradient to speak of", _small_within("gradient")),
        ),
        _DEPTH,
    ),
    Claim(
        "b",
        "weights too large",
        "Weights initialised too large saturate the activations, and gradients become zero.",
        (
            Part(
                "deviation 1 loses to he_normal (relu), glorot_uniform (tanh)",
                _too_large,
            ),
            Part("activations saturate", _large_within("flat")),
            Part("gradients become zero", _large_within("gradient")),
        ),
        _DEPTH,
    ),
    Claim(
        "c",
        "initializer by activation",
        "he_normal is best for relu, glorot for tanh and sigmoid.",
        (
            Part("he_normal is best for relu", _matched("relu", "glorot_uniform", "he_normal")),
            Part("glorot is best for tanh", _matched("tanh", "he_normal", "glorot_uniform")),
            Part("glorot is best for sigmoid", _matched("sigmoid", "he_normal", "glorot_uniform")),
        ),
        _DEPTH,
    ),
    Claim(
        "d",
        "random_uniform",
        "random_uniform is often poor, because its values are close together.",
        (
            Part("close together is worse than he_normal", _narrow),
            Part("uniform is worse than normal at the same deviation", _uniform_itself),
        ),
        _DEPTH,
    ),
    Claim(
        "e",
        "unequal ranges",
        "Unscaled features of very different ranges (income beside age) let the large ones "
        "dominate.",
        (Part("the loss is higher", _unequal_ranges),),
    ),
    Claim(
        "f",
        "where inputs belong",
        "Inputs belong within 0 to 1, or at mean 0 and deviation 1.",
        (
            Part("wide ranges have to go there", _inputs_raw),
            Part("inputs of about that size have to be standardised", _inputs_small),
            Part("0 to 1 is worse than mean 0, deviation 1", _inputs_either),
        ),
    ),
    Claim(
        "g",
        "SGD and Adam",
        "SGD needs a careful learning rate and sticks; Adam's defaults do better.",
        (
            Part("Keras' SGD (0.01) loses to Keras' Adam", lambda given: _sgd(given, (0.01,))),
            Part("SGD at its best rate loses too", lambda given: _sgd(given, _STEPS)),
        ),
    ),
    Claim(
        "h",
        "smaller learning rate",
        "A smaller learning rate is steadier, but needs more epochs.",
        (
            Part("it is steadier", _steadier),
            Part("after as many epochs it is behind", _slower),
            Part("after many epochs it is ahead", _with_more_epochs),
        ),
    ),
    Claim(
        "i",
        "batch size",
        "The batch size matters.",
        (
            Part("at a fixed rate of 0.001", lambda given: _batch_size(given, (0.001,))),
            Part("at the best rate for each size", lambda given: _batch_size(given, _RATES)),
        ),
    ),
    Claim(
        "j",
        "dropout",
        "Dropout prevents overfitting and finds a better optimum, for a lower loss.",
        (
            Part("less overfitting", _dropout("gap")),
            Part("a lower held-out loss", _dropout("held_out")),
            Part("a better optimum: a lower training loss", _dropout("training")),
        ),
    ),
    Claim(
        "k",
        "loss by task",
        "Categorical cross-entropy for several classes, binary for two, squared error for numbers: "
        "the wrong loss gives poor results.",
        (
            Part("two classes", _two_classes),
            Part("several classes", _several_classes),
            Part("a number", _number),
        ),
    ),
    Claim(
        "l",
        "normalization of program 1",
        "Missing normalization is what makes the loss of program 1 high.",
        (
            Part("the held-out loss", _program_1("held_out")),
            Part("the training loss", _program_1("training")),
        ),
    ),
)
