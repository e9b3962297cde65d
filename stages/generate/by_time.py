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
        shares: of the rows, by split; one of share 0 has no rows.

    Raises:
        UserError: there are fewer moments than splits with rows.
    """
    order = np.argsort(time, kind="stable")
    changes = np.flatnonzero(np.diff(time[order])) + 1  # where a row is later than the one before
    used = [name for name in SPLITS if shares[name] > 0]
    if len(changes) + 1 < len(used):
        raise UserError(
            "params.yaml: data.file.time",
            f"at least {len(used)} different moments, one per split",
            f"{len(changes) + 1}",
        )
    ends = len(time) * np.cumsum([shares[name] for name in used])[:-1]
    chosen = [int(np.abs(changes - end).argmin()) for end in ends]
    if len(set(chosen)) < len(chosen):
        # One moment lies around both ends: the nearer of the changes beside it gives way.
        pairs = [[k - 1, k] for k in (chosen[0], chosen[0] + 1) if 1 <= k < len(changes)]
        chosen = min(pairs, key=lambda pair: float(np.abs(changes[pair] - ends).sum()))
    parts = dict(zip(used, np.split(order, changes[chosen]), strict=True))
    return {name: parts.get(name, order[:0]) for name in SPLITS}
