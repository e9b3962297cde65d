"""What one case's record comes to, and what many of them come to: shares, curves, alarms.

Everything here is arithmetic on records as `examine` makes them.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from itertools import combinations

import numpy as np

from stages.lib.params.families import families as all_families

VERIFYING = tuple(900_000_001 + i for i in range(5))
CURING = tuple(910_000_001 + i for i in range(5))
# Share of the chance loss: a fault that costs less is none, an edit that comes as near is right.
MATTERS = 0.02
# A cure is 0 where the loss stays, 1 where the healthy program's is reached. Capped, so that a
# ratio of two small differences cannot outweigh the rest.
CURE_RANGE = (-1.0, 1.5)
METHODS = (
    "diagnosis", "diagnosis without ranks", "reset and prune", "random search", "TPE", "linter",
    "symptoms",
)  # fmt: skip
# Fits at which it is asked what a method would name by then.
CHECKPOINTS = (0, 25, 50, 100, 200, 400)


# ---------------------------------------------------------------------------------- one score


def families(cause: dict, equal: bool) -> set[str]:
    """A cause's own families; with `equal` those of the edits that bring as much too."""
    return {*cause["families"], *(cause.get("equal", []) if equal else [])}


def top(record: dict, method: str, equal: bool) -> bool:
    """Whether the first cause names a seeded family."""
    causes = record["methods"][method]["causes"]
    return bool(causes) and bool(families(causes[0], equal) & set(record["case"]["families"]))


def named(record: dict, method: str, equal: bool) -> set[str]:
    """The seeded families that any cause names."""
    causes = record["methods"][method]["causes"]
    every = set().union(*(families(cause, equal) for cause in causes))
    return every & set(record["case"]["families"])


def right(record: dict, cause: dict, equal: bool) -> bool:
    """Whether a cause names a seeded family; with `equal` also whether its edit alone mends."""
    seeded = set(record["case"]["families"])
    return bool(families(cause, equal) & seeded) or (equal and cause.get("mends", False))


def cure(record: dict, method: str) -> float | None:
    """Share of the fault's cost that the method's edit takes back on fresh rows, capped; the cost
    counts as MATTERS of chance at least. None for a method that prescribes nothing."""
    loss = record["methods"][method].get("loss")
    if loss is None:
        return None
    fresh_rows = record["fresh"]
    cost = max(fresh_rows["faulty"] - fresh_rows["healthy"], MATTERS * fresh_rows["chance"])
    return float(np.clip((fresh_rows["faulty"] - loss) / cost, *CURE_RANGE))


def gains(record: dict, method: str, share: float) -> bool:
    """Whether the method's edit takes more than `share` of the chance loss off on fresh rows."""
    loss = record["methods"][method].get("loss")
    fresh_rows = record["fresh"]
    return loss is not None and fresh_rows["faulty"] - loss > share * fresh_rows["chance"]


def is_alarm(record: dict, method: str, share: float, shown: bool = False) -> bool | None:
    """Whether the method gives a cause whose edit does not lower the loss on fresh rows by more
    than `share` of chance. Of a method whose causes have no edits of their own: whether its whole
    edit does not. None of one that prescribes nothing at all.

    Args:
        shown: only where the 95 % interval of an edit's gain ends below that.
    """
    causes = record["methods"][method]["causes"]
    if record["methods"][method]["edit"] is None:
        return None
    least = share * record["fresh"]["chance"]
    if any("gain" in cause for cause in causes):
        return any(cause["high" if shown else "gain"] <= least for cause in causes)
    return bool(causes) and not gains(record, method, share)


def named_by(record: dict, method: str, fits: float) -> set[str]:
    """The families that a method would name if it were stopped after so many fits."""
    reached = [names for at, names in record["methods"][method]["course"] if at <= fits]
    return set(reached[-1]) if reached else set()


def found_by_check(record: dict) -> bool:
    """Whether a check names the fault."""
    return bool(set(record["case"]["checks"]) & set(record["checks"]))


# -------------------------------------------------------------------------------- many scores


def summary(records: list[dict], method: str) -> dict:
    """Scores of a method over faulty cases. Shares are (hits, of); cure is the three quartiles."""
    records = [one for one in records if method in one["methods"]]
    seeded = sum(len(one["case"]["families"]) for one in records)
    causes = [(one, cause) for one in records for cause in one["methods"][method]["causes"]]
    scores: dict = {"cases": len(records)}
    for key, equal in (("strict", False), ("equal", True)):
        found = sum(len(named(one, method, equal)) for one in records)
        scores[key] = {
            "top": (_count(records, lambda one, e=equal: top(one, method, e)), len(records)),
            "any": (found, seeded),
            "precision": (sum(right(one, cause, equal) for one, cause in causes), len(causes)),
        }
    cures = [value for value in (cure(one, method) for one in records) if value is not None]
    scores["cure"] = [float(q) for q in np.quantile(cures, [0.25, 0.5, 0.75])] if cures else None
    return scores


def by_family(records: list[dict]) -> dict[str, list[dict]]:
    """The single faults of each family."""
    singles = [one for one in records if len(one["case"]["families"]) == 1]
    return {
        family: [one for one in singles if one["case"]["families"][0] == family]
        for family in all_families()
    }


def alarms(records: list[dict], method: str, share: float) -> dict:
    """On sound programs: how many cases, how many given a cause, and the alarms among these (see
    `is_alarm`), in all and shown; None of a method that prescribes nothing."""
    records = [one for one in records if method in one["methods"]]
    counts: dict = {"cases": len(records)}
    counts["named"] = _count(records, lambda one: one["methods"][method]["causes"])
    for key, shown in (("alarms", False), ("shown", True)):
        each = [is_alarm(one, method, share, shown) for one in records]
        counts[key] = None if None in each else sum(bool(one) for one in each)
    return counts


def curve(records: list[dict], method: str, fits: float) -> dict:
    """Naming after so many fits, over faulty cases that an edit can mend: recall is (seeded
    families named, seeded), precision is (seeded families named, all named)."""
    records = [one for one in records if method in one["methods"] and one["case"]["families"]]
    pairs = [(named_by(one, method, fits), set(one["case"]["families"])) for one in records]
    hits = sum(len(names & seeded) for names, seeded in pairs)
    return {
        "recall": (hits, sum(len(seeded) for _, seeded in pairs)),
        "precision": (hits, sum(len(names) for names, _ in pairs)),
    }


def promises(records: list[dict]) -> dict:
    """What the diagnosis promised and what came: over each prescription with an expected loss, at
    fresh seeds on the run's own rows.

    Returns:
        inside: (losses obtained that lie between low and high, all); cases: those prescriptions;
        gains: (promised, real) by case, in shares of chance, both over the mean loss before, the
        real one on fresh rows; of accounts of new rows only. slope: of the real gains over the
        promised ones, least squares through the origin, None without any; median_ratio: of real
        over promised.
    """
    kept = [one for one in records if one.get("obtained")]
    losses = [(one["expected"], loss) for one in kept for loss in one["obtained"]]
    inside = sum(expected["low"] <= loss <= expected["high"] for expected, loss in losses)
    pairs = []
    for one in kept:
        if one["question"] == "generalize":
            chance = one["fresh"]["chance"]
            promised = one["loss"]["baseline"] - one["expected"]["loss"]
            real = one["fresh"]["faulty"] - one["methods"]["diagnosis"]["loss"]
            pairs.append((promised / chance, real / chance))
    gains_of = np.array(pairs).reshape(-1, 2)
    promised, real = gains_of.T
    squares = float((promised**2).sum())
    ratios = real[promised > 0] / promised[promised > 0]
    return {
        "cases": len(kept),
        "inside": (int(inside), len(losses)),
        "gains": pairs,
        "slope": float((promised * real).sum() / squares) if squares > 0 else None,
        "median_ratio": float(np.median(ratios)) if len(ratios) else None,
    }


def agreement(records: list[dict]) -> dict:
    """Of diagnoses of one case from several seeds: the share of its pairs of runs that give a
    family the same verdict, mean over families; of runs that name the commonest set of families;
    of runs whose first cause is the commonest one. (hits, of) the latter two."""
    verdicts = []
    for family in all_families():
        statuses = [one["statuses"][family] for one in records if family in one["statuses"]]
        verdicts += [a == b for a, b in combinations(statuses, 2)]
    sets = Counter(frozenset(f for cause in one["causes"] for f in cause) for one in records)
    first = Counter(tuple(one["causes"][0]) if one["causes"] else () for one in records)
    return {
        "runs": len(records),
        "verdicts": (sum(verdicts), len(verdicts)),
        "named": (max(sets.values()), len(records)),
        "first": (max(first.values()), len(records)),
        "families": "+".join(sorted(sets.most_common(1)[0][0])),
    }


def _count(records: Iterable[dict], holds: Callable[[dict], object]) -> int:
    return sum(bool(holds(one)) for one in records)
