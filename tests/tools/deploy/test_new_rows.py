"""What is said of new rows, each count known."""

import numpy as np
import pandas as pd
import pytest

from stages.lib.core.errors import UserError
from stages.lib.transforms.state import CategoricalColumn, NormalizationState, NumericColumn
from stages.tools.deploy.new_rows import notes
from stages.tools.deploy.reading import named_as_options


def state(**changes) -> NormalizationState:
    """A number and a text. changes: of the text."""
    size = NumericColumn(
        name="size", kind="numeric", missing=3.5, transform="none", state={}, indicator=False
    )
    text = {"encoding": "one_hot", "categories": ["a", "b"], "indicator": False, **changes}
    town = CategoricalColumn(name="town", kind="categorical", **text)
    return NormalizationState(
        version=1, task_name="binary", classes=["no", "yes"], columns=[size, town],
        inputs=[*size.inputs, *town.inputs], targets=[{"name": "y"}],
    )  # fmt: skip


ROWS = pd.DataFrame(
    {
        "size": [1.0, np.nan, -999, -999, 40, 12],
        "town": pd.Series(["a", None, "c", "c", "d", "b"], dtype="str"),
    }
)


def test_gaps_levels_and_numbers_far_outside_are_counted():
    assert notes(state(), ROWS, {"size": (0.0, 15.0)}) == [
        "  'size': 1 gap, filled with 3.5; 3 rows far outside training's 0 to 15, as -999: a gap? "
        "--missing=-999",
        "  'town': 1 gap, taken for no level; 3 rows of levels that training had not, taken for no "
        "level ('c', 'd')",
    ]


def test_a_pool_takes_what_is_new():
    said = notes(state(infrequent=2), ROWS, {})
    assert "3 rows of levels that training had not, or pooled, taken for its rare ones" in said[1]
    assert "outside" not in said[0]


def test_of_usual_rows_nothing_is_said():
    usual = ROWS.iloc[[0, 5]]
    assert notes(state(), usual, {"size": (0.0, 15.0)}) == []
    # Within a range of the training's is not far, nor is anything of a constant.
    assert notes(state(), usual, {"size": (2.0, 7.0)}) == []
    assert notes(state(), usual, {"size": (2.0, 2.0)}) == []


def test_columns_that_normalize_left_out_are_not_spoken_of():
    found = state()
    dropped = found.columns[0].model_copy(update={"transform": "drop"})
    found = found.model_copy(update={"columns": [dropped, found.columns[1]]})
    assert [line.split(":")[0] for line in notes(found, ROWS, {})] == ["  'town'"]


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (
            "data.file.skip_rows: 2 takes those; data.file.header: true takes the first",
            "--skip-rows=2 takes those; --header=true takes the first",
        ),
        ("a decimal comma is data.file.decimal: comma", "a decimal comma is --decimal=comma"),
        ("data.file.day_first says which it is", "--day-first says which it is"),
        ("name it in data.file.categorical", "name it in data.file.categorical"),
    ],
)
def test_mistakes_name_the_options(message, said):
    with pytest.raises(UserError) as error, named_as_options():
        raise UserError("params.yaml: data.file.decimal", "x", "y", message)
    assert str(error.value) == f"--decimal: expected x. Received: y; {said}"
