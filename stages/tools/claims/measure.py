"""Everything that claims.json holds, as one strict-JSON mapping."""

from collections.abc import Callable
from typing import Any

import numpy as np

from stages.lib.params.edits import Sections
from stages.tools.claims import programs
from stages.tools.claims.advice.claim import Claim
from stages.tools.claims.advice.table import CLAIMS
from stages.tools.claims.effect import floor_of, measure_effect
from stages.tools.claims.experiment import Experiment
from stages.tools.claims.settings import Settings
from stages.tools.claims.verdicts import verdict, words

SCHEMA = 1


def measure(
    content: dict[str, Any],
    settings: Settings,
    on_status: Callable[[str], object] = lambda what: None,
    on_progress: Callable[[int], object] = lambda fits: None,
) -> dict[str, Any]:
    """The three programs and every claim, from the checked values of the claims' params.

    Losses are in nats or squared target units.
    """
    on_status("three programs")
    of_programs = _programs(content, settings, on_progress)
    experiment = Experiment(
        _base(content, settings), settings.seed, settings.claims.replicates, on_progress
    )
    on_status("claims")
    # All of them at once: programs of the same architecture share one compiled graph.
    experiment.train(
        (condition.world, edit)
        for claim in CLAIMS
        for part in claim.parts
        for condition in part.conditions(settings)
        for edit in (*condition.worse, *condition.better)
    )
    claims = [_claim(claim, experiment, settings) for claim in CLAIMS]
    supports = {
        claim["letter"]: sum(
            condition["outcome"] == "supports"
            for part in claim["parts"]
            for condition in part["conditions"]
        )
        for claim in claims
    }
    comparisons = {
        "replicates": settings.claims.replicates,
        "test_rows": settings.claims.test_rows,
        "min_effect": settings.min_effect,
    }
    rounded: dict[str, Any] = _rounded(
        {
            "schema": SCHEMA,
            "programs": of_programs,
            "comparisons": comparisons,
            "conditions_that_support": supports,
            "base": _base(content, settings),
            "claims": claims,
        }
    )
    return rounded


def _base(content: dict[str, Any], settings: Settings) -> Sections:
    """The program that the claims vary."""
    train = content["train"] | {"epochs": settings.claims.epochs}
    return {"normalize": content["normalize"], "train": train}


def _programs(
    content: dict[str, Any], settings: Settings, on_progress: Callable[[int], object]
) -> dict[str, Any]:
    """Each program's losses on the engine and as plain Keras, and the floor."""
    of_programs = settings.programs
    base = {"normalize": content["normalize"], "train": content["train"]}
    experiment = Experiment(base, settings.seed, of_programs.replicates, on_progress)
    world = programs.world_of_programs(of_programs)
    entries = {}
    for name, losses in programs.train_on_engine(experiment, of_programs).items():
        entries[f"program_{name}"] = {
            **{kind: programs.estimate(values) for kind, values in losses.items()},
            "keras": _in_keras(experiment, name, losses, settings, on_progress),
        }
    return entries | {
        "floor": floor_of(experiment.card(world)),
        "replicates": of_programs.replicates,
        "keras_replicates": of_programs.keras_replicates,
        "test_rows": of_programs.test_rows,
    }


def _in_keras(
    experiment: Experiment,
    name: str,
    losses: dict[str, np.ndarray],
    settings: Settings,
    on_progress: Callable[[int], object],
) -> dict[str, Any]:
    """The program trained as plain Keras on the first replicates: its mean losses, and by how much
    they lie above the engine's on the same data."""
    from stages.tools.claims import keras_programs

    count = settings.programs.keras_replicates
    world, edit = programs.world_of_programs(settings.programs), programs.PROGRAMS[name]
    fits = []
    for k in range(count):
        arrays = experiment.arrays(world, edit, k)
        fits.append(keras_programs.fit(name, arrays, (settings.seed + k) % 2**32))
        on_progress(1)
    entry = {}
    for kind in programs.LOSSES:
        keras = np.array([fit[kind] for fit in fits])
        entry[kind] = {
            "mean": float(keras.mean()),
            "above_engine": programs.estimate(keras - losses[kind][:count]),
        }
    return entry


def _claim(claim: Claim, experiment: Experiment, settings: Settings) -> dict[str, Any]:
    parts: list[dict[str, Any]] = []
    for part in claim.parts:
        effects = [
            measure_effect(experiment, condition, settings.min_effect)
            for condition in part.conditions(settings)
        ]
        parts.append(
            {
                "says": part.says,
                "verdict": verdict(effects),
                "words": words(effects, claim.axis),
                "conditions": effects,
            }
        )
    return {
        "letter": claim.letter,
        "title": claim.title,
        "says": claim.says,
        "axis": claim.axis,
        "verdict": verdict([condition for part in parts for condition in part["conditions"]]),
        "parts": parts,
    }


def _rounded(value: Any) -> Any:
    """All numbers to six significant digits: the last ones differ between processors."""
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(item) for item in value]
    return float(f"{value:.6g}") if isinstance(value, float) else value
