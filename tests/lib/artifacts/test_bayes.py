"""The Bayes loss row by row, as generate writes it and the diagnosis reads it."""

import numpy as np
import pandas as pd
import pytest

from stages.lib.artifacts.bayes import bayes_table, read_bayes
from stages.lib.core.errors import UserError
from stages.lib.core.parquet_files import write_table
from tests.cards import card_of

HALF = {"value": 0.5, "standard_error": 0.0}
FLOOR = {"kind": "exact", "population": HALF, "train": HALF, "validation": HALF, "test": HALF}
CARD = card_of(rows={"train": 3, "validation": 1, "test": 2}, floor=FLOOR)
LOSSES = {"train": [0.1, 0.2, 0.3], "validation": [0.4], "test": [0.5, 0.0]}


def written(path, losses) -> str:
    write_table(path, bayes_table({name: np.array(part) for name, part in losses.items()}))
    return str(path)


def test_what_was_written_is_read(tmp_path):
    read = read_bayes(written(tmp_path / "bayes.parquet", LOSSES), CARD)
    assert {split: losses.tolist() for split, losses in read.items()} == LOSSES
    assert all(losses.dtype == "float64" for losses in read.values())


def test_without_a_law_there_are_no_rows(tmp_path):
    path = written(tmp_path / "bayes.parquet", {})
    assert pd.read_parquet(path).empty
    assert read_bayes(path, card_of()) is None


@pytest.mark.parametrize(
    ("losses", "card", "words"),
    [
        ({}, CARD, "expected 6 rows, as in card.json. Received: 0"),
        (LOSSES, card_of(), "expected 0 rows, as in card.json. Received: 6"),
        (dict(reversed(LOSSES.items())), CARD, "train, validation, test, in this order"),
        (LOSSES | {"test": [0.5, np.nan]}, CARD, "finite losses from 0 on"),
        (LOSSES | {"test": [0.5, -0.1]}, CARD, "finite losses from 0 on"),
    ],
)
def test_another_file_is_one_line(losses, card, words, tmp_path):
    path = written(tmp_path / "bayes.parquet", losses)
    with pytest.raises(UserError, match=words) as mistake:
        read_bayes(path, card)
    assert "\n" not in str(mistake.value)


def test_other_columns_are_one_line(tmp_path):
    path = tmp_path / "bayes.parquet"
    write_table(path, pd.DataFrame({"split": ["train"], "loss": ["low"]}))
    with pytest.raises(UserError, match="column 'loss': expected numbers"):
        read_bayes(str(path), CARD)
