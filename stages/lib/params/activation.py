"""The value of `activation`: a name, or a name with arguments."""

from typing import Any

from pydantic import BaseModel, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from stages.lib.params.named import (
    check_number,
    json_schema,
    name_and_arguments,
    number_schema,
    unknown_argument,
)
from stages.lib.params.section import STRICT
from stages.lib.vocabulary.activations import ACTIVATIONS


class Activation(BaseModel):
    """An activation of the vocabulary, with all of its arguments."""

    model_config = STRICT

    name: str
    arguments: dict[str, float]

    @model_validator(mode="before")
    @classmethod
    def split(cls, value: Any) -> dict[str, Any]:
        """The name apart from the arguments, which stand beside it in the file, both checked."""
        name, arguments = name_and_arguments(
            value,
            ACTIVATIONS,
            "an activation's name, or a mapping such as {name: leaky_relu, negative_slope: 0.1}",
        )
        row = ACTIVATIONS[name]
        for key, number in arguments.items():
            if key not in row.arguments:
                raise unknown_argument(name, key, row.arguments)
            check_number(key, number, above=row.above.get(key))
        every = {**row.arguments, **arguments}
        return {"name": name, "arguments": {key: float(every[key]) for key in row.arguments}}

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Of the value as it stands in the file, not of the object."""
        return json_schema(
            {
                row.name: {key: number_schema(above=row.above.get(key)) for key in row.arguments}
                for row in ACTIVATIONS.values()
            }
        )
