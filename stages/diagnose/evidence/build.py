"""All of the evidence, as reports/evidence.json has it."""

import math
from typing import Any

from stages.diagnose.evidence.curves import curves
from stages.diagnose.evidence.importance import importance
from stages.diagnose.evidence.pair import Pair
from stages.diagnose.evidence.rows import more_rows
from stages.diagnose.evidence.slices import slices
from stages.diagnose.evidence.spread import row_losses, seeds_of_lines
from stages.diagnose.evidence.variance import variance
from stages.diagnose.evidence.worst import worst_rows
from stages.lib.diagnosis.schema import Account


def evidence(pair: Pair, account: Account) -> dict[str, Any]:
    """See `lib/diagnosis/evidence.py`. account: the leading one.

    All numbers have five significant digits: the last ones differ between processors, and a
    picture shows fewer.
    """
    return {
        key: _five_digits(value)
        for key, value in {
            "seeds": seeds_of_lines(pair, account),
            "curves": curves(pair),
            "row_losses": row_losses(pair),
            "more_rows": more_rows(pair),
            "variance": variance(pair),
            "slices": slices(pair),
            "worst_rows": worst_rows(pair),
            "importance": importance(pair),
        }.items()
    }


def _five_digits(value: Any) -> Any:
    """All numbers that are no counts, deep down; what is not finite becomes None."""
    if isinstance(value, dict):
        return {key: _five_digits(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_five_digits(item) for item in value]
    if isinstance(value, float):
        return float(f"{value:.5g}") if math.isfinite(value) else None
    return value
