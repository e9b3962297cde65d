"""python -m stages.lib.params.schema_json: params.schema.json, by which an editor completes and
checks params.yaml, whose first line names it."""

from pathlib import Path
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from stages.lib.core.json_files import write_json
from stages.lib.params.schema import Params

FILE = Path(__file__).with_name("params.schema.json")


class _WithoutTitles(GenerateJsonSchema):
    """A key's title would be the key again."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        return {key: value for key, value in super().model_schema(schema).items() if key != "title"}


def json_schema() -> dict[str, Any]:
    """The schema of params.yaml in JSON Schema's words, with the names of the vocabulary."""
    return {
        "$schema": GenerateJsonSchema.schema_dialect,
        "title": "params.yaml",
        **Params.model_json_schema(schema_generator=_WithoutTitles),
    }


if __name__ == "__main__":
    write_json(FILE, json_schema())
    print(f"{FILE.name} written")
