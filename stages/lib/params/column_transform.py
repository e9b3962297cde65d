"""The value of an entry of `normalize.columns`: a transform's name, or a name with arguments."""

from typing import Any

from pydantic import BaseModel, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from stages.lib.core.errors import shown
from stages.lib.params.messages import Mistake
from stages.lib.params.named import json_schema, name_and_arguments, unknown_argument
from stages.lib.params.section import STRICT
from stages.lib.vocabulary.transforms import GIVEN_FROM, GIVEN_TO, TRANSFORMS


class ColumnTransform(BaseModel):
    """A transform of the vocabulary. arguments: what of its state is given rather than fitted."""

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
        for key, number in arguments.items():
            if key not in TRANSFORMS[name].arguments:
                raise unknown_argument(name, key, TRANSFORMS[name].arguments)
            _check_number(key, number)
        return {"name": name, "arguments": {key: float(arguments[key]) for key in arguments}}

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Of the value as it stands in the file, not of the object."""
        number = {"type": "number", "minimum": GIVEN_FROM, "maximum": GIVEN_TO}
        rows = TRANSFORMS.values()
        return json_schema({row.name: dict.fromkeys(row.arguments, number) for row in rows})


def _check_number(key: str, value: Any) -> None:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not GIVEN_FROM <= value <= GIVEN_TO:
        raise Mistake(f"a number from {GIVEN_FROM:g} to {GIVEN_TO:g}", shown(value), part=key)
