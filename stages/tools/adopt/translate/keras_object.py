"""A Keras object as data: its class, the module of that, and its configuration."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from stages.lib.core.errors import UserError
from stages.lib.core.text import printable
from stages.lib.params.section import FLOAT32_MAX

Text = Annotated[str, Field(max_length=100_000)]
Word = Annotated[str, Field(max_length=500)]


class Strict(BaseModel):
    """A mapping whose keys are all known and strictly typed."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class KerasObject(Strict):
    """A layer, loss, optimizer or callback, as a script's process describes it."""

    name: Word = Field(alias="class")
    module: Word
    config: dict[Word, Any]

    @property
    def is_keras(self) -> bool:
        """Its class is one of Keras' own."""
        return self.module == "keras" or self.module.startswith(("keras.", "keras_"))

    @property
    def label(self) -> str:
        """Of a layer: layer 'dense_1' (Dense)."""
        name = printable(str(self.config.get("name", "")))[:60]
        return f"layer {name!r} ({printable(self.name)[:60]})"


def class_and_config(value: Any) -> tuple[str | None, dict[str, Any]]:
    """Class name and configuration of a serialized Keras object, or of its bare name."""
    if isinstance(value, str):
        if value[:1].isupper():
            return value, {}
        return "".join(word.capitalize() for word in value.split("_")), {}
    if isinstance(value, dict) and isinstance(value.get("class_name"), str):
        config = value.get("config")
        return value["class_name"], config if isinstance(config, dict) else {}
    return None, {}


def brief(value: Any) -> str:
    """A serialized object as a message shows it, at most 80 characters."""
    name, config = class_and_config(value)
    return printable(f"{name}({config})" if name and config else str(name or value))[:80]


def number(value: Any, where: str) -> float:
    """A finite number of a configuration. Raises UserError naming its place."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    # An integer can be too large even to be told finite.
    if not is_number or not abs(value) <= FLOAT32_MAX:
        raise UserError(where, "a finite number", f"{str(value)!r:.60}")
    result: float = value
    return result


def as_list(value: Any) -> list[Any]:
    """A list or tuple as a list, anything else as a list of one."""
    return list(value) if isinstance(value, list | tuple) else [value]
