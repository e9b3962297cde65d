"""Numbers as people write them: each is read as itself, or refused, and never as another."""

from pathlib import Path

import hypothesis
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.lib.core.errors import UserError
from stages.lib.tables.column import Column, column_of_text
from stages.lib.tables.delimited import DelimitedTable
from stages.lib.tables.written_numbers import (
    Notation,
    has_decimals,
    looks_grouped,
    odd_levels,
    units_of,
)
from tests.conftest import settings


def column(cells: list[str], **notation) -> Column:
    text = pa.chunked_array([pa.array(cells, pa.string()).dictionary_encode()])
    return column_of_text("a", text, Notation(**notation))


NAN = np.nan


@pytest.mark.parametrize(
    ("cells", "numbers", "how"),
    [
        (["1,234,567", "11,980"], [1234567, 11980], "commas between thousands"),
        (["1,234.5", "11,980"], [1234.5, 11980], "'1,234.5' is 1234.5"),
        (["12,34,567", "1,234"], [1234567, 1234], "commas"),  # as in India
        (["1,000+", "10,000+", "500+", "0"], [1000, 10000, 500, 0], "a + that is dropped"),
        (["1 234", "12 345"], [1234, 12345], "blanks between thousands"),
        (["−5", "7.5"], [-5, 7.5], "the sign − for minus"),
        (["1\u202f234", "1\u00a0234"], [1234, 1234], "blanks"),
        (["1'234", "2’345’678"], [1234, 2345678], "apostrophes"),
        (["$4.99", "$1,000.50", "0", "NA"], [4.99, 1000.5, 0, NAN], "a currency ($)"),
        (["-$5.20", "$-3", "+$1"], [-5.2, -3, 1], "currency"),
        (["5 €", "7,5 €"], None, ""),
        (["USD 5", "USD 7.5"], [5, 7.5], "USD"),
        (["1.3%", "20 %"], [1.3, 20], "a unit (%): '1.3%' is 1.3"),
        (["998 CC", "1197 CC", ""], [998, 1197, NAN], "a unit (CC)"),
        (["36 months", "60 months"], [36, 60], "months"),
        (["1.5e3 kg", "2 kg"], [1500, 2], "kg"),
        (["10 m²", "20 m²"], [10, 20], "m²"),
        (["20 °C", "-5 °C"], [20, -5], "°C"),
        (["19M", "201k", "1.5M", "7"], [19e6, 201e3, 1.5e6, 7], "K, M or B"),
        (["€565K", "€1.2M", "€0"], [565e3, 1.2e6, 0], "currency (€) and K"),
        (["26.6 km/kg", "19.67 km/kg"], [26.6, 19.67], "km/kg"),
        (["(1,234.5)", "$12.00", "0"], None, ""),
        (["($1,234.50)", "$12.00", "0"], [-1234.5, 12, 0], "currency"),
        (["(12)", "7"], [-12, 7], ""),
        (["Yes", "no", "YES", "NA"], [1, 0, 1, NAN], ""),
        (["Y", "N"], [1, 0], ""),
        (["t", "F"], [1, 0], ""),
    ],
)
def test_what_is_recognised(cells, numbers, how):
    found = column(cells)
    if numbers is None:
        assert found.numbers() is None
        return
    np.testing.assert_equal(found.numbers().tolist(), numbers)
    assert how in found.how
    assert found.text().fillna("").tolist() == [c.strip() for c in cells]


@pytest.mark.parametrize(
    "cells",
    [
        ["7 A", "8 B"], ["007 A", "008 A"], ["10:30", "11:30"], ["5-10", "10-20"], ["<5", ">100"],
        ["model 1", "model 2"], ["9 AM", "10 AM"], ["1.2.3", "1.2.4"], ["3 1/2", "4 1/2"],
        ["1,23,4", "5"], ["12,34", "5"], ["5 kg", "7 lb"], ["5 kg", "7"], ["$5", "€5"],
        ["1,234", "1'234"], ["2024-01-01", "2024-01-02"], ["+-5", "3"], ["--5 kg", "3 kg"],
        ["5%", "0.05"], ["1,234 567", "2"], ["16GB", "1TB"], ["yes", "true"], ["0,500", "1,200"],
        ["+49 171 123", "+49 17 1234"], ["4x4", "4x2"], ["1st", "2nd"],
    ],
)  # fmt: skip
def test_what_stays_text(cells):
    assert column(cells).numbers() is None


@pytest.mark.parametrize(
    ("cells", "notation", "keys"),
    [
        (["11,980", "22,127"], {}, ["thousands: comma", "as 11980", "decimal: comma as 11.980"]),
        (["1,197 CC", "998 CC"], {}, ["as 1197", "as 1.197"]),
        (["1,000", "2,000"], {}, ["as 1000", "as 1.000"]),
        (["1.234", "2.345"], {"decimal": ","}, ["point reads '1.234' as 1234", "none as 1.234"]),
        (["$1.990", "$2.500", "$7"], {}, ["point reads '$1.990' as 1990", "none as 1.990"]),
    ],
)
def test_several_readings_are_asked_about(cells, notation, keys):
    """Twelve or eleven thousand: the keys decide, and each of them gives what the line says."""
    if notation:  # plain numbers of a program, but not in a file of decimal commas
        assert column(cells).numbers().tolist() == [1.234, 2.345]
    found = column(cells, **notation)
    assert found.numbers() is None
    assert all(key in found.how for key in keys)
    with pytest.raises(UserError, match=r"data\.file\.thousands"):
        found.all_numbers("column 'a'", "numbers")


def test_keys_and_other_decimals_decide():
    cells = ["11,980", "22,127"]
    assert column(cells, thousands=",").numbers().tolist() == [11980, 22127]
    assert column(cells, decimal=",").numbers().tolist() == [11.98, 22.127]
    assert column(cells, decimal_is_certain=True).numbers().tolist() == [11980, 22127]
    assert column(cells, thousands="").numbers() is None
    assert column(["$1.990"], thousands="").numbers().tolist() == [1.99]
    assert column(["$1.990"], decimal=",", thousands=".").numbers().tolist() == [1990]
    assert column(["1.234,5", "1.234"], decimal=",").numbers().tolist() == [1234.5, 1234]


def test_words_for_a_gap():
    cells = ["1", "unknown", "2"]
    assert column(cells).numbers() is None
    found = column(cells, gaps=frozenset({"unknown"}))
    np.testing.assert_equal(found.numbers().tolist(), [1, NAN, 2])
    text = column(["a", "?", "b"], gaps=frozenset({"?"}))
    assert text.gaps.tolist() == [False, True, False]
    assert text.text().dropna().tolist() == ["a", "b"]


def test_texts_without_which_a_column_is_one_of_numbers():
    def odd(cells, **notation):
        return odd_levels(cells, Notation(**notation))

    assert odd(["19M", "8.7M", "201k", "varies"]) == ["varies"]
    assert odd(["1", "2.5", "3", "old", "NA"]) == ["old"]
    assert odd(["1,234,567", "3", "5", "n.d."]) == ["n.d."]
    assert odd(["a", "b", "c", "1", "2", "3", "d"]) == []
    assert odd(["1", "2"]) == odd(["1", "2", "3"]) == odd(["5 kg", "7 lb", "8 lb", "x"]) == []


def test_several_units():
    assert units_of(["5 kg", "7 lb", "8 lb", "0"]) == ["kg", "lb"]
    assert units_of(["26.6 km/kg", "19.67 kmpl"]) == ["km/kg", "kmpl"]
    assert units_of(["5 kg", "7 kg"]) == units_of(["a", "b"]) == units_of(["1A", "2B", "3C"]) == []


def test_decimals_that_cannot_be_thousands():
    assert (
        has_decimals(["5.1"], ".") and has_decimals(["0.500"], ".") and has_decimals(["$.5"], ".")
    )
    assert has_decimals(["19.63 kg"], ".") and has_decimals(["1,25"], ",")
    for cells in (["1.234"], ["01.02.2018"], ["5"], ["a.b"], ["1,5"], [""]):
        assert not has_decimals(cells, ".")


def test_plain_numbers_that_look_like_thousands():
    assert looks_grouped(["1.190", "998", "2.345", ""], ".")
    for cells in (
        ["1.197", "998", "2.345"],  # as a program shortens them
        ["1.190", "998.000", "2.345"],  # as one of fixed decimals writes them
        ["1.190", "99.5", "998"],
        ["1.190", "1998"],
        ["0.190", "998"],
        ["1.190", "old", "998"],
        ["998", "997"],
    ):
        assert not looks_grouped(cells, "."), cells


def test_a_file_of_such_numbers_is_asked_about(tmp_path):
    path = str(tmp_path / "t.csv")
    Path(path).write_text("a;b\n" + "1.190;x\n998;y\n2.345;x\n" * 5)
    wanted = (
        "column 'a'.*as between thousands; .*comma with data.file.thousands: point reads '1.190'"
    )
    source = DelimitedTable(path, settings().data.file)
    with pytest.raises(UserError, match=wanted):
        source.columns(["a"])
    assert list(source.columns(["b"])) == ["b"]
    for keys, first in (
        ({"data.file.thousands": "none"}, 1.19),
        ({"data.file.thousands": "point", "data.file.decimal": "comma"}, 1190),
    ):
        source = DelimitedTable(path, settings(**keys).data.file)
        assert source.columns(["a"])["a"].numbers()[0] == first


def test_a_file_with_both_marks_is_asked_about(tmp_path):
    """Points before decimals in one column, and commas in another: neither says of a third."""
    path = str(tmp_path / "t.csv")
    Path(path).write_text("a;b;c\n" + "1.5;2,25;11,980\n2.25;3,5;22,127\n")
    found = DelimitedTable(path, settings().data.file).columns(["c"])["c"]
    assert found.numbers() is None and "thousands: comma" in found.how
    Path(path).write_text("a;c\n1.5;11,980\n2.25;22,127\n")
    found = DelimitedTable(path, settings().data.file).columns(["c"])["c"]
    assert found.numbers().tolist() == [11980, 22127]


NUMBERS = st.lists(
    st.one_of(st.integers(-(10**9), 10**9), st.decimals(-(10**6), 10**6, places=2).map(float)),
    min_size=1,
    max_size=8,
)


@given(
    numbers=NUMBERS,
    mark=st.sampled_from([",", " ", "'", "\u202f"]),
    shape=st.sampled_from(["{}", "{} kg", "{}%", "${}", "{}€", "EUR {}", "{}+", "{}°C"]),
    certain=st.booleans(),
)
@hypothesis.settings(max_examples=150)
def test_grouped_numbers_read_back_or_are_refused(numbers, mark, shape, certain):
    cells = [shape.format(f"{number:,}".replace(",", mark)) for number in numbers]
    found = column(cells, decimal_is_certain=certain).numbers()
    if found is not None:
        np.testing.assert_allclose(found, np.array(numbers, dtype=float), rtol=1e-12)
    if certain and shape in ("{}", "{} kg", "{}%"):
        assert found is not None or (mark != "," and "," in "".join(cells))


@given(numbers=NUMBERS, grouped=st.booleans())
def test_decimal_commas_read_back_or_are_refused(numbers, grouped):
    """As Germany writes them, also under decimal: point, where they are no plain numbers."""
    swap = str.maketrans({",": ".", ".": ","})
    cells = [(f"{number:,}" if grouped else str(number)).translate(swap) for number in numbers]
    expected = np.array(numbers, dtype=float)
    found = column(cells, decimal=",").numbers()
    if found is not None:
        np.testing.assert_allclose(found, expected, rtol=1e-12)
    found = column(cells).numbers()
    if found is not None and not any("." in cell for cell in cells):
        np.testing.assert_allclose(found, expected, rtol=1e-12)


@given(
    cells=st.lists(
        st.text(st.sampled_from("0123456789.,' +-$%€kKMeE/:x\u00a0"), max_size=8), max_size=5
    ),
    decimal=st.sampled_from([".", ","]),
    thousands=st.sampled_from([None, "", ".", ",", " ", "'"]),
)
def test_any_cells_are_numbers_or_text(cells, decimal, thousands):
    hypothesis.assume(thousands != decimal)
    found = column(cells, decimal=decimal, thousands=thousands)
    assert len(found) == len(cells)
    written = [cell.strip() for cell in cells]
    assert found.text().fillna("").tolist() == written
