"""The file that `train.model.file` names: a Keras model as data, and which columns each of its
inputs takes."""

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from stages.lib.core.errors import UserError, nearest, shown
from stages.lib.core.json_files import read_json, validate
from stages.lib.core.paths import resolve_within
from stages.lib.keras_fit.configuration import MAX_LAYERS, Config, checked_configuration
from stages.lib.keras_fit.graph import input_names, layers_of, looked_up
from stages.lib.params.reading import FILE

FOLDER = "data/programs"
WHERE = f"{FILE}: train.model.file"

Text = Annotated[str, Field(min_length=1, max_length=1000)]
Size = Annotated[int, Field(ge=1, le=100_000)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, populate_by_name=True)


class ModelInput(_Strict):
    """One input of the model.

    Attributes:
        name: of its input layer.
        columns: of the table, in the order of its numbers.
        shape: of one row.
        dtype: of the numbers that it takes.
    """

    name: Text
    columns: Annotated[list[Text], Field(min_length=1, max_length=100_000)]
    shape: Annotated[list[Size], Field(max_length=8)]
    dtype: Literal["float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8",
                   "bool"]  # fmt: skip

    @model_validator(mode="after")
    def fills_its_shape(self) -> "ModelInput":
        """There is a column for each number."""
        size = 1
        for length in self.shape:
            size *= length
        if size != len(self.columns):
            raise ValueError(f"expected {size} columns for the shape {self.shape}")
        return self


class ModelFile(_Strict):
    """The content of the file.

    Attributes:
        model: the model's configuration, as Keras' `to_json` has it, checked and without seeds.
        inputs: in the order in which the model takes them.
    """

    version: Literal[1] = Field(alias="schema")
    model: Config
    inputs: Annotated[list[ModelInput], Field(min_length=1, max_length=MAX_LAYERS)]

    @property
    def columns(self) -> list[str]:
        """Of all inputs, one after the other."""
        return [column for taken in self.inputs for column in taken.columns]

    @property
    def codes(self) -> tuple[str, ...]:
        """The columns whose numbers are names of something, which cannot be scaled."""
        names = looked_up(self.model)
        return tuple(
            column for taken in self.inputs if taken.name in names for column in taken.columns
        )

    def plain(self) -> dict[str, Any]:
        """As the file has it."""
        return self.model_dump(by_alias=True)


def parse_model(content: Any, where: str) -> ModelFile:
    """The content of such a file.

    Args:
        content: as strict JSON gives it.
        where: of the message.

    Raises:
        UserError: for a class that is not one of Keras' own layers, inputs that are not the
            model's, and whatever else `checked_configuration` refuses.
    """
    if isinstance(content, dict) and "model" in content:
        model = checked_configuration(content["model"], f"{where}: model")
        content = content | {"model": model}
    file = validate(ModelFile, content, where, "a model with its inputs")
    _check_inputs(file, where)
    return file


def read_model(path: str) -> ModelFile:
    """The model of a file below FOLDER. Raises UserError, naming the key of params.yaml."""
    try:
        file = resolve_within(path, FOLDER)
    except UserError as error:
        raise error.at(WHERE) from None
    status = file.stat()
    return _read(str(file), status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=8)
def _read(path: str, changed: int, size: int) -> ModelFile:
    return parse_model(read_json(path), path)


def text_of(file: ModelFile) -> str:
    """The file's text."""
    return json.dumps(file.plain(), indent=1, allow_nan=False, ensure_ascii=False) + "\n"


def check_inputs(file: ModelFile, names: Sequence[str]) -> None:
    """Raise UserError unless the model's columns are exactly these."""
    for name in file.columns:
        if name not in set(names):
            raise UserError(
                WHERE,
                f"the model's column {shown(name)} among the inputs",
                "",
                nearest(name, names) or "is it left out, encoded or dropped by data or normalize?",
            )
    more = [name for name in names if name not in set(file.columns)]
    if more:
        raise UserError(WHERE, "inputs that the model takes", f"{shown(more[0])} too")


def _check_inputs(file: ModelFile, where: str) -> None:
    count = sum(1 for _ in layers_of(file.model))
    if not 1 <= count <= MAX_LAYERS:
        raise UserError(where, f"one to {MAX_LAYERS} layers", count)
    names, given = input_names(file.model), [taken.name for taken in file.inputs]
    # A sequential model has one input, whatever its name.
    if file.model["class_name"] == "Sequential" and len(given) == 1:
        return
    if names != given:
        raise UserError(
            f"{where}: inputs", f"those of the model, in its order: {shown(names)}", shown(given)
        )
