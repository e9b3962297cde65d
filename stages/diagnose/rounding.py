"""Numbers as diagnosis.json has them."""

import math
from typing import Any

import numpy as np


def rounded(value: Any) -> Any:
    """All numbers rounded, deep down; what is not finite becomes None."""
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    return rounded_number(value) if isinstance(value, float) else value


def rounded_number(value: float) -> float | None:
    """Six decimals, or ten significant digits of a large number; p-values keep their size."""
    if not math.isfinite(value):
        return None
    if value != 0 and abs(value) < 1e-4:
        return float(f"{value:.3g}")
    return round(value, 6) if abs(value) < 1e4 else float(f"{value:.10g}")
