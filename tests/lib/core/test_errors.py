"""A mistake is one line: where, what was expected, what came, what to do."""

import pickle

import pytest

from stages.lib.core.errors import UserError, nearest, one_line, shown
from stages.lib.core.paths import written_file


@pytest.mark.parametrize(
    ("parts", "line"),
    [
        (("t.csv", "numbers"), "t.csv: expected numbers"),
        (("", "a commit", "'x'"), "expected a commit. Received: 'x'"),
        (("age", "a name", "none", "add one"), "age: expected a name. Received: none; add one"),
        (("age", "a name", "", "add one"), "age: expected a name; add one"),
        (("-S", "key=value,...", "'x'"), "-S: expected key=value,... Received: 'x'"),
    ],
)
def test_a_mistake_is_one_line(parts, line):
    assert str(UserError(*parts)) == line


def test_a_mistake_comes_whole_from_another_process():
    mistake = UserError("age", "a name", "none", "add one")
    assert str(pickle.loads(pickle.dumps(mistake))) == str(mistake)  # noqa: S301


def test_a_mistake_is_told_from_a_wider_place_and_with_a_further_hint():
    mistake = UserError("age", "a name", hint="add one").at("t.csv").with_hint("run it again")
    assert str(mistake) == "t.csv: age: expected a name; add one; run it again"


def test_a_missing_file_names_the_command_that_writes_it(tmp_path):
    with pytest.raises(UserError, match="expected this file to exist; run `dvc repro` first"):
        written_file(tmp_path / "x.json")


def test_another_librarys_error_is_one_line():
    assert one_line(ValueError("a\n  b " + "x" * 300), 5) == "a b x"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a\nb", r"'a\nb'"),
        (None, "None"),
        ("x" * 100, "'" + "x" * 76 + "..."),
    ],
)
def test_a_value_is_shown_on_one_short_line(value, text):
    assert shown(value) == text


def test_a_number_that_python_does_not_write_is_shown():
    assert shown(10**5000) == "thousands of digits"


def test_the_nearest_name():
    assert nearest("adamm", ["sgd", "adam"]) == "did you mean 'adam'?"
    assert nearest("zzz", ["sgd", "adam"]) == ""
