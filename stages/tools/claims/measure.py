"""Everything that claims.json holds, as one strict-JSON mapping."""

from collections.abc import Callable
from typing import Any

import numpy as np

from stages.tools.claims import programs
from stages.tools.claims.advice import CLAIMS, Claim
from stages.tools.claims.experiment import Experiment, measured
from stages.tools.claims.settings import Settings
from stages.tools.claims.verdicts import verdict, words

SCHEMA = 1


def measure(
    content: dict,
    settings: Settings,
    say: Callable[[str], None] = lambda what: None,
    tick: Callable[[int], None] = lambda fits: None,
) -> dict:
    """The three programs and every claim, from the checked values of the claims' params.

    Losses are in nats or squared target units.
    """
    say("three programs")
    found = {"schema": SCHEMA, "programs": _programs(content, settings, tick)}
    experiment = Experiment(
        _base(content, settings), settings.seed, settings.claims.replicates, tick
    )
    say("claims")
    # All of them at once: programs of the same architecture share one compiled graph.
    experiment.train(
        (one.world, edit)
        for claim in CLAIMS
        for part in claim.parts
        for one in part.conditions(settings)
        for edit in (*one.worse, *one.better)
    )
    claims = [_claim(claim, experiment, settings) for claim in CLAIMS]
    supports = {
        claim["letter"]: sum(
            one["outcome"] == "supports" for part in claim["parts"] for one in part["conditions"]
        )
        for claim in claims
    }
    given = {
        "replicates": settings.claims.replicates,
        "test_rows": settings.claims.test_rows,
        "min_effect": settings.min_effect,
    }
    return _rounded(
        found
        | {
            "comparisons": given,
            "conditions_that_support": supports,
            "base": _base(content, settings),
            "claims": claims,
        }
    )


def _base(content: dict, settings: Settings) -> dict:
    """The program that the claims vary."""
    train = content["train"] | {"epochs": settings.claims.epochs}
    return {"normalize": content["normalize"], "train": train}


def _programs(content: dict, settings: Settings, tick: Callable[[int], None]) -> dict:
    given = settings.programs
    base = {"normalize": content["normalize"], "train": content["train"]}
    experiment = Experiment(base, settings.seed, given.replicates, tick)
    world = programs.world(given)
    entries = {}
    for name, losses in programs.on_engine(experiment, given).items():
        entries[f"program_{name}"] = {
            **{kind: programs.estimate(values) for kind, values in losses.items()},
            "keras": _in_keras(experiment, name, losses, settings, tick),
        }
    return entries | {
        "floor": experiment.card(world)["floor"]["population"]["value"],
        "replicates": given.replicates,
        "keras_replicates": given.keras_replicates,
        "test_rows": given.test_rows,
    }


def _in_keras(
    experiment: Experiment,
    name: str,
    losses: dict[str, np.ndarray],
    settings: Settings,
    tick: Callable[[int], None],
) -> dict:
    """The program trained as plain Keras on the first replicates: its mean losses, and by how much
    they lie above the engine's on the same data."""
    from stages.tools.claims import keras_programs

    count = settings.programs.keras_replicates
    fits = []
    for k in range(count):
        arrays = experiment.arrays(programs.world(settings.programs), programs.PROGRAMS[name], k)
        fits.append(keras_programs.fit(name, arrays, (settings.seed + k) % 2**32))
        tick(1)
    entry = {}
    for kind in programs.LOSSES:
        keras = np.array([one[kind] for one in fits])
        entry[kind] = {
            "mean": float(keras.mean()),
            "above_engine": programs.estimate(keras - losses[kind][:count]),
        }
    return entry


def _claim(claim: Claim, experiment: Experiment, settings: Settings) -> dict:
    parts = []
    for part in claim.parts:
        effects = [
            measured(experiment, one, settings.min_effect) for one in part.conditions(settings)
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
        "verdict": verdict([one for part in parts for one in part["conditions"]]),
        "parts": parts,
    }


def _rounded(value: Any) -> Any:
    """All numbers to six significant digits: the last ones differ between processors."""
    if isinstance(value, dict):
        return {key: _rounded(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(one) for one in value]
    return float(f"{value:.6g}") if isinstance(value, float) else value
