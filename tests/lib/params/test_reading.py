"""A params file as plain values: YAML 1.2, and what is refused in it."""

import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from stages.lib.core.errors import UserError
from stages.lib.params.reading import parse, read
from tests.conftest import ROOT


def value_of(text: str):
    """What stands for `text` in a file."""
    return parse(f"a: {text}\n".encode(), "params.yaml")["a"]


def refusal(text: str) -> str:
    """The one line that refuses a file."""
    with pytest.raises(UserError) as caught:
        parse(text.encode(), "params.yaml")
    assert str(caught.value).isprintable()
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001), ("1E5", 1e5), (".5", 0.5), ("1.", 1.0), ("-2e+3", -2000.0),
        ("010", 10), ("1_000", 1000), ("1:30", "1:30"), ("no", "no"), ("on", "on"), ("y", "y"),
        ("true", True), ("~", None), ("", None), ("0x1F", 31), ("0o17", 15),
        ("2020-01-01", "2020-01-01"), ("2001-12-14 21:59:43.1 -5", "2001-12-14 21:59:43.1 -5"),
        ("1.5.2", "1.5.2"), ("'-'", "-"), ("e5", "e5"), ("=", "="), ("<<", "<<"),
        ("'1'", "1"), ("[1, a]", [1, "a"]), ("{b: {c: null}}", {"b": {"c": None}}),
    ],
)  # fmt: skip
def test_yaml_1_2(text, value):
    found = value_of(text)
    assert found == value
    assert type(found) is type(value)


@given(number=st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_as_dvc_and_python_write_them(number):
    """DVC writes 1e-05, PyYAML 1.0e-05, Python repr() 1e-05: all come back as they were."""
    for text in (repr(number), yaml.safe_dump({"a": number})[3:].strip(), f"{number:.17E}"):
        assert value_of(text) == number


BOMB = "a: &a [x, x]\n" + "".join(
    f"{new}: &{new} [*{old}, *{old}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: [1]\nb: *x\n", "line 2: expected no YAML aliases"),
        ("a: 1\nb: &x [1]\nc: *x\n", "line 2: expected no YAML anchors"),
        ("a: 1\n&x b: 2\n", "line 2: expected no YAML anchors"),
        (BOMB, "line 1: expected no YAML anchors"),
        ("a: 1\na: 2\n", "line 2: expected each key once. Received: 'a' twice"),
        ("a: 1\n'a': 2\n", "line 2: expected each key once. Received: 'a' twice"),
        ("a: {b: 1, b: 2}\n", "line 1: expected each key once. Received: 'b' twice"),
        ("1: a\n", "line 1: expected text as a key. Received: '1'; put it in quotes"),
        ("a: 1\nnull: a\n", "line 2: expected text as a key. Received: 'null'"),
        ("a: {true: 1}\n", "line 1: expected text as a key. Received: 'true'"),
        ("[a, b]: 1\n", "line 1: expected text as a key. Received: a list or mapping"),
        ("? {a: 1}\n: 1\n", "line 1: expected text as a key. Received: a list or mapping"),
        ("- hunter2\n", "expected a mapping of sections. Received: a list"),
        ("hunter2", "expected a mapping of sections. Received: text"),
        ("a secret\nin two lines", "expected a mapping of sections. Received: text"),
        ("17", "expected a mapping of sections. Received: a number"),
        ("1.5", "expected a mapping of sections. Received: a number"),
        ("true", "expected a mapping of sections. Received: a truth value"),
        ("", "expected a mapping of sections. Received: an empty file"),
        (
            "a: 1\n---\nb: 2\n",
            "line 2: expected YAML. Received: expected a single document in the stream, but",
        ),
        ("a: 1\nb: [1\n", "line 3: expected YAML"),
        ("a: 1\n  b: 1\n", "line 2: expected YAML. Received: mapping values are not allowed here"),
        ("a: @\n", "found character '@' that cannot start any token"),
        ("a: -_\n", "expected YAML"),
        ("%YAML 1.1\n---\na: no\n", "line 2: expected YAML 1.2"),
        ("%YAML 7.x\n---\na: no\n", "line 1: expected YAML"),
        ("a: !!python/object/apply:os.system [true]\n", "line 1: expected no YAML tags"),
        ("a: !local x\n", "line 1: expected no YAML tags. Received: '!local'"),
        ("a: ! 1\n", "line 1: expected no YAML tags"),
        ("!!str a: 1\n", "line 1: expected no YAML tags"),
        ("a: !<x> 1\n", "line 1: expected no YAML tags"),
        ("a: !!int x\n", "line 1: expected no YAML tags"),
        ("a: " + "x" * 70_000, "at most 65536 bytes"),
        ("[" * 30_000, "line 1: expected at most 20 levels"),
        ("{a: " * 10_000, "line 1: expected at most 20 levels"),
        ("a: " + "[" * 400 + "]" * 400 + "\n", "line 1: expected at most 20 levels"),
        ("- " * 10_000, "line 1: expected at most 20 levels"),
        ("? " * 10_000, "line 1: expected at most 20 levels"),
        ("a: \x00", "expected YAML"),
    ],
)
def test_files_that_are_refused(text, words):
    assert words in refusal(text)


def test_depth_at_the_limit_is_read():
    text = "[" * 19 + "]" * 19
    assert json.dumps(value_of(text)) == text


def test_a_yaml_1_2_directive_is_read():
    assert parse(b"%YAML 1.2\n---\na: no\n", "params.yaml") == {"a": "no"}


def test_not_utf_8(tmp_path):
    (tmp_path / "params.yaml").write_bytes(b"a: \xff\xfe")
    with pytest.raises(UserError, match="expected YAML"):
        read(tmp_path / "params.yaml")


def test_a_missing_file(tmp_path):
    with pytest.raises(UserError, match=r"expected params\.yaml in the working directory"):
        read(tmp_path / "params.yaml")


@pytest.mark.parametrize("content", ["hunter2", "hunter2: 1", "'hunter2", "- hunter2"])
def test_nothing_is_told_of_a_file_to_which_a_link_leads(content, tmp_path, monkeypatch):
    (tmp_path / "secret").write_text(content)
    (tmp_path / "repository").mkdir()
    monkeypatch.chdir(tmp_path / "repository")
    (tmp_path / "repository/params.yaml").symlink_to("../secret")
    with pytest.raises(UserError) as caught:
        read()
    assert str(caught.value) == (
        "params.yaml: expected a file of this repository. Received: a link that leads elsewhere"
    )


def test_a_link_within_the_repository_is_read(tmp_path, monkeypatch):
    (tmp_path / "large.yaml").write_text("a: 1\n")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").symlink_to("large.yaml")
    assert read() == {"a": 1}


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("# AKIAIOSFODNN7EXAMPLE\na: 1", "line 1"),
        ("a: 1\nb: ghp_" + 36 * "x", "line 2"),
        ("a: |\n  -----BEGIN RSA PRIVATE KEY-----\n  x", "line 2"),
        ("a: https://me:hunter2@example.org/x", "line 1"),
    ],
)
def test_what_looks_like_a_secret_is_refused_and_not_repeated(text, place):
    assert refusal(text) == (
        f"params.yaml, {place}: expected no password or key here, where git keeps it; "
        "give it by the environment"
    )


@pytest.mark.parametrize(
    "tag",
    [
        "timestamp",
        "binary",
        "set",
        "omap",
        "python/object/apply:os.getcwd",
        "python/name:os.getcwd",
    ],
)
def test_only_plain_values_are_built(tag):
    assert "line 1: expected no YAML tags. Received: " in refusal(f"a: !!{tag} []\n")


def test_the_committed_file_is_what_dvc_reads():
    from dvc.utils.serialize import load_yaml

    assert read(ROOT / "params.yaml") == load_yaml(str(ROOT / "params.yaml"))
