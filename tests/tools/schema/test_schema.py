"""params.schema.json: current, and true of params.yaml as far as an editor can check it."""

import json
from typing import Any

import pytest

from stages.lib import params
from stages.lib.params.schema_json import FILE, json_schema
from stages.tools.schema.__main__ import NAMES
from tests.conftest import ROOT, changed, run

SCHEMA = json.loads(FILE.read_text())
KINDS: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}
# What else a schema may say, none of which refuses a value.
SILENT = {"description", "title", "$defs", "$schema"}


def fits(schema: dict[str, Any], value: Any) -> bool:
    """Whether a value is as the schema says, in the words that this schema uses."""
    checks = {
        "$ref": lambda path: fits(SCHEMA["$defs"][path.removeprefix("#/$defs/")], value),
        "anyOf": lambda branches: any(fits(branch, value) for branch in branches),
        "type": lambda kind: (
            isinstance(value, KINDS[kind]) and isinstance(value, bool) == (kind == "boolean")
        ),
        "enum": lambda names: value in names,
        "const": lambda name: value == name,
        "required": lambda names: set(names) <= set(value),
        "properties": lambda of: all(fits(of[key], value[key]) for key in set(of) & set(value)),
        "additionalProperties": lambda of: all(
            of is not False and fits(of, one)
            for key, one in value.items()
            if key not in schema.get("properties", {})
        ),
        "propertyNames": lambda of: all(fits(of, key) for key in value),
        "items": lambda of: all(fits(of, one) for one in value),
        "minimum": lambda least: value >= least,
        "maximum": lambda most: value <= most,
        "exclusiveMinimum": lambda least: value > least,
        "exclusiveMaximum": lambda most: value < most,
        "minLength": lambda least: len(value) >= least,
        "maxLength": lambda most: len(value) <= most,
        "maxItems": lambda most: len(value) <= most,
    }
    # The type first: what follows may have no meaning for a value of another type.
    words = sorted(set(schema) - SILENT, key=lambda word: word != "type")
    return all(checks[word](schema[word]) for word in words)


def test_it_is_current():
    assert json_schema(NAMES) == SCHEMA, "run `python -m stages schema`"


def test_the_command_writes_it(fresh_clone):
    file = fresh_clone / FILE.relative_to(ROOT)
    file.unlink()
    run(fresh_clone, "python", "-m", "stages", "schema")
    assert file.read_bytes() == FILE.read_bytes()


def test_params_yaml_names_it_and_is_valid():
    first = (ROOT / "params.yaml").read_text().splitlines()[0]
    assert first == f"# yaml-language-server: $schema={FILE.relative_to(ROOT)}"
    assert fits(SCHEMA, params.read(ROOT / "params.yaml"))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("train.kernel_initializer", {"name": "random_uniform", "minval": -0.1}),
        ("train.kernel_initializer", "he_normal"),
        ("train.class_weight", {"no": 1, "yes": 3}),
        ("train.class_weight", "balanced"),
        ("train.layers", []),
        ("train.layers", [{"units": 4, "dropout": 0.5, "kernel_initializer": "zeros"}, 3]),
        ("train.output_units", 3),
        ("normalize.columns", {"age": "standard"}),
        ("normalize.columns", {"hour": "cyclic", "month": {"name": "cyclic", "period": 12}}),
        ("normalize.min_frequency", 0.1),
        ("data.file.target", ["a", "b"]),
        ("data.synthetic.scenario", "tags"),
        ("data.bundled.dataset", "wine"),
        ("diagnose.families", ["epochs"]),
        ("gate.excess", 0.01),
    ],
)
def test_values_that_both_schemas_take(key, value):
    content = changed(params.read(ROOT / "params.yaml"), {key: value})
    params.check(content)
    assert fits(SCHEMA, content)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("train.optimizer", "adamm"),
        ("train.optimizerr", "adam"),
        ("train.loss", "mse"),
        ("train.activation", "auto"),
        ("train.schedule.name", "cosin"),
        ("train.target_encoding", "value"),
        ("train.kernel_initializer", "he_norml"),
        ("train.kernel_initializer", {"name": "zeros", "value": 1}),
        ("train.kernel_initializer", {"name": "random_uniform", "minval": "low"}),
        ("train.layers", [0]),
        ("train.layers", [{"activation": "relu"}]),
        ("train.layers", [{"units": 4, "activation": "rleu"}]),
        ("train.layers", [{"units": 4, "epochs": 3}]),
        ("train.dropout", 1),
        ("normalize.features", "zscore"),
        ("normalize.columns", {"age": "z"}),
        ("normalize.columns", {"hour": {"name": "cyclic", "period": 0}}),
        ("normalize.columns", {"hour": {"name": "one_hot", "period": 24}}),
        ("normalize.target", "quantile"),
        ("normalize.min_frequency", 1.0),
        ("diagnose.families", ["epoch"]),
        ("compute.backend", "thread"),
        ("data.source", "web"),
        ("data.synthetic.scenario", "incom"),
        ("data.bundled.dataset", "wime"),
        ("evaluate", None),
    ],
)
def test_mistakes_that_an_editor_shows(key, value):
    assert not fits(SCHEMA, changed(params.read(ROOT / "params.yaml"), {key: value}))
