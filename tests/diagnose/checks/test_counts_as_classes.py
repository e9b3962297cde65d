"""Grades or counts that are taken for classes."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tests.diagnose.checks.programs import SCALED, found
from tests.diagnose.tables import table, untrained


def finding_of(shares: list[float], first: int = 0, auto: bool = True):
    counts = np.round(np.array(shares) / sum(shares) * 1000).astype(int)
    labels = pd.Series(np.repeat([str(first + k) for k in range(len(shares))], counts))
    made = table(labels, x=np.random.default_rng(0).standard_normal(len(labels)))
    return found(untrained(replace(made, auto_classes=auto), **SCALED)).get("counts_as_classes")


@pytest.mark.parametrize(
    "shares",
    [
        [1, 3, 7, 10, 7, 3, 1],  # grades
        [10, 8, 5, 3, 2, 1],  # counts
        [1, 2, 3, 5, 10],  # stars
    ],
)
def test_a_peak_with_a_thin_end(shares):
    finding = finding_of(shares)
    assert finding.received.startswith(f"whole numbers from 0 to {len(shares) - 1}, with ")
    assert (finding.severity, finding.keys) == ("error", ("data.file.task",))
    assert finding_of(shares, first=3, auto=False).severity == "note"


@pytest.mark.parametrize(
    "shares",
    [
        [1] * 10,  # digits
        [20, 28, 4, 0.5, 1, 2, 2],  # kinds of forest
        [70, 76, 17, 13, 9, 29],  # kinds of glass
        [1, 10, 1],
        [5, 6, 5, 6, 5, 6],
    ],
)
def test_codes_of_classes(shares):
    assert finding_of(shares) is None


def test_words_are_no_counts(rng):
    labels = pd.Series(np.repeat([*"abcdef"], [300, 200, 100, 50, 30, 20]))
    made = table(labels, x=rng.standard_normal(700))
    assert "counts_as_classes" not in found(untrained(made, **SCALED))
