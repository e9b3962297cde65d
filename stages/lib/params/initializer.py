"""The value of `kernel_initializer` and `bias_initializer`: a name, or a name with arguments."""

from typing import Any

from pydantic import BaseModel, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from stages.lib.core.errors import nearest, shown
from stages.lib.params.messages import Mistake
from stages.lib.params.named import (
    check_number,
    json_schema,
    name_and_arguments,
    number_schema,
    unknown_argument,
)
from stages.lib.params.section import STRICT
from stages.lib.vocabulary.initializers import INITIALIZERS
from stages.lib.vocabulary.initializers import Initializer as Row


class Initializer(BaseModel):
    """An initializer of the vocabulary, with the arguments that are not left at their defaults."""

    model_config = STRICT

    name: str
    arguments: dict[str, float | str]

    @model_validator(mode="before")
    @classmethod
    def split(cls, value: Any) -> dict[str, Any]:
        """The name apart from the arguments, which stand beside it in the file, both checked."""
        name, arguments = name_and_arguments(
            value,
            INITIALIZERS,
            "an initializer's name, or a mapping such as "
            "{name: random_uniform, minval: -0.05, maxval: 0.05}",
        )
        _check_arguments(name, arguments)
        return {"name": name, "arguments": arguments}

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Of the value as it stands in the file, not of the object."""
        return json_schema(
            {
                row.name: {key: _schema_of(row, key) for key in row.arguments}
                for row in INITIALIZERS.values()
            }
        )


def _check_arguments(name: str, arguments: dict[str, Any]) -> None:
    """Raise Mistake unless the initializer has these arguments, and each can have its value."""
    row = INITIALIZERS[name]
    for key, value in arguments.items():
        if key not in row.arguments:
            raise unknown_argument(name, key, row.arguments)
        if key in row.choices:
            _check_choice(key, value, row.choices[key])
        else:
            check_number(key, value, row.at_least.get(key), row.above.get(key))
    if row.rising:
        low, high = row.rising
        least, most = ({**row.arguments, **arguments}[key] for key in row.rising)
        if most < least:
            part = high if high in arguments else low
            raise Mistake(f"{low} <= {high}", f"{least:g} and {most:g}", part=part)


def _check_choice(key: str, value: Any, choices: tuple[str, ...]) -> None:
    if value not in choices:
        hint = nearest(value, choices) if isinstance(value, str) else ""
        raise Mistake(f"one of {', '.join(choices)}", shown(value), hint, part=key)


def _schema_of(row: Row, key: str) -> dict[str, Any]:
    """JSON Schema of an argument."""
    if key in row.choices:
        return {"type": "string", "enum": list(row.choices[key])}
    return number_schema(row.at_least.get(key), row.above.get(key))
