"""The schema of params.yaml in JSON Schema's words, by which an editor completes and checks it.

The command `python -m stages schema` writes it to params.schema.json beside this file.
"""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from stages.lib.params.schema import Params

FILE = Path(__file__).with_name("params.schema.json")


class _WithoutTitles(GenerateJsonSchema):
    """A key's title would be the key again."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        return {key: value for key, value in super().model_schema(schema).items() if key != "title"}


def json_schema(names: Mapping[str, Collection[str]]) -> dict[str, Any]:
    """The schema of the whole file, with the names of the vocabulary.

    Args:
        names: by dotted key, the values of keys that a stage checks against a table of its own.
    """
    schema = Params.model_json_schema(schema_generator=_WithoutTitles)
    for key, values in names.items():
        _property(schema, key)["enum"] = list(values)
    return {"$schema": GenerateJsonSchema.schema_dialect, "title": "params.yaml", **schema}


def _property(schema: dict[str, Any], key: str) -> dict[str, Any]:
    """The part of the schema that is about a dotted key; its sections stand under $defs."""
    *sections, last = key.split(".")
    node = schema
    for name in sections:
        node = schema["$defs"][node["properties"][name]["$ref"].rpartition("/")[2]]
    part: dict[str, Any] = node["properties"][last]
    return part
