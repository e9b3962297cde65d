"""An edit as lines, a family each, and what each takes off the loss."""

from collections.abc import Iterator
from itertools import combinations
from math import factorial

import numpy as np

from stages.diagnose.interventions.entry import families_of
from stages.diagnose.ledger.bench import Bench
from stages.diagnose.ledger.equals import find_equivalents
from stages.diagnose.ledger.lines import Line, Scale
from stages.lib.params.edits import Edit

# All subsets of the lines' edits are trained, so there are few lines.
MAX_LINES = 4
# Of a search's seconds, what is spent when the last line is accounted for: the account is what the
# search is for, so it may overdraw them by this much. Where that is too little, fewer lines.
SHARE_OF_LINES = 1.25

Subset = frozenset[int]


def account(
    bench: Bench,
    edit: Edit,
    scale: Scale,
    equivalents: bool = True,
    most_lines: int = MAX_LINES,
) -> list[Line]:
    """The edit's keys as lines, a family each, the one with the largest share first.

    All subsets of the families' edits are trained. A line's share is its Shapley value (Shapley,
    Contributions to the Theory of Games II, 1953): what it adds to those before it, averaged over
    all orders, so that no order is preferred and the shares add up. A family whose share is not
    shown to be above zero has no line of its own: its keys stand on the line of the largest.

    Args:
        equivalents: whether to look for edits that would do in a line's place.
        most_lines: families beyond so many share the first one's line.
    """
    parts = _parts(edit, most_lines)
    if not parts:
        return []
    seconds = bench.seconds_left(SHARE_OF_LINES)
    while len(parts) > 1 and not bench.has_time(
        [*_possible(bench, parts).values()], bench.judging, seconds
    ):
        parts = _merged(parts, [len(parts) - 1])
    lines = _lines(bench, parts, scale)
    while len(lines) > 1:
        weak = [i for i, line in enumerate(lines) if line.share.interval()[0] <= 0]
        if not weak:
            break
        ordered = sorted(range(len(lines)), key=lambda i: -lines[i].share.mean)
        parts = _merged([lines[i].edit for i in ordered], [len(ordered) - 1])
        lines = _lines(bench, parts, scale)
    lines.sort(key=lambda line: -line.share.mean)
    return [
        Line(
            line.edit,
            line.share,
            line.alone,
            line.last,
            line.by_seed,
            find_equivalents(bench, edit, line.edit, line.last.mean, scale) if equivalents else [],
        )
        for line in lines
    ]


def subsets_of(edit: Edit) -> list[Edit]:
    """What is trained to account for an edit."""
    return [*_edits_of_subsets(_parts(edit, MAX_LINES)).values()]


def _parts(edit: Edit, most: int) -> list[Edit]:
    """The edit's families, those beyond so many joined to the first."""
    groups: dict[str, Edit] = {}
    for key, value in edit.items():
        groups.setdefault(families_of({key: value})[0], {})[key] = value
    parts = list(groups.values())
    return _merged(parts, range(most, len(parts))) if parts else []


def _merged(parts: list[Edit], positions: range | list[int]) -> list[Edit]:
    """These parts with those at the positions joined to the first."""
    moved = {key: value for i in positions for key, value in parts[i].items()}
    kept = [part for i, part in enumerate(parts) if i not in positions]
    return [kept[0] | moved, *kept[1:]]


def _lines(bench: Bench, parts: list[Edit], scale: Scale) -> list[Line]:
    """A line for each part, without equivalents."""
    runs, split = bench.judging, bench.protocol.question.judged_on
    losses = _losses_of_subsets(bench, parts, scale)
    everyone = frozenset(range(len(parts)))
    lines = []
    for i, part in enumerate(parts):
        others = everyone - {i}
        share = sum(
            (
                weight * (losses[before] - losses[before | {i}])
                for before, weight in subsets_before(others)
            ),
            np.zeros_like(losses[everyone]),
        )
        alone = losses[frozenset()] - losses[frozenset({i})]
        last = losses[others] - losses[everyone]
        paired = [bench.paired(gain, runs, split) for gain in (share, alone, last)]
        by_seed = np.average(share, axis=1, weights=bench.laboratory.design(runs, split).weights)
        lines.append(Line(part, paired[0], paired[1], paired[2], by_seed))
    return lines


def subsets_before(others: Subset) -> Iterator[tuple[Subset, float]]:
    """Which of the other parts come before one part, and in which share of all orders."""
    count = len(others) + 1
    for size in range(count):
        weight = factorial(size) * factorial(count - size - 1) / factorial(count)
        for before in combinations(sorted(others), size):
            yield frozenset(before), weight


def _losses_of_subsets(bench: Bench, parts: list[Edit], scale: Scale) -> dict[Subset, np.ndarray]:
    """The judged losses [seeds, rows] of the program with each subset of the parts' edits. A subset
    that cannot be trained stands where its largest one that can does."""
    runs, split = bench.judging, bench.protocol.question.judged_on
    possible = _possible(bench, parts)
    bench.train([*possible.values()], runs)
    losses: dict[Subset, np.ndarray] = {}
    for subset in _edits_of_subsets(parts):
        nearest = max((known for known in possible if known <= subset), key=len)
        losses[subset] = bench.losses(possible[nearest], runs, split, scale)
    return losses


def _possible(bench: Bench, parts: list[Edit]) -> dict[Subset, Edit]:
    """The edit of each subset with which the program can be trained."""
    edits = _edits_of_subsets(parts)
    return {subset: edit for subset, edit in edits.items() if bench.can_run(edit)}


def _edits_of_subsets(parts: list[Edit]) -> dict[Subset, Edit]:
    """The edit of each subset, the smaller ones first."""
    subsets = [
        frozenset(subset)
        for size in range(len(parts) + 1)
        for subset in combinations(range(len(parts)), size)
    ]
    return {subset: _joined(parts, subset) for subset in subsets}


def _joined(parts: list[Edit], subset: Subset) -> Edit:
    return {key: value for i in sorted(subset) for key, value in parts[i].items()}
