"""A user's table: what its cells become, exactly."""

import datetime
import decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.lib.core.errors import UserError
from stages.lib.tables import table
from stages.lib.tables.dataset import Dataset
from tests.conftest import settings

ROWS = 40
Y = ["no", "yes"] * (ROWS // 2)


@pytest.fixture(autouse=True)
def workplace(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("data/inputs").mkdir(parents=True)


def load(path: str, **changes) -> Dataset:
    given_file = {"path": path, "target": "y", **changes}
    return table.load(settings(**{f"data.file.{k}": v for k, v in given_file.items()}).data.file)


def from_csv(text: str, **changes) -> Dataset:
    Path("data/inputs/t.csv").write_bytes(text.encode())
    return load("data/inputs/t.csv", **changes)


def column(cells: list[str], **changes) -> pd.Series:
    """One feature, repeated over the rows, as the table has it."""
    lines = [f"{cells[i % len(cells)]},{Y[i]}" for i in range(ROWS)]
    return from_csv("\n".join(["a,y", *lines]), **changes).features["a"]


def from_parquet(columns: dict, **changes) -> Dataset:
    pq.write_table(pa.table(columns), "data/inputs/t.parquet")
    return load("data/inputs/t.parquet", **changes)


def test_numbers_and_their_gaps():
    found = column(["1", " 2.5", "-3e2", "", "NA", "nan", ".5"])
    np.testing.assert_equal(found[:7].tolist(), [1, 2.5, -300, np.nan, np.nan, np.nan, 0.5])


def test_numbers_that_stand_for_a_gap():
    """In every column of numbers, by value and however they are written; text keeps its own."""
    found = column(["1", "-999", "-999.0", "-9.99e2", "99"], missing=[-999, 99.0])
    np.testing.assert_equal(found[:5].tolist(), [1, np.nan, np.nan, np.nan, np.nan])
    assert column(["1", "-999.0"], missing=["-999"]).isna().sum() == ROWS // 2
    codes = column(["007", "-999"], missing=[-999], categorical=["a"])
    assert codes[0] == "007" and codes.isna().sum() == ROWS // 2
    assert column([*"abcde", "-999"], missing=[-999])[5] == "-999"
    found = from_parquet({"a": [1, -999] * 20, "y": Y}, missing=[-999.0])
    assert found.features["a"].isna().sum() == ROWS // 2


def test_rows_without_a_target_are_left_out_and_counted(capsys):
    rows = "\n".join(f"{i},{-999 if i == 3 else ('' if i in (0, 8) else i)}" for i in range(30))
    found = from_csv(f"a,y\n{rows}\n,\n", missing=[-999])
    left = [i for i in range(30) if i not in (0, 3, 8)]
    assert found.features["a"].tolist() == found.targets["y"].tolist() == left
    assert found.rows_left_out == 4
    said = capsys.readouterr().out
    assert "4 of 31 rows left out, since they have no target ('y'), 1 of them empty" in said
    with pytest.raises(UserError, match="target 'y': expected a value in some row"):
        from_csv("a,y\n1,\n2,\n")


def test_messages_name_rows_of_the_file_when_some_are_left_out():
    lines = [f"{'1e300' if i == 9 else i},{'' if i < 3 else Y[i]},{i}" for i in range(ROWS)]
    text = "\n".join(["a,y,s", *lines])
    with pytest.raises(UserError, match=r"'a'.*1e\+300 in row 10"):
        from_csv(text)
    text = (
        text.replace("1e300", "9").replace("\n3,no,3\n", "\n3,no,\n").replace("9,yes,9", "9,yes,x")
    )
    with pytest.raises(UserError, match=r"weights 's'.*'x' in row 10"):
        from_csv(text, weights="s")
    found = from_csv(text.replace("yes,x", "yes,"), groups=None, ignore=["s"])
    assert found.rows_left_out == 3 and len(found.table) == ROWS - 3


def test_gaps_in_all_roles_go_with_the_target():
    lines = [f"{i},{Y[i]},{'train' if i < 30 else 'test'},{i % 5},{1 + i}" for i in range(ROWS)]
    text = "\n".join(["a,y,split,g,w", *lines[:7], ",,,,", *lines[7:]])
    assert from_csv(text, split="split").splits.tolist().count("train") == 30
    assert from_csv(text, split="split").splits.index[7] == 8
    found = from_csv(text, groups="g", weights="w", ignore=["split"])
    assert found.groups.tolist() == [i % 5 for i in range(ROWS)]
    assert found.table["w"].tolist() == [1.0 + i for i in range(ROWS)]
    assert found.table.index.equals(pd.RangeIndex(ROWS))
    assert from_csv(text, time="w", ignore=["split"]).time.tolist() == list(range(ROWS))


def test_a_footer_leaves_no_trace():
    """Once its row is gone, for want of a target, a column of numbers is one."""
    rows = [f"{i % 5},{i / 4},x{i % 3},{y}" for i, y in enumerate(Y)]
    found = from_csv("\n".join(["a,b,c,y", *rows, "Total,123,,", "* estimated,,other,"]))
    assert found.features["a"].tolist() == [i % 5 for i in range(ROWS)]
    assert found.features["b"].tolist() == [i / 4 for i in range(ROWS)]
    assert sorted(found.features["c"].cat.categories) == ["x0", "x1", "x2"]
    assert found.rows_left_out == 2
    kept = from_csv("\n".join(["a,b,c,y", *rows, ",,,"]), categorical=["a"]).features["a"]
    assert sorted(kept.cat.categories) == [*"01234"]


def test_an_empty_column_is_left_out():
    lines = [f"{i},,{y}" for i, y in enumerate(Y)]
    found = from_csv("\n".join(["a,b,y", *lines]), categorical=["b"])
    assert found.left_out == {"b": "every cell is empty"}
    assert found.lines[1].notes[0].text == "left out, since every cell is empty"


def test_text_is_kept_as_written():
    found = column(["NA", "None", "", " US "])
    assert found[:4].isna().tolist() == [False, False, True, False]
    assert found[[0, 1, 3]].tolist() == ["NA", "None", "US"]


def test_leading_zeros_of_a_category_stay():
    assert column(["007", "7"], categorical=["a"])[:2].tolist() == ["007", "7"]
    assert column(["007", "7"])[:2].tolist() == [7, 7]


def notes_of(found: Dataset, name: str) -> str:
    [line] = [line for line in found.lines if line.name == name]
    return "; ".join(note.text for note in line.notes)


def test_numbers_written_or_named_as_codes_are_said_to_be_numbers():
    rows = "".join(f"{k % 9:03},{k % 7},{k % 5},{k % 9}.5,{k % 2}\n" for k in range(40))
    text = f"county,station_id,grade,zip,y\n{rows}"
    found = from_csv(text)
    assert found.features["county"].tolist()[:3] == [0.0, 1.0, 2.0]
    assert notes_of(found, "county") == (
        "leading zeros are dropped: '000' is 0; data.file.categorical keeps the text"
    )
    assert "named like a code, taken for a number; data.file.categorical" in notes_of(
        found, "station_id"
    )
    assert notes_of(found, "grade") == notes_of(found, "zip") == ""
    as_text = from_csv(text, categorical=["county", "station_id"])
    assert as_text.features["county"].tolist()[:3] == ["000", "001", "002"]
    assert notes_of(as_text, "county") == notes_of(as_text, "station_id") == ""
    assert notes_of(from_csv(text, keep=["station_id"]), "station_id") == ""


def test_where_nothing_is_left_the_key_that_keeps_it_is_named():
    rows = "".join(f"{7 * k},2024-01-{k % 28 + 1:02},{k % 2}\n" for k in range(40))
    for ignore, key in (("day", "data.file.keep keeps it"), ("id", "data.file.dates takes parts")):
        with pytest.raises(UserError, match=rf"no column beside the target, after.*{key}"):
            from_csv(f"id,day,y\n{rows}", ignore=[ignore])


def test_a_line_of_units_is_named_with_its_key():
    text = "size,place,y\nmm,-,c\n1,a,no\n2,b,yes\n3,a,no\n4,b,yes\n"
    with pytest.raises(
        UserError, match=r"'mm' in row 1; a line of types or units below the names\?.*missing"
    ):
        from_csv(text)
    assert from_csv(text, missing=["mm", "c"]).features["size"].tolist() == [1, 2, 3, 4]


def test_units_are_asked_for_only_where_the_rest_is_numbers():
    with pytest.raises(UserError) as error:
        column(["old", "5", "6"])
    assert "types or units" not in str(error.value)


def test_all_texts_among_numbers_are_named_at_once():
    words = ["[98]", "7", "BC", "[98]", "[145]", "8", "x", "y", "z"]
    rows = "".join(f"{k},{words[k % 9]},{words[(k + 1) % 9]},{k % 2}\n" for k in range(36))
    with pytest.raises(UserError) as error:
        from_csv(f"a,b,c,y\n{rows}")
    assert str(error.value) == (
        "column 'b': expected numbers (digits, a point, an exponent), as in most of its rows. "
        "Received: '[98]' in row 1, and 5 more: 'BC', '[145]', 'x', 'y', ...; mend them, name them "
        "in data.file.missing as gaps, or name the column in data.file.categorical or "
        "data.file.ignore; so in 'c'"
    )
    found = from_csv(f"a,b,c,y\n{rows}", missing=["[98]", "[145]", "BC", "x", "y", "z"])
    np.testing.assert_array_equal(found.features["b"][:3], [np.nan, 7, np.nan])


@pytest.mark.parametrize("word", ["#DIV/0!", "#VALUE!", "n.a.", "—", "–"])
def test_words_for_a_gap_among_numbers(word):
    np.testing.assert_array_equal(column([word, "5"])[:2], [np.nan, 5])
    assert column([word, "low"])[:2].tolist() == [word, "low"]


@pytest.mark.parametrize("cell", ["1.234,50 €", "3,5", ",5", "1\u00a0234,5", "-2,25 %"])
def test_decimal_commas_are_named_with_their_key(cell):
    with pytest.raises(UserError, match=r"row 1; a decimal comma is data.file.decimal: comma"):
        column([f'"{cell}"', "7", "8"])


def test_days_in_digits_are_asked_for():
    rows = "".join(f"202401{k % 28 + 1:02},2024{k % 28 + 1:02}01,{k % 2}\n" for k in range(40))
    found = from_csv(f"day,other,y\n{rows}")  # 20241301 is no day
    assert "dates such as 20241231? data.file.dates" in notes_of(found, "day")
    assert notes_of(found, "other") == ""
    parts = from_csv(f"day,other,y\n{rows}", dates={"day": ["day"]})
    assert parts.features["day day"].tolist()[:3] == [1, 2, 3]


def test_truth_values_are_zero_and_one():
    assert column(["true", "FALSE", ""])[:2].tolist() == [1, 0]


def test_quotes_newlines_unicode_and_a_byte_order_mark():
    rows = "\r\n".join(f'"Oslo, ""O""\n",{i},{y}' for i, y in enumerate(Y))
    found = from_csv("\ufeff<b>'città'</b>,n,y\r\n" + rows)
    assert found.features.columns.tolist() == ["<b>'città'</b>", "n"]
    assert found.features.iloc[0, 0] == 'Oslo, "O"'


@pytest.mark.parametrize(
    ("labels", "task", "classes"),
    [
        (["1", "2", "10"], "multiclass", ("1", "2", "10")),
        (["-1", "1"], "binary", ("-1", "1")),
        (["True", "False"], "binary", ("False", "True")),
        (["b", "a", "NA"], "multiclass", ("NA", "a", "b")),
        (["0", "1.0", "1"], "binary", ("0", "1.0")),
    ],
)
def test_classes(labels, task, classes):
    lines = [f"{i},{labels[i % len(labels)]}" for i in range(ROWS)]
    found = from_csv("\n".join(["a,y", *lines]))
    assert (found.kind.name, found.classes) == (task, classes)
    assert set(found.targets["y"]) == set(classes)


def test_yes_and_no_are_numbers_as_a_feature_and_words_as_a_target():
    rows = [f"{['Yes', 'no', 'NA', ''][i % 4]},{['no', 'yes', 'NA'][i % 3]}" for i in range(ROWS)]
    found = from_csv("\n".join(["a,y", *rows]))
    assert found.classes == ("no", "yes") and found.rows_left_out == ROWS // 3
    np.testing.assert_equal(found.features["a"][:3].tolist(), [1, 0, np.nan])
    with pytest.raises(UserError, match="numbers for a regression"):
        from_csv("\n".join(["a,y", *rows]), task="regression")


def test_auto_takes_many_numbers_for_a_regression(capsys):
    found = from_csv("\n".join(["a,y", *(f"{i},{i}" for i in range(ROWS))]))
    assert found.kind.is_regression
    assert found.targets["y"].tolist() == list(range(ROWS))
    assert "since it holds 40 different numbers" in capsys.readouterr().out


def test_labels_are_zero_and_one(capsys):
    rows = [f"{i},{i % 2},{'yn'[i % 3 == 0]},{['TRUE', 'false'][i % 2]}" for i in range(ROWS)]
    found = from_csv("\n".join(["a,odd,third,even", *rows]), target=["odd", "third", "even"])
    assert (found.kind.name, found.classes) == ("multilabel", ("odd", "third", "even"))
    assert found.features.columns.tolist() == ["a"]
    assert found.targets[:4].to_numpy().tolist() == [[0, 0, 1], [1, 1, 0], [0, 1, 1], [1, 0, 0]]
    said = capsys.readouterr().out
    assert "takes 'odd', 'third', 'even' for multilabel, since each of them holds two" in said
    assert "target 'third': 'y' has the label, 'n' has not" in said
    assert "'odd':" not in said and "'even':" not in said


def test_numbers_that_stand_for_a_label(capsys):
    rows = [f"{i},{1 + i % 2},{-1.0 if i % 3 else 1}" for i in range(ROWS)]
    found = from_csv("\n".join(["a,b,c", *rows]), target=["b", "c"])
    assert found.targets[:3].to_numpy().tolist() == [[0, 1], [1, 0], [0, 0]]
    assert "target 'b': 2 has the label, 1 has not" in capsys.readouterr().out


def test_several_numbers_are_a_regression(capsys):
    rows = [f"{i},{i},{i / 7}" for i in range(ROWS)]
    found = from_csv("\n".join(["a,b,c", *rows]), target=["c", "b"])
    assert (found.kind.name, found.classes) == ("regression", ())
    assert found.targets.columns.tolist() == ["c", "b"]
    assert "for regression, since all of them hold numbers" in capsys.readouterr().out
    # and two-valued ones are, if the task says so
    rows = [f"{i},{i % 2},{i / 7}" for i in range(ROWS)]
    found = from_csv("\n".join(["a,b,c", *rows]), target=["c", "b"], task="regression")
    assert found.kind.is_regression


def test_a_list_of_one_is_that_target():
    rows = "\n".join(["a,y", *(f"{i},{y}" for i, y in enumerate(Y))])
    one, alone = from_csv(rows, target=["y"]), from_csv(rows)
    assert (
        (one.kind.name, one.classes)
        == (alone.kind.name, alone.classes)
        == ("binary", ("no", "yes"))
    )
    assert one.targets.equals(alone.targets)


def test_parquet_types():
    values = [1, 2, 3, None] * (ROWS // 4)
    found = from_parquet(
        {
            "int8": pa.array(values, pa.int8()),
            "float32": pa.array([None if v is None else v / 10 for v in values], pa.float32()),
            "decimal": pa.array([None if v is None else decimal.Decimal(v) for v in values]),
            "bool": pa.array([True, False] * (ROWS // 2)),
            "dictionary": pa.array(["u", "v"] * (ROWS // 2)).dictionary_encode(),
            "large": pa.array(["", "p", None, "q"] * (ROWS // 4), pa.large_string()),
            "y": pa.array(Y),
        }
    ).features
    for name in ("int8", "float32", "decimal"):
        scale = 10 if name == "float32" else 1
        np.testing.assert_allclose(found[name][:4] * scale, [1, 2, 3, np.nan])
    assert found["bool"][:2].tolist() == [1, 0]
    assert found["dictionary"][:2].tolist() == ["u", "v"]
    # An empty text is a gap, as in a CSV.
    assert found["large"].isna()[:4].tolist() == [True, False, True, False]


def test_float32_classes_keep_their_names():
    labels = pa.array([0.1, 0.2] * (ROWS // 2), pa.float32())
    found = from_parquet({"a": list(range(ROWS)), "y": labels}, task="binary")
    assert found.classes == ("0.1", "0.2")


def test_a_pandas_index_is_a_column_like_any_other():
    frame = pd.DataFrame({"a": range(ROWS), "y": Y}, index=pd.Index(["x", "z"] * 20, name="city"))
    frame.to_parquet("data/inputs/t.parquet")
    assert load("data/inputs/t.parquet").features.columns.tolist() == ["a", "city"]


@pytest.mark.parametrize(
    "odd",
    [
        [[1, 2]] * ROWS,
        [{"a": 1}] * ROWS,
        [datetime.timedelta(1)] * ROWS,
        [b"x"] * ROWS,
    ],
)
@pytest.mark.parametrize("name", ["odd", "y"])
def test_parquet_types_that_are_refused(odd, name):
    columns = {"a": list(range(ROWS)), "y": Y} | {name: odd}
    with pytest.raises(UserError, match=f"column '{name}': expected numbers, truth values or text"):
        from_parquet(columns)


def test_a_twin_of_the_target_in_another_normal_form():
    header = "e\u0301,\u00e9\n"
    with pytest.raises(UserError, match="no feature of the target's name"):
        from_csv(header + "\n".join(f"{i},{y}" for i, y in enumerate(Y)), target="\u00e9")


def test_inputs_may_not_be_a_link_out_of_the_repository(tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside")
    (outside / "t.csv").write_text("a,y\n1,no\n")
    Path("data/inputs").rmdir()
    Path("data/inputs").symlink_to(outside)
    with pytest.raises(UserError, match="below data/inputs/"):
        load("data/inputs/t.csv")


CELL = st.one_of(
    st.text(max_size=6),
    st.floats().map(str),
    st.integers().map(str),
    st.sampled_from(["", "NA", "1,5", "=1+1", "<script>", '"', "true", "1e308", "inf", "-"]),
)


@pytest.mark.in_turn
@given(
    cells=st.lists(st.tuples(CELL, CELL), min_size=0, max_size=30),
    task=st.sampled_from(["auto", "binary", "multiclass", "multilabel", "regression"]),
    header=st.sampled_from([("a", "y"), ("<b>", "y"), ("y ", "y"), ("", "y"), ("a\n", "y")]),
    several=st.booleans(),
)
def test_any_table_is_read_or_refused_in_one_line(cells, task, header, several):
    frame = pd.DataFrame(cells, columns=header)
    frame["more"] = range(len(frame))
    frame.to_csv("data/inputs/t.csv", index=False)
    target = list(header) if several else "y"
    try:
        found = load("data/inputs/t.csv", task=task, target=target)
    except UserError as error:
        assert str(error)
        return
    assert len(found.features) == len(found.targets)
    assert found.targets.notna().all(axis=None)
    numbers = found.features.select_dtypes("number")
    assert not np.isinf(numbers.to_numpy(dtype=float)).any()
    if found.kind.has_labels:
        assert found.classes == tuple(found.targets) == tuple(target)
        assert found.targets.isin([0, 1]).all(axis=None)
    elif found.kind.has_classes:
        assert set(found.targets["y"]) == set(found.classes)


@pytest.mark.in_turn
@given(content=st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(content):
    for suffix in (".csv", ".parquet"):
        Path(f"data/inputs/t{suffix}").write_bytes(content)
        with pytest.raises(UserError):
            load(f"data/inputs/t{suffix}")


def test_a_split_column_is_no_feature():
    cells = ["train", "validation", "test"] * 20
    lines = [f"{i},{cells[i]},{Y[i]}" for i in range(ROWS)]
    found = from_csv("\n".join(["a,part,y", *lines]), split="part")
    assert list(found.features) == ["a"]
    assert found.splits.tolist() == cells[:ROWS]
    for name, said in (("parts", "'parts'"), ("y", "the target")):
        with pytest.raises(UserError, match=said):
            load("data/inputs/t.csv", split=name)


@pytest.mark.parametrize("key", ["groups", "time"])
def test_numbers_that_float64_cannot_tell_apart_divide_no_rows(key):
    lines = [f"{i},{2**60 + i},{Y[i]}" for i in range(ROWS)]
    with pytest.raises(UserError, match=r"column 'w': expected whole numbers below 2\^53.* row 1"):
        from_csv("\n".join(["a,w,y", *lines]), **{key: "w"})


def test_nor_are_they_categories_of_a_parquet_table():
    numbers = [2**60 + i % 3 for i in range(ROWS)]
    with pytest.raises(UserError, match=r"column 'c': expected whole numbers below 2\^53"):
        from_parquet({"a": range(ROWS), "c": numbers, "y": Y}, categorical=["c"])


def dated(cells: list, **changes) -> Dataset:
    """A CSV whose column `when` holds these cells, over and over."""
    lines = [f"{i},{cells[i % len(cells)]},{Y[i]}" for i in range(ROWS)]
    return from_csv("\n".join(["a,when,y", *lines]), **changes)


def test_groups_are_no_feature_and_numbers_are_equal_however_written():
    found = dated(["7", "7.0", "07", "8"], groups="when")
    assert found.features.columns.tolist() == ["a"]
    assert found.groups[:4].tolist() == [0, 0, 0, 1]
    assert found.table.columns.tolist() == ["a", "y", "when"]
    assert dated(["p1", "p2", "P1"], groups="when").groups[:3].tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("cells", "ranks"),
    [
        (["3", "-1", "2.5", "3"], [2, 0, 1, 2]),
        (["2024-01-03", "2024-01-02T12:00", "2024-01-02 12:00:00+02:00"], [2, 1, 0]),
        (["13/02/2024", "01/03/2024", "02/01/2024"], [1, 2, 0]),
        (["02/13/2024", "03/01/2024", "01/02/2024"], [1, 2, 0]),
        (["5 Feb 2024", "4 Feb 2024", "7 Jan 2024"], [2, 1, 0]),
    ],
)
def test_time_is_numbers_or_dates(cells, ranks, capsys):
    found = dated(cells, time="when")
    assert found.features.columns.tolist() == ["a"] and found.table.columns.tolist() == ["a", "y"]
    assert found.time[: len(cells)].tolist() == ranks
    assert ("'when' runs from 2024-0" in capsys.readouterr().out) == (cells[0] != "3")


@pytest.mark.parametrize("key", ["groups", "time"])
def test_parquet_dates_divide_the_rows(key):
    when = [datetime.datetime(2024, 1, 1 + i % 3, tzinfo=datetime.UTC) for i in range(ROWS)]
    for cells in (when, [one.date() for one in when]):
        found = from_parquet({"a": range(ROWS), "when": cells, "y": Y}, **{key: "when"})
        assert getattr(found, key)[:4].tolist() == [0, 1, 2, 0]
        assert not found.left_out
        assert list(from_parquet({"a": range(ROWS), "when": cells, "y": Y}).left_out) == ["when"]


def test_a_table_of_no_rows_has_no_time():
    types = {"a": pa.int8(), "when": pa.date32(), "y": pa.string()}
    with pytest.raises(UserError, match="Received: no rows"):
        from_parquet({name: pa.array([], kind) for name, kind in types.items()}, time="when")


@pytest.mark.parametrize(
    ("cells", "key", "words"),
    [
        (["p", ""], "groups", "column 'when': expected a group in every row. Received: 20 empty"),
        (["2024-01-01", ""], "time", "expected a number or a date in every row. Received: 20 emp"),
        (["2024-01-01", "now"], "time", "dates of one format, .* Received: 'now' in row 2"),
        (["today"], "time", "Received: 'today' in row 1"),
        (["1", "x", "2", "3"], "time", "expected numbers, .* Received: 'x' in row 2"),
        (["01/02/2024", "13/02/2024", "02/31/2024"], "time", "Received: '.*' in row [23]"),
        (["01/02/2024"], "time", "dates that tell the day from the month"),
    ],
)
def test_columns_that_divide_no_rows(cells, key, words):
    with pytest.raises(UserError, match=words):
        dated(cells, **{key: "when"})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"groups": "a", "time": "b"}, "one of split, groups and time .*Received: groups and time"),
        ({"split": "a", "groups": "a"}, "one of split, groups and time .*Received: split and gro"),
        ({"groups": "whn"}, "data.file.groups: expected a column .*did you mean 'when'"),
        ({"time": "y"}, "data.file.time: expected a column of its own. Received: the target"),
        ({"groups": "when", "ignore": ["when"]}, "Received: an ignored column, 'when'"),
    ],
)
def test_one_column_of_its_own_divides_the_rows(changes, words):
    with pytest.raises(UserError, match=words):
        dated(["1", "2", "3"], **changes)


WEIGHTS = ["0", "2.5", "1e3", "1"]


def weighted(cells: list[str], **changes) -> Dataset:
    lines = [f"{i % 7},{Y[i]},{cells[i % len(cells)]}" for i in range(ROWS)]
    return from_csv("\n".join(["a,y,w", *lines]), **({"weights": "w"} | changes))


def test_weights_are_no_feature():
    found = weighted(WEIGHTS)
    assert list(found.features) == ["a"]
    assert found.weights[:4].tolist() == [0.0, 2.5, 1000.0, 1.0]
    assert list(found.table) == ["a", "y", "w"]


@pytest.mark.parametrize(("key", "beside"), [("groups", ["g"]), ("time", [])])
def test_weights_beside_what_divides_the_rows(key, beside):
    """A different whole number in every row, under an identifier's name, is a weight if asked."""
    lines = [f"{i % 7},{Y[i]},{i + 1},{i // 4}" for i in range(ROWS)]
    found = from_csv("\n".join(["a,y,id,g", *lines]), weights="id", **{key: "g"})
    assert not found.left_out
    assert getattr(found, key)[:5].tolist() == [0, 0, 0, 0, 1]
    assert found.weights[:2].tolist() == [1.0, 2.0]
    assert list(found.table) == ["a", "y", *beside, "id"]


@pytest.mark.parametrize(
    ("cells", "changes", "words"),
    [
        (WEIGHTS, {"weights": "ww"}, "data.file.weights: .*'ww'; did you mean 'w'"),
        (WEIGHTS, {"ignore": ["w"]}, "a column of its own. Received: an ignored column, 'w'"),
        (WEIGHTS, {"weights": "y"}, "a column of its own. Received: the target, 'y'"),
        (WEIGHTS, {"split": "w"}, "a column of its own. Received: the column of splits, 'w'"),
        (WEIGHTS, {"groups": "w"}, "a column of its own. Received: the groups, 'w'"),
        (["1", ""], {}, "weights 'w': .* in every row. Received: an empty cell in row 2"),
        (["1", "2", "-0.5"], {}, "weights 'w': expected 0, or a number .*Received: -0.5 in row 3"),
        (["1", "1", "1", "many"], {}, "weights 'w': .*Received: 'many' in row 4"),
        (["1", "inf"], {}, "weights 'w': .*inf in row 2"),
        (["1e-320"], {}, "weights 'w': .*9.99989e-321 in row 1"),
        (["1", "1e300"], {}, "weights 'w': .*1e[+]300 in row 2"),
    ],
)
def test_what_is_no_weight_is_a_line(cells, changes, words):
    with pytest.raises(UserError, match=words):
        weighted(cells, **changes)
