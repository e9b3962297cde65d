"""params.yaml: what it accepts, and what it says when it does not."""

import re

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from stages.generate.bundled import BUNDLED
from stages.generate.scenarios import SCENARIOS
from stages.lib import params
from stages.lib.core.files import UserError
from stages.lib.mlp.contract import ENCODINGS
from stages.lib.mlp.optimizers import OPTIMIZERS
from stages.lib.mlp.schedules import SCHEDULES
from stages.lib.transforms.columns import TRANSFORMS
from tests.conftest import ROOT, settings

TEXT = (ROOT / "params.yaml").read_text()


def read(text: str, tmp_path) -> dict:
    file = tmp_path / "params.yaml"
    file.write_text(text)
    return params.read(file)


def leaves(model: type[BaseModel], prefix: str = "") -> list[str]:
    found = []
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, params.Section):
            is_value = inner is params.Initializer
            found += [prefix + name] if is_value else leaves(inner, f"{prefix}{name}.")
        else:
            found.append(prefix + name)
    return found


def test_every_key_of_the_schema_stands_in_params_yaml_with_a_comment():
    lines = {}
    path: list[tuple[int, str]] = []
    for line in TEXT.splitlines():
        match = re.match(r"^( *)(\w+):(.*)$", line)
        if match:
            depth = len(match[1])
            path = [one for one in path if one[0] < depth] + [(depth, match[2])]
            lines[".".join(name for _, name in path)] = match[3]
    for key in leaves(params.Params):
        assert key in lines, key
        assert "# " in lines[key], f"{key} has no comment"


def test_comments_name_every_entry_of_the_tables():
    for table in (SCENARIOS, BUNDLED, TRANSFORMS, OPTIMIZERS, SCHEDULES, ENCODINGS):
        for name in table:
            assert re.search(rf"#.*\b{name}\b", TEXT), name


def test_committed_params_are_valid_and_the_stated_default():
    given_params = settings()
    assert given_params.data.synthetic.scenario == "income"
    assert given_params.normalize.features == "none"
    assert given_params.train.optimizer == "adam"
    assert given_params.train.learning_rate == 0.001


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001), ("1E5", 1e5), (".5", 0.5), ("1.", 1.0), ("-2e+3", -2000.0),
        ("010", 10), ("1_000", 1000), ("1:30", "1:30"), ("no", "no"), ("on", "on"),
        ("true", True), ("~", None), ("", None), ("0x1F", "0x1F"), ("2020-01-01", "2020-01-01"),
        ("1.5.2", "1.5.2"), ("-", "-"), ("e5", "e5"),
    ],
)  # fmt: skip
def test_yaml_1_2(text, value, tmp_path):
    if text == "-":
        text = "'-'"
    found = read(f"a: {text}\n", tmp_path)["a"]
    assert found == value
    assert type(found) is type(value)


@given(number=st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_as_dvc_and_python_write_them(number):
    """DVC writes 1e-05, PyYAML 1.0e-05, Python repr() 1e-05: all come back as they were."""
    for text in (repr(number), yaml.safe_dump({"a": number})[3:].strip(), f"{number:.17E}"):
        assert yaml.load(f"a: {text}", params._Loader)["a"] == number  # noqa: S506


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: &x [1]\nb: *x\n", "line 2: expected no YAML aliases"),
        ("a: 1\na: 2\n", "line 2: the key 'a' stands twice"),
        ("a: {b: 1, b: 2}\n", "the key 'b' stands twice"),
        ("1: a\n", "expected text as a key"),
        ("- a\n", "expected a mapping of sections"),
        ("", "expected a mapping of sections"),
        ("a: [1\n", "expected YAML"),
        ("a: !!python/object/apply:os.system [true]\n", "expected YAML"),
        ("a: " + "x" * 70_000, "at most 65536 bytes"),
        ("[" * 30_000, "line 1: expected at most 20 levels"),
        ("a: " + "[" * 400 + "]" * 400 + "\n", "line 1: expected at most 20 levels"),
        ("a: \x00", "expected YAML"),
    ],
)
def test_files_that_are_refused(text, words, tmp_path):
    with pytest.raises(UserError, match=re.escape(words)):
        read(text, tmp_path)


def test_not_utf_8(tmp_path):
    (tmp_path / "params.yaml").write_bytes(b"a: \xff\xfe")
    with pytest.raises(UserError, match="expected YAML"):
        params.read(tmp_path / "params.yaml")


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("train.learning_rate", -1, "train.learning_rate: expected a number > 0.0. Received: -1"),
        ("train.learning_rate", "fast", "expected a number. Received: 'fast'"),
        ("train.learning_rate", float("nan"), "expected a finite number"),
        ("train.epochs", 1.5, "train.epochs: expected a whole number. Received: 1.5"),
        ("train.epochs", True, "expected a whole number. Received: True"),
        ("train.epochs", 0, "expected a number >= 1. Received: 0"),
        ("train.dropout", 1.0, "expected a number < 1.0"),
        ("train.layers", [8, 0], "train.layers.1: expected a number >= 1. Received: 0"),
        ("train.layers", 8, "train.layers: expected a list. Received: 8"),
        ("train.lerning_rate", 1, "unknown key; did you mean 'learning_rate'?"),
        ("trian", {}, "trian: unknown key; did you mean 'train'?"),
        ("train.clip", {"value": 1.0, "norm": 1.0, "global_norm": None}, "at most"),
        ("train.output_units", "many", "'auto' or a whole number"),
        ("data.split.test", 0.9, "validation + test < 1"),
        ("data.split.test", 0.0, "expected a number > 0.0"),
        ("data.synthetic.rows", -5, "expected a number >= 10. Received: -5"),
        ("data.source", "web", "expected one of 'synthetic', 'bundled' or 'file'"),
        ("data.seed", 2**32, "expected a number < 4294967296"),
        ("normalize.missing", "men", "'mean', 'median', 'zero' or 'keep'. Received: 'men'"),
        ("normalize.columns", {"a": 3}, "expected text. Received: 3"),
        ("evaluate", 3, "evaluate: expected a mapping"),
        ("evaluate.decimals", None, "expected a whole number. Received: None"),
    ],
)
def test_one_clear_line(key, value, message):
    with pytest.raises(UserError) as caught:
        settings(**{key: value})
    assert message in str(caught.value)
    assert key.split(".")[-1] in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("# AKIAIOSFODNN7EXAMPLE\na: 1", "line 1"),
        ("a: 1\nb: ghp_" + 36 * "x", "line 2"),
        ("a: |\n  -----BEGIN RSA PRIVATE KEY-----\n  x", "line 2"),
        ("a: https://me:hunter2@example.org/x", "line 1"),
    ],
)
def test_what_looks_like_a_secret_is_refused_and_not_repeated(text, place, tmp_path):
    with pytest.raises(UserError) as caught:
        read(text, tmp_path)
    assert str(caught.value) == (
        f"params.yaml, {place}: expected no password or key here, where git keeps it; "
        "give it by the environment"
    )


@pytest.mark.parametrize("name", ["password", "api_key", "aws_secret_access_key", "token"])
def test_a_key_for_a_secret_is_refused_and_a_column_of_that_name_is_not(name):
    content = params.read(ROOT / "params.yaml")
    content["data"][name] = "hunter2"
    with pytest.raises(UserError, match=f"data.{name}: expected no password") as caught:
        params.check(content)
    assert "hunter2" not in str(caught.value)
    assert settings(**{"normalize.columns": {name: "standard"}}).normalize.columns[name]


def test_a_missing_key_is_named():
    content = params.read(ROOT / "params.yaml")
    del content["train"]["seed"]
    with pytest.raises(UserError, match=r"train\.seed: expected this key, which is missing"):
        params.check(content)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)


@given(key=st.sampled_from([*leaves(params.Params), "data", "train.schedule"]), value=JSON)
def test_any_value_is_taken_or_refused_in_one_line(key, value):
    try:
        settings(**{key: value})
    except UserError as error:
        assert str(error).startswith(f"params.yaml: {key}") or key.startswith("data.split")


@pytest.mark.parametrize(
    "tag", ["timestamp", "binary", "set", "python/object/apply:os.getcwd", "python/name:os.getcwd"]
)
def test_only_plain_values_are_built(tag):
    with pytest.raises(UserError, match="could not determine a constructor"):
        params.parse(f"a: !!{tag} []\n".encode(), "params.yaml")
