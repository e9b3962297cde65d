"""Healthy programs, the faults that are seeded into them, controls, and pure noise.

A new fault is one entry of FAULTS, a new healthy program one of HEALTHY. All are changes of the
committed params.yaml by dotted key. Whether a fault really hurts is not assumed here: `scoring`
trains each beside its healthy program and drops those that do not.
"""

import copy
import hashlib
from dataclasses import asdict, dataclass, field, replace
from itertools import zip_longest

import numpy as np
import pandas as pd

from stages.generate.__main__ import SOURCES
from stages.lib import params
from stages.lib.params.families import families
from stages.lib.trials.subject import Subject
from tests.subjects import content_of, subject_of

# Rows of the table newly drawn for the cure of a synthetic case.
FRESH_ROWS = 5_000
# Share of the faulty cases that have two faults.
DOUBLE_SHARE = 0.2


@dataclass(frozen=True)
class Healthy:
    """task as in the card; changes of the committed params that give a sound program."""

    task: str
    changes: dict


@dataclass(frozen=True)
class Fault:
    """A change that breaks a program.

    on: the tasks or healthy programs that it is seeded into. given: changes of the healthy program
    too, where the fault needs another setting to hurt. spoil: an entry of SPOILS.
    """

    name: str
    family: str
    severity: str
    changes: dict
    on: tuple[str, ...]
    given: dict = field(default_factory=dict)
    spoil: str | None = None


@dataclass(frozen=True)
class Case:
    """One program to diagnose. kind: fault, control or noise. healthy: changes that give the
    sound program; changes: what is broken on top (empty but for a fault); parts: of a double
    fault, the changes of each fault alone."""

    name: str
    kind: str
    healthy: dict
    families: tuple[str, ...] = ()
    severity: str = ""
    changes: dict = field(default_factory=dict)
    parts: tuple[dict, ...] = ()
    spoil: str | None = None

    def plain(self) -> dict:
        """As JSON."""
        return asdict(self)


def _synthetic(scenario: str, rows: int = 1500, **more) -> dict:
    data = {f"data.synthetic.{key}": value for key, value in more.items()}
    return {
        "data.source": "synthetic",
        "data.synthetic.scenario": scenario,
        "data.synthetic.rows": rows,
        **data,
    }


def _bundled(dataset: str) -> dict:
    return {"data.source": "bundled", "data.bundled.dataset": dataset}


_STANDARD = {
    "normalize.features": "standard",
    "normalize.binary": "standard",
    "train.layers": [32, 16],
    "train.kernel_initializer": "he_normal",
}
_TARGET = {"normalize.target": "standard"}


def _stop(patience: int) -> dict:
    return {"train.early_stopping.patience": patience}


# Each is trained for a thousand steps at least, or until its validation loss has stopped falling.
HEALTHY = {
    "breast_cancer": Healthy(
        "binary",
        {**_bundled("breast_cancer"), **_STANDARD, "train.epochs": 120, "train.l2": 0.001}
        | _stop(8),
    ),
    "digits": Healthy(
        "multiclass",
        {**_bundled("digits"), **_STANDARD, "train.layers": [64, 32], "train.epochs": 40}
        | {"train.dropout": 0.2},
    ),
    "wine": Healthy(
        "multiclass", {**_bundled("wine"), **_STANDARD, "train.epochs": 300, "train.l2": 0.001}
    ),
    "diabetes": Healthy(
        "regression",
        {**_bundled("diabetes"), **_STANDARD, **_TARGET, "train.epochs": 150, **_stop(10)}
        | {"train.dropout": 0.1, "train.l2": 0.01},
    ),
    "income": Healthy(
        "binary",
        {**_synthetic("income"), **_STANDARD, "train.epochs": 40, "train.l2": 0.001, **_stop(6)},
    ),
    "moons": Healthy(
        "binary", {**_synthetic("moons", features=2), **_STANDARD, "train.epochs": 60, **_stop(10)}
    ),
    "gaussian_classes": Healthy(
        "multiclass",
        {**_synthetic("gaussian_classes"), **_STANDARD, "train.epochs": 40, **_stop(6)}
        | {"train.l2": 0.001},
    ),
    "friedman": Healthy(
        "regression",
        {**_synthetic("friedman"), **_STANDARD, **_TARGET, "train.layers": [64, 32]}
        | {"train.activation": "tanh", "train.kernel_initializer": "glorot_uniform"}
        | {"train.epochs": 80, **_stop(15)},
    ),
    "heavy_tail": Healthy(
        "regression",
        {**_synthetic("heavy_tail", 3000, noise_sd=0.3), **_STANDARD, "train.epochs": 120}
        | {"normalize.target": "log1p_standard", **_stop(10)},
    ),
}


def _gaps(features: pd.DataFrame, train: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    """Three training cells of the first column go missing (train: positions of its rows)."""
    spoilt = features.copy()
    spoilt.iloc[rng.choice(train, 3, replace=False), 0] = np.nan
    return spoilt


SPOILS = {"gaps": _gaps}

_ALL = ("binary", "multiclass", "regression")
_CLASSES = ("binary", "multiclass")
_SYNTHETIC_CLASSES = ("income", "moons", "gaussian_classes")
_CURVED = ("moons", "friedman")


def _uniform(width: float) -> dict:
    return {"name": "random_uniform", "minval": -width, "maxval": width}


def _clip(kind: str, limit: float) -> dict:
    return {f"train.clip.{kind}": limit}


_NOISY = {"data.synthetic.rows": 500, "data.synthetic.label_noise": 0.3}
_UNSTOPPED = {**_NOISY, "train.early_stopping.patience": None}
_DEEP = {"train.layers": [32, 32, 32, 16]}
_K, _B = "train.kernel_initializer", "train.bias_initializer"

FAULTS = (
    # name, family, severity, changes, on, given, spoil
    Fault("tiny_weights", "initialization", "severe", {_K: _uniform(0.002)}, _ALL, _DEEP),
    Fault("zero_weights", "initialization", "severe", {_K: "zeros"}, _ALL),
    Fault("equal_weights", "initialization", "severe", {_K: "ones"}, _ALL),
    Fault(
        "huge_weights",
        "initialization",
        "severe",
        {_K: {"name": "random_normal", "stddev": 3.0}},
        _ALL,
    ),
    Fault(
        "large_weights",
        "initialization",
        "mild",
        {_K: {"name": "random_normal", "stddev": 0.7}},
        _ALL,
    ),
    Fault("dead_bias", "initialization", "severe", {_B: {"name": "constant", "value": -5.0}}, _ALL),
    Fault("large_bias", "initialization", "mild", {_B: {"name": "constant", "value": 5.0}}, _ALL),
    Fault(
        "raw_inputs",
        "input_normalization",
        "severe",
        {"normalize.features": "none"},
        ("income", "breast_cancer", "wine", "diabetes"),
    ),
    Fault(
        "raw_digits",
        "input_normalization",
        "mild",
        {"normalize.features": "none", "normalize.binary": "none"},
        ("digits",),
    ),
    Fault(
        "minmax_tails",
        "input_normalization",
        "mild",
        {"normalize.features": "minmax"},
        ("income", "breast_cancer", "diabetes"),
    ),
    Fault(
        "one_raw_column",
        "input_normalization",
        "severe",
        {"normalize.columns": {"household_income": "none"}},
        ("income",),
    ),
    Fault(
        "one_raw_area",
        "input_normalization",
        "mild",
        {"normalize.columns": {"worst area": "none"}},
        ("breast_cancer",),
    ),
    Fault(
        "one_raw_proline",
        "input_normalization",
        "severe",
        {"normalize.columns": {"proline": "none"}},
        ("wine",),
    ),
    Fault(
        "raw_target",
        "target_normalization",
        "severe",
        {"normalize.target": "none"},
        ("diabetes", "heavy_tail"),
    ),
    Fault(
        "raw_small_target",
        "target_normalization",
        "mild",
        {"normalize.target": "none"},
        ("friedman",),
    ),
    Fault(
        "minmax_target",
        "target_normalization",
        "mild",
        {"normalize.target": "minmax"},
        ("regression",),
    ),
    Fault(
        "linear_target",
        "target_normalization",
        "mild",
        {"normalize.target": "standard"},
        ("heavy_tail",),
    ),
    Fault("long_momentum", "optimizer", "severe", {"train.beta_1": 0.9995}, _ALL),
    Fault("some_momentum", "optimizer", "mild", {"train.beta_1": 0.995}, _ALL),
    Fault("epsilon_one", "optimizer", "severe", {"train.epsilon": 1.0}, _ALL),
    Fault(
        "tight_clip",
        "optimizer",
        "severe",
        {"train.optimizer": "sgd", **_clip("value", 1e-4)},
        _ALL,
        {"train.learning_rate": 0.01},
    ),
    Fault(
        "tight_norm",
        "optimizer",
        "severe",
        {"train.optimizer": "sgd", **_clip("global_norm", 1e-3)},
        _ALL,
        {"train.learning_rate": 0.01},
    ),
    Fault("adagrad", "optimizer", "severe", {"train.optimizer": "adagrad"}, _ALL),
    Fault("plain_sgd", "optimizer", "mild", {"train.optimizer": "sgd"}, _ALL),
    Fault("rate_1e-6", "learning_rate", "severe", {"train.learning_rate": 1e-6}, _ALL),
    Fault("rate_1e-5", "learning_rate", "severe", {"train.learning_rate": 1e-5}, _ALL),
    Fault("rate_1e-4", "learning_rate", "mild", {"train.learning_rate": 1e-4}, _ALL),
    Fault("rate_0.1", "learning_rate", "mild", {"train.learning_rate": 0.1}, _ALL),
    Fault("rate_1", "learning_rate", "severe", {"train.learning_rate": 1.0}, _ALL),
    Fault(
        "sgd_rate_10",
        "learning_rate",
        "severe",
        {"train.learning_rate": 10.0},
        _ALL,
        {"train.optimizer": "nesterov", "train.learning_rate": 0.01},
    ),
    Fault(
        "fast_decay",
        "schedule",
        "severe",
        {
            "train.schedule.name": "exponential",
            "train.schedule.decay_epochs": 1,
            "train.schedule.decay_rate": 0.1,
        },
        _ALL,
    ),
    Fault(
        "decay",
        "schedule",
        "mild",
        {
            "train.schedule.name": "exponential",
            "train.schedule.decay_epochs": 1,
            "train.schedule.decay_rate": 0.5,
        },
        _ALL,
    ),
    Fault("endless_warmup", "schedule", "severe", {"train.schedule.warmup_epochs": 5000}, _ALL),
    Fault("long_warmup", "schedule", "mild", {"train.schedule.warmup_epochs": 500}, _ALL),
    Fault("full_batch", "batch_size", "severe", {"train.batch_size": 100_000}, _ALL),
    Fault(
        "large_batch",
        "batch_size",
        "mild",
        {"train.batch_size": 512},
        ("digits", *_SYNTHETIC_CLASSES, "friedman", "heavy_tail"),
    ),
    Fault("one_epoch", "epochs", "severe", {"train.epochs": 1}, _ALL),
    Fault("two_epochs", "epochs", "mild", {"train.epochs": 2}, _ALL),
    Fault(
        "endless_epochs",
        "epochs",
        "severe",
        {"train.epochs": 400, "train.early_stopping.patience": None},
        ("income", "gaussian_classes"),
        _NOISY,
    ),
    Fault(
        "many_epochs",
        "epochs",
        "mild",
        {"train.epochs": 200, "train.early_stopping.patience": None},
        _SYNTHETIC_CLASSES,
        _NOISY,
    ),
    Fault("squared_error", "loss", "mild", {"train.loss": "mean_squared_error"}, _CLASSES),
    Fault(
        "absolute_error_classes", "loss", "severe", {"train.loss": "mean_absolute_error"}, _CLASSES
    ),
    Fault("hinge", "loss", "severe", {"train.loss": "hinge"}, _CLASSES),
    Fault("poisson", "loss", "severe", {"train.loss": "poisson"}, ("regression",)),
    Fault(
        "logarithmic_error",
        "loss",
        "severe",
        {"train.loss": "mean_squared_logarithmic_error"},
        ("regression",),
    ),
    Fault("absolute_error", "loss", "mild", {"train.loss": "mean_absolute_error"}, ("diabetes",)),
    Fault(
        "binary_for_number",
        "loss",
        "severe",
        {"train.loss": "binary_crossentropy"},
        ("regression",),
    ),
    Fault(
        "from_logits",
        "loss",
        "severe",
        {"train.from_logits": True},
        _CLASSES,
        {"train.output_activation": "relu"},
    ),
    Fault(
        "probabilities_as_logits",
        "loss",
        "mild",
        {"train.from_logits": True, "train.output_activation": "sigmoid"},
        ("binary",),
    ),
    Fault(
        "softmax_on_one",
        "output_activation",
        "severe",
        {"train.output_activation": "softmax", "train.output_units": 1},
        ("binary",),
    ),
    Fault("relu_output", "output_activation", "severe", {"train.output_activation": "relu"}, _ALL),
    Fault(
        "linear_output",
        "output_activation",
        "severe",
        {"train.output_activation": "linear"},
        _CLASSES,
    ),
    Fault("tanh_output", "output_activation", "severe", {"train.output_activation": "tanh"}, _ALL),
    Fault(
        "sigmoid_for_number",
        "output_activation",
        "severe",
        {"train.output_activation": "sigmoid"},
        ("regression",),
    ),
    Fault(
        "sigmoid_for_classes",
        "output_activation",
        "mild",
        {"train.output_activation": "sigmoid"},
        ("multiclass",),
    ),
    Fault("linear_hidden", "hidden_activation", "severe", {"train.activation": "linear"}, _CURVED),
    Fault(
        "deep_sigmoid", "hidden_activation", "severe", {"train.activation": "sigmoid"}, _ALL, _DEEP
    ),
    Fault("sigmoid", "hidden_activation", "mild", {"train.activation": "sigmoid"}, _ALL),
    Fault("exponential", "hidden_activation", "severe", {"train.activation": "exponential"}, _ALL),
    Fault("softmax_hidden", "hidden_activation", "severe", {"train.activation": "softmax"}, _ALL),
    Fault("dropout_0.9", "regularization", "severe", {"train.dropout": 0.9}, _ALL),
    Fault("dropout_0.6", "regularization", "mild", {"train.dropout": 0.6}, _ALL),
    Fault("penalty_1", "regularization", "severe", {"train.l2": 1.0}, _ALL),
    Fault("penalty_0.1", "regularization", "mild", {"train.l2": 0.1}, _ALL),
    Fault(
        "decay_10",
        "regularization",
        "severe",
        {"train.weight_decay": 10.0},
        _ALL,
        {"train.optimizer": "adamw"},
    ),
    Fault(
        "memorises",
        "regularization",
        "severe",
        {"train.dropout": 0.0, "train.l2": 0.0},
        _SYNTHETIC_CLASSES,
        {**_UNSTOPPED, "train.layers": [128, 64], "train.dropout": 0.5, "train.l2": 0.003},
    ),
    Fault(
        "one_unit", "capacity", "severe", {"train.layers": [1]}, ("moons", "multiclass", "friedman")
    ),
    Fault(
        "two_units", "capacity", "mild", {"train.layers": [2]}, ("moons", "multiclass", "friedman")
    ),
    Fault(
        "bottleneck",
        "capacity",
        "severe",
        {"train.layers": [32, 1, 16]},
        ("multiclass", "friedman"),
    ),
    Fault(
        "too_large",
        "capacity",
        "severe",
        {"train.layers": [512, 512]},
        _SYNTHETIC_CLASSES,
        {**_UNSTOPPED, "data.synthetic.label_noise": 0.1, "train.layers": [8]},
    ),
    Fault("no_hidden_layer", "capacity", "severe", {"train.layers": []}, _CURVED),
    Fault(
        "codes_from_one",
        "data",
        "severe",
        {"train.target_encoding": "integer_from_one"},
        ("binary",),
    ),
    Fault(
        "codes_of_signs", "data", "severe", {"train.target_encoding": "plus_minus_one"}, ("binary",)
    ),
    Fault(
        "codes_for_shares", "data", "severe", {"train.target_encoding": "integer"}, ("multiclass",)
    ),
    Fault("gaps_kept", "data", "severe", {"normalize.missing": "keep"}, _ALL, spoil="gaps"),
)
assert {fault.family for fault in FAULTS} == set(families())

# Changes of a healthy program that are a matter of taste.
VARIATIONS = {
    "as_is": {},
    "again": {},
    "tanh": {"train.activation": "tanh", _K: "glorot_uniform"},
    "elu": {"train.activation": "elu"},
    "keras_start": {_K: "glorot_uniform"},
    "robust": {"normalize.features": "robust"},
    "batch_16": {"train.batch_size": 16},
    "rmsprop": {"train.optimizer": "rmsprop"},
    "dropout_0.1": {"train.dropout": 0.1},
}

_COIN = {**_synthetic("coin_flips"), **_STANDARD, "train.epochs": 20, **_stop(3)}
# Sound programs for data with nothing to learn: each ends before it memorises.
NOISE = {
    "as_is": {},
    "again": {},
    "third": {},
    "ten_columns": {"data.synthetic.features": 10},
    "unequal": {"data.synthetic.class_shares": [0.8, 0.2]},
    "small": {"train.layers": [8]},
    "linear": {"train.layers": []},
    "dropout": {"train.dropout": 0.5},
    "penalty": {"train.l2": 0.01},
    "tanh": {"train.activation": "tanh", _K: "glorot_uniform"},
    "nesterov": {"train.optimizer": "nesterov", "train.learning_rate": 0.003},
    "batch_128": {"train.batch_size": 128},
    "more_rows": {"data.synthetic.rows": 3000},
    "two_columns": {"data.synthetic.features": 2},
}


# ------------------------------------------------------------------------------ which ones


def chosen(seed: int, faults: int, controls: int, noise: int) -> list[Case]:
    """A seeded sample: the faulty cases evenly over the families, one in five a double fault."""
    doubles = round(DOUBLE_SHARE * faults)
    cases = _singles(seed, faults - doubles) + _doubles(seed, doubles)
    cases += _varied(seed, "control", _controls(), controls)
    cases += _varied(seed, "noise", {name: _COIN | one for name, one in NOISE.items()}, noise)
    return [_seeded(case, seed) for case in cases]


def _pairs() -> list[tuple[str, Fault]]:
    """Every healthy program with every fault that is seeded into it."""
    return [
        (name, fault)
        for name, one in HEALTHY.items()
        for fault in FAULTS
        if name in fault.on or one.task in fault.on
    ]


def _singles(seed: int, count: int) -> list[Case]:
    """In turn over the families; within a family first each fault once, then again on other
    data."""
    rng = np.random.default_rng([seed, 1])
    pairs = [_pairs()[i] for i in rng.permutation(len(_pairs()))]
    queues = []
    for family in families():
        seen: dict[str, int] = {}
        turns = []
        for pair in (pair for pair in pairs if pair[1].family == family):
            turns.append((seen.get(pair[1].name, 0), pair))
            seen[pair[1].name] = seen.get(pair[1].name, 0) + 1
        queues.append([pair for _, pair in sorted(turns, key=lambda turn: turn[0])])
    rounds = zip_longest(*queues)
    order = [pair for turn in rounds for pair in turn if pair is not None]
    return [_case(name, (fault,)) for name, fault in order[:count]]


def _doubles(seed: int, count: int) -> list[Case]:
    """Two faults of two families that touch no key twice."""
    rng = np.random.default_rng([seed, 2])
    pairs, found = _pairs(), {}
    for _ in range(1000 * count):
        if len(found) == count:
            break
        name, first = pairs[rng.integers(len(pairs))]
        others = [fault for other, fault in pairs if other == name and _together(first, fault)]
        case = _case(name, (first, others[rng.integers(len(others))]))
        found.setdefault(case.name, case)
    return list(found.values())


def _together(first: Fault, second: Fault) -> bool:
    keys = [{*fault.changes, *fault.given} for fault in (first, second)]
    return first.family != second.family and not keys[0] & keys[1]


def _case(name: str, faults: tuple[Fault, ...]) -> Case:
    healthy = dict(HEALTHY[name].changes)
    changes: dict = {}
    for fault in faults:
        healthy |= fault.given
        changes |= fault.changes
    severities = {fault.severity for fault in faults}
    return Case(
        name=f"{name}/{'+'.join(fault.name for fault in faults)}",
        kind="fault",
        healthy=healthy,
        families=tuple(fault.family for fault in faults),
        severity=severities.pop() if len(severities) == 1 else "mixed",
        changes=changes,
        parts=tuple(fault.changes for fault in faults),
        spoil=next((fault.spoil for fault in faults if fault.spoil), None),
    )


def _controls() -> dict[str, dict]:
    return {
        f"{name}/{variation}": one.changes | changes
        for variation, changes in VARIATIONS.items()
        for name, one in HEALTHY.items()
    }


def _varied(seed: int, kind: str, programs: dict[str, dict], count: int) -> list[Case]:
    """A seeded draw without repetition of at most `count` of the programs."""
    rng = np.random.default_rng([seed, 3 if kind == "control" else 4])
    names = list(programs)
    drawn = [names[i] for i in rng.permutation(len(names))[:count]]
    return [Case(name=f"{kind}/{name}", kind=kind, healthy=programs[name]) for name in drawn]


def _seeded(case: Case, seed: int) -> Case:
    """The data's and the training's seed follow from the bench's seed and the case's name."""
    data = number(f"{seed}/{case.name}/data")
    train = number(f"{seed}/{case.name}/train")
    return replace(case, healthy=case.healthy | {"data.seed": data, "train.seed": train})


def number(text: str) -> int:
    """A seed below 2^31 from a text."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") >> 1


# --------------------------------------------------------------------------------- as runs


def sections(case: Case, changes: dict) -> dict[str, dict]:
    """normalize and train of params.yaml: the healthy program with these changes."""
    content = content_of(**(case.healthy | changes))
    return {name: copy.deepcopy(content[name]) for name in ("normalize", "train")}


def subject(case: Case) -> Subject:
    """The trained run under diagnosis. Raises UserError where the program cannot run."""
    spoil = None if case.spoil is None else SPOILS[case.spoil]
    return subject_of(content_of(**(case.healthy | case.changes)), spoil)


def fresh(case: Case, given: Subject) -> Subject:
    """The same with test rows that the diagnosis never saw: newly drawn where the law is known;
    real data keeps its test split, which no edit was chosen by."""
    content = content_of(**case.healthy)
    if content["data"]["source"] != "synthetic":
        return given
    content["data"]["synthetic"]["rows"] = FRESH_ROWS
    content["data"]["seed"] = number(f"{content['data']['seed']}/fresh")
    dataset = SOURCES["synthetic"](params.check(content).data)
    rows = dataset.table
    return replace(given, tables=given.tables | {"test": rows})
