"""The three programs that the advice comes with, on a table of coin flips and on one from which one
can learn."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from stages.generate import synthetic
from stages.lib.params.data import Synthetic
from stages.lib.params.edits import Edit, Sections, edited, identity
from stages.lib.trials.statistics import Paired
from stages.tools.claims import store
from stages.tools.claims.cell import Shape, normalized
from stages.tools.claims.edits import initializer, scaling
from stages.tools.claims.fits import Results
from stages.tools.claims.plan import Planned, Wanted, plan
from stages.tools.claims.settings import Settings

PROGRAMS: dict[str, Edit] = {
    "1": {
        **scaling("none"),
        **initializer("glorot_uniform"),
        "train.layers": [32],
        "train.epochs": 100,
    },
    "2": {
        **scaling("standard"),
        **initializer("he_normal"),
        "train.layers": [32],
        "train.epochs": 100,
    },
    "3": {
        **scaling("standard"),
        **initializer("he_normal"),
        "train.layers": [64, 32],
        "train.dropout": 0.2,
        "train.epochs": 200,
    },
}
ABOUT = {
    "1": "Dense 32 relu, Keras' defaults, raw inputs, 100 epochs",
    "2": "the same with he_normal and standard scaling",
    "3": "64-32 with he_normal, dropout 0.2, standard scaling, 200 epochs",
}
# Of a step of a small Keras model, and of one fit beside its steps, measured on one core.
KERAS_STEP_SECONDS, KERAS_FIT_SECONDS = 0.0012, 2.0
# Of each program the running loss of the last epoch, the training loss evaluated after it and the
# held-out loss, by their names in `cell.Values`.
LOSSES = {"running": "running", "training": "train", "held_out": "test"}


def tables(settings: Settings) -> dict[str, Shape]:
    """The table of the premise, and the one of its shape from which one can learn."""
    of = settings.programs
    return {
        key: Shape(getattr(of, key), of.features, of.rows, of.test_rows)
        for key in ("premise", "learnable")
    }


def planned(content: dict[str, Any], settings: Settings) -> list[Planned]:
    """The fits on the engine."""
    of = settings.programs
    seeds = tuple(settings.seed + k for k in range(of.replicates))
    wanted = [
        Wanted(table, sections, watched=True)
        for table in tables(settings).values()
        for sections in _sections(content, settings).values()
    ]
    return plan(wanted, seeds)


def measured(
    content: dict[str, Any],
    settings: Settings,
    results: Results,
    on_progress: Callable[[int], object] = lambda fits: None,
) -> dict[str, Any]:
    """By table, each program's losses in nats on the engine and as plain Keras, and the floor."""
    of = settings.programs
    entries: dict[str, Any] = {}
    for key, table in tables(settings).items():
        entries[key] = {"scenario": table.scenario, "floor": _floor(table, settings.seed)}
        for name, sections in _sections(content, settings).items():
            values = results[table, identity(sections), True]
            losses = {kind: np.array(values[of_kind]) for kind, of_kind in LOSSES.items()}
            entries[key][f"program_{name}"] = {
                **{kind: estimate(of_kind) for kind, of_kind in losses.items()},
                "keras": _in_keras(table, name, sections, losses, settings, on_progress),
            }
    return entries | {
        "replicates": of.replicates,
        "keras_replicates": of.keras_replicates,
        "test_rows": of.test_rows,
        "rows": of.rows,
    }


def keras_seconds(settings: Settings) -> float:
    """What the fits in plain Keras are expected to take."""
    of = settings.programs
    epochs = sum(edit["train.epochs"] for edit in PROGRAMS.values()) * of.share_of_epochs
    steps = epochs * -(-of.rows // settings.train.batch_size)
    seconds = KERAS_STEP_SECONDS * steps + KERAS_FIT_SECONDS * len(PROGRAMS)
    return len(tables(settings)) * of.keras_replicates * seconds


def keras_keys(content: dict[str, Any], settings: Settings) -> set[str]:
    """The names under which what plain Keras came to is kept."""
    return {
        _keras_key(table, name, sections, settings)
        for table in tables(settings).values()
        for name, sections in _sections(content, settings).items()
    }


def estimate(values: np.ndarray) -> dict[str, float]:
    """The mean over replicates with its 95 % interval, Student's t."""
    count = len(values)
    mean = Paired(float(values.mean()), float(values.std(ddof=1) / np.sqrt(count)), count - 1)
    low, high = mean.interval()
    return {"mean": mean.mean, "low": low, "high": high}


def _sections(content: dict[str, Any], settings: Settings) -> dict[str, Sections]:
    base = {name: content[name] for name in ("normalize", "train")}
    share = settings.programs.share_of_epochs
    return {
        name: edited(base, edit | {"train.epochs": max(1, round(share * edit["train.epochs"]))})
        for name, edit in PROGRAMS.items()
    }


def _floor(table: Shape, seed: int) -> float:
    """The loss of the law itself, over the whole population of rows."""
    params = Synthetic(
        scenario=table.scenario, rows=10, features=table.features, classes=2, class_shares=None,
        label_noise=0.0, noise_sd=1.0, targets=2,
    )  # fmt: skip
    floor = synthetic.draw(params, seed).population_floor
    assert floor is not None, "a scenario's law is known"
    return floor[0]


def _keras_key(table: Shape, name: str, sections: Sections, settings: Settings) -> str:
    count = settings.programs.keras_replicates
    return store.key(["keras", vars(table), name, sections, settings.seed, count])


def _in_keras(
    table: Shape,
    name: str,
    sections: Sections,
    losses: dict[str, np.ndarray],
    settings: Settings,
    on_progress: Callable[[int], object],
) -> dict[str, Any]:
    """The program trained as plain Keras on the first replicates: its mean losses, and by how much
    they lie above the engine's on the same data."""
    count = settings.programs.keras_replicates
    key = _keras_key(table, name, sections, settings)
    saved = store.saved(key, 1, count)
    if saved is None:
        fits = list(_fits_in_keras(table, name, sections, settings))
        saved = [{kind: [fit[kind] for fit in fits] for kind in LOSSES}]
        store.save(key, saved)
    on_progress(count)
    entry = {}
    for kind in LOSSES:
        keras = np.array(saved[0][kind])
        entry[kind] = {
            "mean": float(keras.mean()),
            "above_engine": estimate(keras - losses[kind][:count]),
        }
    return entry


def _fits_in_keras(
    table: Shape, name: str, sections: Sections, settings: Settings
) -> Iterator[dict[str, float]]:
    from stages.tools.claims import keras_programs

    for k in range(settings.programs.keras_replicates):
        seed = settings.seed + k
        _, rows = normalized(table, seed, identity(sections["normalize"]))
        arrays = {f"x_{split}": x for split, x in rows.x.items()}
        arrays |= {f"y_{split}": y for split, y in rows.y.items()}
        train = sections["train"]
        yield keras_programs.fit(name, arrays, seed % 2**32, train["epochs"], train["batch_size"])
