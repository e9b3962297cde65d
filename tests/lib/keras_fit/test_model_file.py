"""The file that train.model.file names."""

import json
from pathlib import Path

import pytest

from stages.lib.core.errors import UserError
from stages.lib.keras_fit.model import check_inputs, parse_model, read_model, text_of
from tests.lib.keras_fit.models import embedding


@pytest.fixture
def content() -> dict:
    return embedding().file.plain()


def refusal(content) -> str:
    with pytest.raises(UserError) as raised:
        parse_model(content, "data/programs/mine.json")
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_it_is_read_back(content, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("data/programs").mkdir(parents=True)
    file = embedding().file
    Path("data/programs/mine.json").write_text(text_of(file))
    assert read_model("data/programs/mine.json") == file
    for path in ("params.yaml", "/etc/passwd", "data/programs/../../x.json", "data/programs/no"):
        with pytest.raises(UserError, match=r"train\.model\.file"):
            read_model(path)


def test_inputs_are_the_models(content):
    other = json.loads(json.dumps(content))
    other["inputs"].reverse()
    assert "in its order: ['numbers', 'shop']" in refusal(other)
    other["inputs"] = other["inputs"][:1]
    assert "['shop']" in refusal(other)


def test_there_is_a_column_for_each_number(content):
    content["inputs"][0]["shape"] = [4]
    assert "expected 4 columns" in refusal(content)


@pytest.mark.parametrize(
    ("key", "value"),
    [("schema", 2), ("more", 1), ("inputs", []), ("inputs", None), ("model", None)],
)
def test_other_content_is_one_line(content, key, value):
    refusal(content | {key: value})


def test_text_is_no_input(content):
    content["inputs"][1]["dtype"] = "string"
    assert "dtype" in refusal(content)


def test_columns_are_those_of_the_table():
    file = embedding().file
    check_inputs(file, ["x0", "x1", "x2", "x3"])
    with pytest.raises(UserError, match=r"'x3' among the inputs; did you mean 'x30'\?"):
        check_inputs(file, ["x0", "x1", "x2", "x30"])
    with pytest.raises(UserError, match="'y' too"):
        check_inputs(file, ["x0", "x1", "x2", "x3", "y"])
