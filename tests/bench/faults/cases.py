"""Which programs are diagnosed: a seeded sample of healthy programs with faults, sound ones, and
pure noise."""

import hashlib
from dataclasses import asdict, dataclass, field, replace
from itertools import zip_longest

import numpy as np

from stages.lib.params.families import families
from tests.bench.faults.faults import FAULTS, Fault, Origin
from tests.bench.faults.programs import COIN, HEALTHY, NOISE, NOISE_NUMBERS, VARIATIONS

# Of the faulty cases: those with two faults, and those with one of each other origin. The rest have
# one fault that the interventions' table knows.
DOUBLE_SHARE = 0.15
SHARES: dict[Origin, float] = {"recommended": 0.15, "data": 0.25}


@dataclass(frozen=True)
class Case:
    """One program to diagnose.

    Attributes:
        kind: fault, control or noise.
        healthy: changes of `content_of` that give the sound program.
        origin: a key of FAULTS, double for two faults, empty without one.
        fault: the names of the faults, joined by +.
        families: whose edits mend it, one a fault; none where no edit can.
        changes: what is broken on top (empty but for a fault of a program).
        parts: of a double fault, the changes of each fault by itself.
        spoil: an entry of SPOILS.
        of_table: the sound program is the same on the table without the spoil.
        checks: those that should name the fault.
    """

    name: str
    kind: str
    healthy: dict
    origin: str = ""
    fault: str = ""
    families: tuple[str, ...] = ()
    severity: str = ""
    changes: dict = field(default_factory=dict)
    parts: tuple[dict, ...] = ()
    spoil: str | None = None
    of_table: bool = False
    checks: tuple[str, ...] = ()

    def plain(self) -> dict:
        """As JSON."""
        return asdict(self)


def chosen(seed: int, faults: int, controls: int, noise: int) -> list[Case]:
    """A seeded sample of so many faulty cases, controls and cases of noise, at most what there
    is."""
    doubles = round(DOUBLE_SHARE * faults)
    others = {origin: round(share * faults) for origin, share in SHARES.items()}
    cases = _singles(seed, "program", faults - doubles - sum(others.values()))
    for origin, count in others.items():
        cases += _singles(seed, origin, count)
    cases += _doubles(seed, doubles)
    cases += _varied(seed, "control", _controls(), controls)
    cases += _varied(seed, "noise", _noise(), noise)
    return [_seeded(case, seed) for case in cases]


def _pairs(*origins: Origin) -> list[tuple[str, Fault]]:
    """Every healthy program with every fault of these origins that is seeded into it."""
    return [
        (name, fault)
        for name, program in HEALTHY.items()
        for origin in origins
        for fault in FAULTS[origin]
        if name in fault.on or program.task in fault.on
    ]


def _singles(seed: int, origin: Origin, count: int) -> list[Case]:
    """In turn over the families (of faults outside the interventions' table: over the faults);
    within each first every fault once, then again on other data."""
    rng = np.random.default_rng([seed, 1])
    pairs = _pairs(origin)
    pairs = [pairs[i] for i in rng.permutation(len(pairs))]
    of_program = origin == "program"
    groups = families() if of_program else [fault.name for fault in FAULTS[origin]]
    queues = []
    for group in groups:
        seen: dict[str, int] = {}
        turns = []
        for pair in pairs:
            if group == (pair[1].family if of_program else pair[1].name):
                turns.append((seen.get(pair[1].name, 0), pair))
                seen[pair[1].name] = seen.get(pair[1].name, 0) + 1
        queues.append([pair for _, pair in sorted(turns, key=lambda turn: turn[0])])
    order = [pair for turn in zip_longest(*queues) for pair in turn if pair is not None]
    return [case_of(name, (fault,), origin) for name, fault in order[:count]]


def _doubles(seed: int, count: int) -> list[Case]:
    """Two faults of two families that touch no key twice."""
    rng = np.random.default_rng([seed, 2])
    pairs, found = _pairs("program", "recommended"), dict[str, Case]()
    for _ in range(1000 * count):
        if len(found) == count:
            break
        name, first = pairs[rng.integers(len(pairs))]
        others = [fault for other, fault in pairs if other == name and _together(first, fault)]
        case = case_of(name, (first, others[rng.integers(len(others))]), "double")
        found.setdefault(case.name, case)
    return list(found.values())


def _together(first: Fault, second: Fault) -> bool:
    keys = [{*fault.changes, *fault.given} for fault in (first, second)]
    spoils = [fault.spoil for fault in (first, second) if fault.spoil]
    return first.family != second.family and not keys[0] & keys[1] and len(spoils) < 2


def case_of(name: str, faults: tuple[Fault, ...], origin: str) -> Case:
    """The healthy program of this name with one or two faults."""
    healthy = dict(HEALTHY[name].changes)
    changes: dict = {}
    for fault in faults:
        healthy |= fault.given
        changes |= fault.changes
    severities = {fault.severity for fault in faults}
    names = "+".join(fault.name for fault in faults)
    return Case(
        name=f"{name}/{names}",
        kind="fault",
        healthy=healthy,
        origin=origin,
        fault=names,
        families=tuple(family for fault in faults for family in fault.families),
        severity=severities.pop() if len(severities) == 1 else "mixed",
        changes=changes,
        parts=tuple(fault.changes for fault in faults),
        spoil=next((fault.spoil for fault in faults if fault.spoil), None),
        of_table=any(fault.of_table for fault in faults),
        checks=tuple(check for fault in faults for check in fault.checks),
    )


def _controls() -> dict[str, Case]:
    return {
        (name := f"control/{program}/{variation}"): Case(name, "control", one.changes | changes)
        for variation, changes in VARIATIONS.items()
        for program, one in HEALTHY.items()
    }


def _noise() -> dict[str, Case]:
    labels = {
        (name := f"noise/{variation}"): Case(name, "noise", COIN | changes)
        for variation, changes in NOISE.items()
    }
    numbers = {
        (name := f"noise/{variation}"): Case(name, "noise", changes, spoil="unrelated")
        for variation, changes in NOISE_NUMBERS.items()
    }
    return labels | numbers


def _varied(seed: int, kind: str, programs: dict[str, Case], count: int) -> list[Case]:
    """A seeded draw without repetition of at most `count` of the programs."""
    rng = np.random.default_rng([seed, 3 if kind == "control" else 4])
    names = list(programs)
    return [programs[names[i]] for i in rng.permutation(len(names))[:count]]


def _seeded(case: Case, seed: int) -> Case:
    """The data's and the training's seed follow from the bench's seed and the case's name."""
    data = number(f"{seed}/{case.name}/data")
    train = number(f"{seed}/{case.name}/train")
    return replace(case, healthy=case.healthy | {"data.seed": data, "train.seed": train})


def number(text: str) -> int:
    """A seed below 2^31 from a text."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") >> 1
