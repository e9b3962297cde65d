"""pydantic's errors as one line: the key, what was expected, and what came."""

import types
from collections.abc import Collection
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from stages.lib.core.errors import UserError, nearest, shown
from stages.lib.params.secrets import ELSEWHERE, NOT_HERE, SECRET_KEY

_EXPECTED = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "string_type": "text",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "finite_number": "a finite number",
    "greater_than": "a number > {gt}",
    "greater_than_equal": "a number >= {ge}",
    "less_than": "a number < {lt}",
    "less_than_equal": "a number <= {le}",
    "string_too_short": "text that is not empty",
    "string_too_long": "text of at most {max_length} characters",
    "too_long": "at most {max_length} entries",
    "literal_error": "one of {expected}",
}


class Mistake(ValueError):
    """What a validator of the schema refuses, in the words of UserError.

    Args:
        expected: what should stand there.
        received: what stands there, or ''.
        hint: what to do about it, or ''.
        part: of a value with parts, the key of the wrong one, or ''.
    """

    def __init__(self, expected: str, received: str = "", hint: str = "", part: str = "") -> None:
        super().__init__(expected, received, hint)
        self.part = part


def unknown_name(name: str, known: Collection[str]) -> Mistake:
    """The mistake of a name that is none of the known ones."""
    return Mistake(f"one of {', '.join(known)}", shown(name), nearest(name, known))


def first_mistake(error: ValidationError, schema: type[BaseModel], file: str) -> UserError:
    """pydantic's errors as one line about the first of them.

    Args:
        error: what the schema said of plain values.
        schema: the same schema.
        file: what the line calls the place of the values.
    """
    errors = error.errors(include_url=False)
    # A misspelt key gives two errors, of which the unknown one is the one to mend.
    first = next((e for e in errors if e["type"] == "extra_forbidden"), errors[0])
    if first["type"] == "extra_forbidden":
        return _unknown_key(first["loc"], schema, file)
    # Where a value may be a word or a list, and an entry of the list is wrong, a list is meant.
    inside = _key(first["loc"], schema) + "."
    first = next((e for e in errors if _key(e["loc"], schema).startswith(inside)), first)
    key = _key(first["loc"], schema)
    where = f"{file}: {key}"
    if first["type"] == "missing":
        return UserError(where, "this key, which is missing")
    if first["type"] == "value_error":
        mistake: Mistake = first["ctx"]["error"]
        return UserError(f"{where}.{mistake.part}" if mistake.part else where, *mistake.args)
    # The branches of a union (a number or null, `auto` or a number) fail together: name them all.
    together = [e for e in errors if _key(e["loc"], schema) == key and e["type"] in _EXPECTED]
    wanted = dict.fromkeys(_EXPECTED[e["type"]].format(**e.get("ctx", {})) for e in together)
    return UserError(where, " or ".join(wanted) or first["msg"], shown(first["input"]))


def _unknown_key(location: tuple[str | int, ...], schema: type[BaseModel], file: str) -> UserError:
    where, name = f"{file}: {_key(location, schema)}", str(location[-1])
    if SECRET_KEY.search(name):
        return UserError(where, NOT_HERE, hint=ELSEWHERE)
    known = list(_walk(location[:-1], schema)[1].model_fields)
    hint = nearest(name, known) or f"known here: {', '.join(known)}"
    return UserError(where, "a known key", hint=hint)


def _key(location: tuple[str | int, ...], schema: type[BaseModel]) -> str:
    """The dotted key that the user wrote."""
    return ".".join(_walk(location, schema)[0])


def _walk(location: tuple[str | int, ...], schema: type[BaseModel]) -> tuple[list[str], Any]:
    """The parts of the key that the user wrote, and the type of what stands there.

    pydantic's location has more parts than that: the branches of a union, the checks of a value.
    """
    if location[-1:] == ("[key]",):  # of a free mapping, a key is the mistake, not its value
        location = location[:-2]
    kind: Any = schema
    parts = []
    for part in location:
        while get_origin(kind) is Annotated:
            kind = get_args(kind)[0]
        branches = [branch for branch in get_args(kind) if branch is not type(None)]
        if get_origin(kind) in (Union, types.UnionType):
            if len(branches) == 1:  # X or null: pydantic gives it no part of its own
                kind = branches[0]
            else:
                kind = next(
                    (branch for branch in branches if str(part).startswith(_label(branch))), None
                )
                continue
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            field = kind.model_fields.get(str(part))
            kind = field.annotation if field else None
        elif get_origin(kind) in (list, dict):
            kind = get_args(kind)[-1]
        else:
            continue
        parts.append(str(part))
    return parts, kind


def _label(branch: Any) -> str:
    """How pydantic begins the name of this branch of a union, of a list, mapping or section."""
    while get_origin(branch) is Annotated:
        branch = get_args(branch)[0]
    if isinstance(branch, type) and issubclass(branch, BaseModel):
        return branch.__name__
    origin = get_origin(branch)
    return f"{origin.__name__}[" if origin in (list, dict) else "\0"
