"""A split that keeps groups together: patients, households, machines."""

import numpy as np

from stages.lib.core.errors import UserError
from stages.lib.core.splits import SPLITS


def by_group(
    groups: np.ndarray, strata: np.ndarray, shares: dict[str, float], seed: int
) -> dict[str, np.ndarray]:
    """Row positions of each split, int64, shuffled; the rows of a group are in the same one.

    Groups of equal counts of the strata, if they are many, are dealt out by the shares, in a seeded
    order. What is left of them goes, the largest first, where it brings the counts nearest to the
    shares: it adds least to the sum of (count - wanted)^2 / wanted. A stratum with as few groups
    left as there are splits without it goes to those. (scikit-learn's StratifiedGroupKFold is such
    a search too, but makes parts of one size, and GroupShuffleSplit takes shares of the groups,
    whatever their rows.)

    Args:
        groups: int64 codes [rows].
        strata: int64 codes [rows] of what is to be spread evenly.
        shares: of the rows, by split; one of share 0 has no rows.
        seed: of the order of groups and rows.

    Raises:
        UserError: there are fewer groups than splits with rows.
    """
    sizes = np.bincount(groups)
    used = [name for name in SPLITS if shares[name] > 0]
    if len(sizes) < len(used):
        raise UserError(
            "params.yaml: data.file.groups",
            f"at least {len(used)} groups, one per split",
            len(sizes),
        )
    rng = np.random.default_rng(seed)
    share = np.array([shares[name] for name in used])
    wanted = np.outer(share, np.bincount(strata))
    count = np.zeros_like(wanted)
    alike, left = _alike(groups, strata, rng.permutation(len(sizes)))
    placed = np.empty(len(sizes), dtype="int64")
    for label, counts, members in sorted(alike, key=lambda kind: -kind[1].sum()):
        dealt = np.floor(share * len(members)).astype(int)
        dealt *= dealt.all()  # too few for every split: each of them is placed by itself
        placed[members[: dealt.sum()]] = np.repeat(np.arange(len(used)), dealt)
        count[:, label] += np.outer(dealt, counts)
        left[label] -= dealt.sum()
        for group in members[dealt.sum() :]:
            lacking = count[:, label] == 0
            urgent = (lacking & (left[label] <= lacking.sum(axis=0))).sum(axis=1)
            more = (counts * (2 * (count - wanted)[:, label] + counts) / wanted[:, label]).sum(
                axis=1
            )
            placed[group] = best = np.where(urgent == urgent.max(), more, np.inf).argmin()
            count[best, label] += counts
            left[label] -= 1
    rows = rng.permutation(len(groups))
    parts = {name: rows[placed[groups[rows]] == k] for k, name in enumerate(used)}
    return {name: parts.get(name, rows[:0]) for name in SPLITS}


def _alike(
    groups: np.ndarray, strata: np.ndarray, order: np.ndarray
) -> tuple[list[tuple[np.ndarray, np.ndarray, np.ndarray]], np.ndarray]:
    """(strata, rows of each, the groups that have these) in this order of the groups, and the
    number of groups that have each stratum."""
    width = int(strata.max()) + 1
    pairs, rows = np.unique(groups * width + strata, return_counts=True)
    group, stratum = np.divmod(pairs, width)
    starts = np.searchsorted(group, np.arange(len(order) + 1))
    contents = np.column_stack([stratum, rows])
    alike: dict[bytes, list[int]] = {}
    for code in order:
        alike.setdefault(contents[starts[code] : starts[code + 1]].tobytes(), []).append(code)
    kinds = [
        (*contents[starts[members[0]] : starts[members[0] + 1]].T, np.array(members))
        for members in alike.values()
    ]
    return kinds, np.bincount(stratum)
