"""Columns that say which row it is."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tests.diagnose.checks.programs import SCALED, found
from tests.diagnose.tables import coin, table, untrained

STEPS = np.random.default_rng(5).integers(1, 9, 400).cumsum() + 1000.0


def finding_of(rng, name: str, cells, kept: tuple[str, ...] = (), **changes):
    rows = len(cells)
    made = table(coin(rng, rows), **{name: cells}, x=rng.standard_normal(rows))
    return found(untrained(replace(made, kept=kept), **SCALED, **changes)).get("identifying_column")


@pytest.mark.parametrize(
    ("name", "cells", "words"),
    [
        ("n", np.arange(400.0), "'n' counts the 400 rows"),
        ("n", np.random.default_rng(0).permutation(400) + 1.0, "'n' counts the 400 rows"),
        ("customer_id", np.arange(400.0) // 4 * 7, "named like an identifier, and has 100 numbers"),
        ("PatientID", 5000.0 - np.arange(400) // 2, "and has 200 numbers in 400 rows"),
    ],
)
def test_identifiers_are_errors_unless_they_are_named(rng, name, cells, words):
    finding = finding_of(rng, name, cells)
    assert words in finding.received and finding.severity == "error"
    assert finding.keys == ("data.file.groups", "data.file.ignore", "data.file.keep")
    assert finding_of(rng, name, cells, kept=(name,)).severity == "note"


@pytest.mark.parametrize("cells", [STEPS, STEPS[::-1].copy()])
def test_numbers_that_rise_with_the_rows_are_a_warning(rng, cells):
    finding = finding_of(rng, "ticket", cells)
    assert finding.severity == "warning"
    assert "'ticket' rises or falls from each row of the file to the next" in finding.received
    assert finding.keys == ("data.file.time", "data.file.ignore", "data.file.keep")
    assert finding_of(rng, "ticket", cells, kept=("ticket",)).severity == "note"


def test_rows_that_are_split_by_a_column_may_stand_in_order(rng):
    made = table(coin(rng), ticket=STEPS, x=rng.standard_normal(400))
    divided = replace(made, groups=pd.Series(np.arange(400) // 4, name="g"))
    assert "identifying_column" not in found(untrained(divided, **SCALED))


def test_text_that_most_rows_have_for_themselves(rng):
    cells = np.array([f"name {k}" for k in range(400)])
    finding = finding_of(rng, "name", cells, **{"normalize.max_categories": 5})
    assert finding.severity == "note" and "has 400 different texts in 400 rows" in finding.received


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("year", np.arange(400.0) + 1600),
        ("x1", np.arange(400.0) / 2),
        ("id", np.arange(400.0) % 9),
        ("sorted", np.sort(np.random.default_rng(0).integers(0, 9999, 400)).astype(float)),
        ("shuffled", np.random.default_rng(0).permutation(STEPS)),
        ("gaps", np.where(np.arange(400) == 390, np.nan, STEPS)),
        ("amount", STEPS + 0.5),
        ("grid", np.arange(400.0) // 2),
        ("customer_id", np.random.default_rng(0).normal(size=400)),
        ("word", np.array([f"level {k % 100}" for k in range(400)])),
    ],
)
def test_what_is_none(rng, name, cells):
    assert finding_of(rng, name, cells, **{"normalize.max_categories": 5}) is None
