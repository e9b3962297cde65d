"""params.yaml: its schema, its reading, and one clear line for each mistake in it.

`load("train")` reads the file, checks the *whole* of it, and returns that section alone: a stage
sees no other knob, and a mistake anywhere is told before the first stage does its work.
"""

from collections.abc import Collection, Mapping
from typing import Any, Literal, TypeVar, overload

from pydantic import ValidationError

from stages.lib.core.errors import UserError
from stages.lib.params.data import Data
from stages.lib.params.messages import first_mistake, unknown_name
from stages.lib.params.normalize import Normalize
from stages.lib.params.reading import FILE, parse, read
from stages.lib.params.schema import Compute, Diagnose, Evaluate, Gate, Params
from stages.lib.params.section import Section
from stages.lib.params.train import Train

__all__ = ["FILE", "Params", "check", "choose", "load", "parse", "read", "sections", "validated"]

Schema = TypeVar("Schema", bound=Section)


@overload
def load(section: Literal["data"]) -> Data: ...
@overload
def load(section: Literal["normalize"]) -> Normalize: ...
@overload
def load(section: Literal["train"]) -> Train: ...
@overload
def load(section: Literal["evaluate"]) -> Evaluate: ...
@overload
def load(section: Literal["diagnose"]) -> Diagnose: ...
@overload
def load(section: Literal["compute"]) -> Compute: ...
@overload
def load(section: Literal["gate"]) -> Gate: ...
def load(section: str) -> Section:
    """One section of params.yaml, after a check of the whole file.

    Raises:
        UserError: the first mistake: its key, what was expected and what came.
    """
    settings: Section = getattr(check(read()), section)
    return settings


def sections(*names: str) -> dict[str, dict[str, Any]]:
    """Sections of params.yaml as plain values, in the user's own words, after a check of the whole
    file.

    Raises:
        UserError: the first mistake, as `load`.
    """
    content = read()
    check(content)
    return {name: content[name] for name in names}


def check(content: Mapping[str, Any]) -> Params:
    """Plain values of a params.yaml as the schema's object.

    Raises:
        UserError: the first mistake, as `load`.
    """
    return validated(Params, content, FILE)


def validated(schema: type[Schema], content: Mapping[str, Any], file: str) -> Schema:
    """Plain values as an object of a schema.

    Args:
        schema: the schema of the whole content.
        content: plain values of a file, or such values edited.
        file: what the message calls the place of the mistake.

    Raises:
        UserError: the first mistake: the file, the key, what was expected and what came.
    """
    try:
        return schema.model_validate(content)
    except ValidationError as error:
        raise first_mistake(error, schema, file) from None


def choose(key: str, name: str, names: Collection[str], file: str = FILE) -> str:
    """`name`, when it is one of the names.

    Raises:
        UserError: it is none: the file, the key, all names and the nearest.
    """
    if name not in names:
        raise UserError(f"{file}: {key}", *unknown_name(name, names).args)
    return name
