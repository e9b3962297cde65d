"""Everything that claims.json holds, as one strict-JSON mapping."""

from collections.abc import Callable
from typing import Any

from stages.tools.claims import programs, store
from stages.tools.claims.advice.claim import Claim, Part
from stages.tools.claims.advice.table import CLAIMS
from stages.tools.claims.datasets.table import DATA_SETS, KINDS
from stages.tools.claims.effects import Effect, where
from stages.tools.claims.fits import Results, fitted
from stages.tools.claims.measures import MEASURES
from stages.tools.claims.plan import Planned
from stages.tools.claims.pooling import MIN_DATA_SETS, false_discovery_adjusted, pool
from stages.tools.claims.settings import Settings, base
from stages.tools.claims.study import Study
from stages.tools.claims.verdicts import FALSE_DISCOVERIES, NOT_SHOWN, OUTCOMES, advice, verdict

SCHEMA = 2


def measure(
    content: dict[str, Any],
    settings: Settings,
    backend: str,
    on_plan: Callable[[list[Planned]], object] = lambda planned: None,
    on_progress: Callable[[int], object] = lambda fits: None,
) -> dict[str, Any]:
    """The three programs and every claim, from the checked values of the claims' params.

    Args:
        backend: the name of a row of `lib.vocabulary.backends`.
        on_plan: called with all that will be trained, before it is.
        on_progress: called with the number of fits that have ended since the last call.
    """
    study = Study(content, settings)
    planned = study.planned() + programs.planned(content, settings)
    on_plan(planned)
    results = fitted(planned, backend, on_progress)
    of_programs = programs.measured(content, settings, results, on_progress)
    kept = {store.key(entry.cell.plain) for entry in planned}
    store.keep_only(kept | programs.keras_keys(content, settings))
    claims = [_claim(claim, study, results) for claim in CLAIMS]
    _judge(claims, study)
    rounded: dict[str, Any] = _rounded(
        {
            "schema": SCHEMA,
            "settings": {
                "replicates": settings.replicates,
                "epochs": settings.epochs,
                "depths": settings.depths,
                "width": settings.width,
                "min_effect": settings.min_effect,
                "min_learnt": settings.min_learnt,
                "false_discoveries": FALSE_DISCOVERIES,
                "fits": sum(entry.cell.fits for entry in planned),
                "base": base(content),
            },
            "data_sets": [_described(name) for name in DATA_SETS if name in settings.chosen],
            "programs": of_programs,
            "claims": claims,
        }
    )
    return rounded


def _described(name: str) -> dict[str, Any]:
    entry = DATA_SETS[name]
    return {
        "name": name,
        "about": entry.about,
        "rows": entry.sizes.train,
        "drawn": entry.is_drawn,
        "kinds": [kind for kind, names in KINDS.items() if name in names],
    }


def _claim(claim: Claim, study: Study, results: Results) -> dict[str, Any]:
    return {
        "letter": claim.letter,
        "title": claim.title,
        "says": claim.says,
        "parts": [_part(part, study, results) for part in claim.parts],
    }


def _part(part: Part, study: Study, results: Results) -> dict[str, Any]:
    """A part without its verdict, which all parts have to be known for."""
    measure, margin = MEASURES[part.measure], study.margin(part)
    effects = study.effects(results, part, untuned=False)
    sides = part.pair(study.settings)
    # Where the rate is what is claimed there is nothing to tune, or nothing left to compare.
    has_untuned = any(len(side.rates) > 1 or side.follows for side in sides)
    has_untuned = has_untuned and sides[0].untuned() != sides[1].untuned()
    untuned = study.effects(results, part, untuned=True) if has_untuned else []
    said = [entry.outcome for entry in effects]
    return {
        "says": part.says,
        "on": part.on,
        "measure": measure.words,
        "unit": measure.unit,
        "of_learnt": bool(measure.split),
        "margin": margin,
        "pooled": _pooled(effects, margin, study.settings.min_effect),
        "untuned": _pooled(untuned, margin, study.settings.min_effect),
        "counts": {outcome: said.count(outcome) for outcome in OUTCOMES},
        "nothing_learnt": len(study.places(part)) - len(effects),
        "where": where(effects) if effects else None,
        "effects": [_plain(entry) for entry in effects],
    }


def _plain(found: Effect) -> dict[str, Any]:
    low, high = found.interval()
    return {
        "data_set": found.data_set,
        "mean": found.mean,
        "low": low,
        "high": high,
        "outcome": found.outcome,
        "networks": dict(found.networks),
    }


def _pooled(effects: list[Effect], margin: float, known: float) -> dict[str, Any] | None:
    """The random-effects model of some data sets; None of fewer than it takes.

    known: no effect counts as known better than to a share of this, or of a smaller margin.
    """
    if len(effects) < MIN_DATA_SETS:
        return None
    means, errors, freedom = zip(*((e.mean, e.error, e.freedom) for e in effects), strict=True)
    pooled = pool(means, errors, freedom, min(margin, known))
    region, p_region = pooled.p_region(margin)
    low, high = pooled.interval()
    new_low, new_high = pooled.prediction()
    return {
        "data_sets": pooled.count,
        "mean": pooled.mean,
        "low": low,
        "high": high,
        "new_low": new_low,
        "new_high": new_high,
        "tau": pooled.tau,
        "share_between": pooled.share_between,
        "region": region,
        "p_region": p_region,
        "p_alike": pooled.p_alike,
    }


def _judge(claims: list[dict[str, Any]], study: Study) -> None:
    """Give each part its verdict and each claim its advice; p-values are adjusted over all parts,
    and over both questions that are asked of each."""
    parts = [part for claim in claims for part in claim["parts"]]
    known = [part["pooled"] for part in parts if part["pooled"] is not None]
    adjusted = false_discovery_adjusted([p[key] for p in known for key in ("p_region", "p_alike")])
    for place, pooled in enumerate(known):
        pooled["q_region"], pooled["q_alike"] = adjusted[2 * place : 2 * place + 2]
    for part in parts:
        part["verdict"] = NOT_SHOWN
        if (pooled := part["pooled"]) is not None:
            part["verdict"] = verdict(
                pooled["region"],
                pooled["q_region"],
                pooled["q_alike"],
                [entry["mean"] for entry in part["effects"]],
                [entry["outcome"] for entry in part["effects"]],
                part["margin"],
            )
    for claim, entry in zip(CLAIMS, claims, strict=True):
        first = entry["parts"][0]
        entry["do"] = advice(first["verdict"], first["counts"], claim.first, claim.second, claim.do)


def _rounded(value: Any) -> Any:
    """All numbers to six significant digits: the last ones differ between processors."""
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(item) for item in value]
    return float(f"{value:.6g}") if isinstance(value, float) else value
