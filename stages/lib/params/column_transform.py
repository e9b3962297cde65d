"""The value of an entry of `normalize.columns`: a transform's name, or a name with arguments."""

from typing import Any

from pydantic import BaseModel, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from stages.lib.core.errors import shown
from stages.lib.params.messages import Mistake
from stages.lib.params.named import json_schema, name_and_arguments, unknown_argument
from stages.lib.params.section import STRICT
from stages.lib.vocabulary.transforms import TRANSFORMS, Argument


class ColumnTransform(BaseModel):
    """A transform of the vocabulary. arguments: what is given beside its name."""

    model_config = STRICT

    name: str
    arguments: dict[str, float]

    @model_validator(mode="before")
    @classmethod
    def split(cls, value: Any) -> dict[str, Any]:
        """The name apart from the arguments, which stand beside it in the file, both checked."""
        name, arguments = name_and_arguments(
            value, TRANSFORMS, "a transform's name, or a mapping such as {name: cyclic, period: 24}"
        )
        known = {argument.name: argument for argument in TRANSFORMS[name].arguments}
        for key, number in arguments.items():
            if key not in known:
                raise unknown_argument(name, key, known)
            _check_number(known[key], number)
        return {"name": name, "arguments": {key: float(arguments[key]) for key in arguments}}

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Of the value as it stands in the file, not of the object."""
        numbers = {
            row.name: {
                argument.name: {
                    "type": "integer" if argument.whole else "number",
                    "minimum": argument.low,
                    "maximum": argument.high,
                }
                for argument in row.arguments
            }
            for row in TRANSFORMS.values()
        }
        return json_schema(numbers)


def _check_number(argument: Argument, value: Any) -> None:
    kinds = int if argument.whole else int | float
    number = isinstance(value, kinds) and not isinstance(value, bool)
    if not number or not argument.low <= value <= argument.high:
        kind = "a whole number" if argument.whole else "a number"
        limits = f"from {argument.low:g} to {argument.high:g}"
        raise Mistake(f"{kind} {limits}", shown(value), part=argument.name)
