"""The value of `kernel_initializer` and `bias_initializer`: a name, or a name with arguments."""

from typing import Any

from pydantic import BaseModel, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from stages.lib.core.errors import nearest, shown
from stages.lib.params.messages import Mistake, unknown_name
from stages.lib.params.section import STRICT
from stages.lib.vocabulary.initializers import INITIALIZERS


class Initializer(BaseModel):
    """An initializer of the vocabulary, with the arguments that are not left at their defaults."""

    model_config = STRICT

    name: str
    arguments: dict[str, float | str]

    @model_validator(mode="before")
    @classmethod
    def split(cls, value: Any) -> dict[str, Any]:
        """The name apart from the arguments, which stand beside it in the file, both checked."""
        config = {"name": value} if isinstance(value, str) else value
        if not isinstance(config, dict) or not isinstance(config.get("name"), str):
            raise Mistake(
                "an initializer's name, or a mapping such as "
                "{name: random_uniform, minval: -0.05, maxval: 0.05}",
                shown(value),
            )
        name = config["name"]
        if name not in INITIALIZERS:
            raise unknown_name(name, INITIALIZERS)
        arguments = {key: argument for key, argument in config.items() if key != "name"}
        _check_arguments(name, arguments)
        return {"name": name, "arguments": arguments}

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Of the value as it stands in the file, not of the object."""
        return {
            "anyOf": [
                {"type": "string", "enum": list(INITIALIZERS)},
                *(
                    {
                        "type": "object",
                        "properties": {
                            "name": {"const": row.name},
                            **{
                                key: {"type": "string" if isinstance(value, str) else "number"}
                                for key, value in row.arguments.items()
                            },
                        },
                        "required": ["name"],
                        "additionalProperties": False,
                    }
                    for row in INITIALIZERS.values()
                ),
            ]
        }


def _check_arguments(name: str, arguments: dict[str, Any]) -> None:
    """Raise Mistake unless the initializer has these arguments, each of the type given."""
    known = INITIALIZERS[name].arguments
    for key, value in arguments.items():
        if key not in known:
            raise Mistake(
                f"arguments of {name} ({', '.join(known) or 'it has none'})",
                shown(key),
                nearest(str(key), known),
            )
        if isinstance(known[key], str):
            if not isinstance(value, str):
                raise Mistake("text", shown(value), part=key)
        elif isinstance(value, bool) or not isinstance(value, int | float):
            raise Mistake("a number", shown(value), part=key)
