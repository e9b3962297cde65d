"""Everything that claims.json holds, as one strict-JSON mapping."""

from collections.abc import Callable
from typing import Any

from stages.claims import programs
from stages.claims.advice import CLAIMS, Claim
from stages.claims.experiment import Experiment, measured
from stages.claims.settings import Settings
from stages.claims.verdicts import verdict, when

SCHEMA = 1


def measure(
    content: dict,
    settings: Settings,
    say: Callable[[str], None] = lambda what: None,
    tick: Callable[[int], None] = lambda fits: None,
) -> dict:
    """The three programs and every claim, from the checked values of the claims' params.

    Mappings hold numbers, which DVC takes for metrics; words stand in lists, which it leaves out.
    Losses are in nats or squared target units.
    """
    say("three programs")
    found = {"schema": SCHEMA, "programs": _programs(content, settings, tick)}
    experiment = Experiment(
        _base(content, settings), settings.seed, settings.claims.replicates, tick
    )
    say("claims")
    conditions = {claim.letter: claim.conditions(settings) for claim in CLAIMS}
    # All of them at once: programs of the same architecture share one compiled graph.
    experiment.train(
        (one.world, edit)
        for each in conditions.values()
        for one in each
        for edit in (*one.worse, *one.better)
    )
    claims = [_claim(claim, conditions[claim.letter], experiment, settings) for claim in CLAIMS]
    supports = {
        claim["letter"]: sum(one["outcome"] == "supports" for one in claim["conditions"])
        for claim in claims
    }
    return _rounded(found | {"conditions_that_support": supports, "claims": claims})


def _base(content: dict, settings: Settings) -> dict:
    """The program that the claims vary."""
    train = content["train"] | {"epochs": settings.claims.epochs}
    return {"normalize": content["normalize"], "train": train}


def _programs(content: dict, settings: Settings, tick: Callable[[int], None]) -> dict:
    given = settings.programs
    base = {"normalize": content["normalize"], "train": content["train"]}
    experiment = Experiment(base, settings.seed, given.replicates, tick)
    world = programs.world(given)
    facts = experiment.card(world)
    entries = {}
    for name, losses in programs.on_engine(experiment, given).items():
        entries[f"program_{name}"] = {
            kind: programs.estimate(values) for kind, values in losses.items()
        }
    if given.keras_replicates:
        from stages.claims import keras_programs

        for name, edit in programs.PROGRAMS.items():
            fits = []
            for k in range(given.keras_replicates):
                arrays = experiment.arrays(world, edit, k)
                fits.append(keras_programs.fit(name, arrays, settings.seed + k))
                tick(1)
            entries[f"program_{name}"]["keras"] = {
                kind: sum(one[kind] for one in fits) / len(fits) for kind in programs.LOSSES
            }
    return entries | {
        "floor": facts["floor"]["population"]["value"],
        "replicates": given.replicates,
        "keras_replicates": given.keras_replicates,
        "test_rows": given.test_rows,
    }


def _claim(claim: Claim, conditions: list, experiment: Experiment, settings: Settings) -> dict:
    effects = [measured(experiment, one, settings.min_effect) for one in conditions]
    looks = [
        {"label": look.label, **experiment.inside(look.world, look.edit)}
        for look in claim.inside(settings)
    ]
    return {
        "letter": claim.letter,
        "title": claim.title,
        "says": claim.says,
        "axis": claim.axis,
        "verdict": verdict(effects),
        "when": when(effects),
        "conditions": effects,
        "inside": looks,
    }


def _rounded(value: Any) -> Any:
    """All numbers to six significant digits: the last ones differ between processors."""
    if isinstance(value, dict):
        return {key: _rounded(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(one) for one in value]
    return float(f"{value:.6g}") if isinstance(value, float) else value
