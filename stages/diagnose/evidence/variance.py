"""Of what is left of the loss, the part that the seeds differ by."""

from typing import Any

import numpy as np

from stages.diagnose.evidence.pair import Pair
from stages.lib.trials.statistics import mean


def variance(pair: Pair) -> dict[str, Any] | None:
    """The mean test loss of the networks with the edits less the loss of their averaged
    prediction: what one would gain by averaging so many of them, as `train.members` does, at least
    nothing where a loss is convex in the prediction (Krogh, Vedelsby, Neural network ensembles,
    NIPS 1994). With its interval over new seeds and rows; None without refits or new rows."""
    if pair.refits is None or not pair.question.rows_vary:
        return None
    networks, judge = pair.refits[1], pair.laboratory.judges[0]
    predictions = networks.predictions(pair.laboratory.frames["test"])
    each = np.stack([judge.of_predictions(one, "test") for one in predictions])
    averaged = judge.of_predictions(predictions.mean(axis=0), "test")
    difference = pair.paired(each - averaged)
    low, high = difference.interval()
    return {
        "networks": len(predictions),
        "averaged": mean(averaged, pair.laboratory.design(pair.own, "test").weights),
        "variance": {"mean": difference.mean, "low": low, "high": high},
    }
