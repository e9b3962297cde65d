"""The loss by epoch of each seed, before and after the edits."""

from typing import Any

import numpy as np

from stages.diagnose.evidence.pair import Pair
from stages.lib.diagnosis.evidence import MAX_POINTS


def curves(pair: Pair) -> list[dict[str, Any]]:
    """Of the training and, where there are any, the validation rows; empty without refits."""
    if pair.refits is None:
        return []
    before, after = pair.refits
    content = []
    for split in ("train", "validation"):
        if not len(pair.subject.tables[split]):
            continue
        series = {"before": before.curves(split), "after": after.curves(split)}
        epochs = thinned(max(len(curve) for of in series.values() for curve in of))
        content.append(
            {"split": split, "epochs": epochs.tolist()}
            | {
                when: [curve[epochs[epochs < len(curve)]].tolist() for curve in of]
                for when, of in series.items()
            }
        )
    return content


def thinned(length: int) -> np.ndarray:
    """At most MAX_POINTS of so many positions, int64, the first and the last among them."""
    return np.unique(np.linspace(0, length - 1, min(length, MAX_POINTS)).round().astype(int))
