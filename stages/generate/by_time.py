"""A split by time: what is known trains, what comes later judges."""

import numpy as np

from stages.lib.core.errors import UserError
from stages.lib.core.splits import SPLITS


def by_time(time: np.ndarray, shares: dict[str, float]) -> dict[str, np.ndarray]:
    """Row positions of each split, int64, in the order of time: every training row is earlier than
    every validation row, and every one of those earlier than every test row.

    Rows of one moment keep the table's order, and are never parted, so the shares are met as nearly
    as that allows.

    Args:
        time: int64 ranks [rows].
        shares: of the rows, by split.

    Raises:
        UserError: there are fewer moments than splits.
    """
    order = np.argsort(time, kind="stable")
    changes = np.flatnonzero(np.diff(time[order])) + 1  # where a row is later than the one before
    if len(changes) < 2:
        raise UserError(
            "params.yaml: data.file.time",
            f"at least {len(SPLITS)} different moments, one per split",
            f"{len(changes) + 1}",
        )
    ends = len(time) * np.cumsum([shares[name] for name in SPLITS])[:-1]
    first, second = (int(np.abs(changes - end).argmin()) for end in ends)
    if first == second:
        # One moment lies around both ends: the nearer of the changes beside it gives way.
        pairs = [(k - 1, k) for k in (first, first + 1) if 1 <= k < len(changes)]
        first, second = min(pairs, key=lambda pair: np.abs(changes[list(pair)] - ends).sum())
    return dict(zip(SPLITS, np.split(order, changes[[first, second]]), strict=True))
