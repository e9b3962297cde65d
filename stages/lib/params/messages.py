"""What a message says: the nearest name, a value on one line, and pydantic's errors as one."""

import difflib
import types
from collections.abc import Collection
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from stages.lib.params.secrets import ELSEWHERE, SECRET_KEY

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


class PartError(ValueError):
    """A mistake in a part of a value: the part's key below the value's, and the message."""


def nearest(name: str, known: Collection[str]) -> str:
    """'; did you mean ...?' with the nearest of the known names, or nothing."""
    found = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"; did you mean {found[0]!r}?" if found else ""


def unknown_name(name: str, known: Collection[str]) -> str:
    """`expected one of ..., Received: name`, with the nearest of the known names."""
    return f"expected one of {', '.join(known)}. Received: {shown(name)}{nearest(name, known)}"


def shown(value: Any) -> str:
    """A value as a message shows it: one line, cut at 80 characters."""
    try:
        text = repr(value)
    except ValueError:  # Python writes no whole number of more than 4300 digits
        return "thousands of digits"
    return text if len(text) <= 80 else text[:77] + "..."


def explained(error: ValidationError, schema: type[BaseModel]) -> str:
    """The first mistake as `key: expected X. Received: y`.

    Args:
        error: what the schema said of plain values.
        schema: the same schema.
    """
    errors = error.errors(include_url=False)
    # A misspelt key gives two errors, of which the unknown one is the one to mend.
    first = next((e for e in errors if e["type"] == "extra_forbidden"), errors[0])
    if first["type"] == "extra_forbidden":
        return _unknown_key(first["loc"], schema)
    # Where a value may be a word or a list, and an entry of the list is wrong, a list is meant.
    inside = _key(first["loc"], schema) + "."
    first = next((e for e in errors if _key(e["loc"], schema).startswith(inside)), first)
    key = _key(first["loc"], schema)
    if first["type"] == "missing":
        return f"{key}: expected this key, which is missing"
    if first["type"] == "value_error":
        mistake = first["ctx"]["error"]
        if isinstance(mistake, PartError):
            part, message = mistake.args
            return f"{key}.{part}: {message}"
        return f"{key}: {mistake}"
    # The branches of a union (a number or null, `auto` or a number) fail together: name them all.
    together = [e for e in errors if _key(e["loc"], schema) == key and e["type"] in _EXPECTED]
    wanted = dict.fromkeys(_EXPECTED[e["type"]].format(**e.get("ctx", {})) for e in together)
    expected = " or ".join(wanted) or first["msg"]
    return f"{key}: expected {expected}. Received: {shown(first['input'])}"


def _unknown_key(location: tuple[str | int, ...], schema: type[BaseModel]) -> str:
    key, name = _key(location, schema), str(location[-1])
    if SECRET_KEY.search(name):
        return f"{key}: {ELSEWHERE}"
    parent: Any = schema
    for part in location[:-1]:
        parent = parent.model_fields[part].annotation
    known = list(parent.model_fields)
    hint = nearest(name, known) or f"; known here: {', '.join(known)}"
    return f"{key}: unknown key{hint}"


def _key(location: tuple[str | int, ...], schema: type[BaseModel]) -> str:
    """The dotted key that the user wrote.

    pydantic's location has more parts than that: the branches of a union, the checks of a value.
    """
    if location[-1] == "[key]":  # of a free mapping, a key is the mistake, not its value
        location = location[:-2]
    kind: Any = schema
    parts = []
    for part in location:
        while get_origin(kind) is Annotated:
            kind = get_args(kind)[0]
        branches = [one for one in get_args(kind) if one is not type(None)]
        if get_origin(kind) in (Union, types.UnionType):
            if len(branches) == 1:  # X or null: pydantic gives it no part of its own
                kind = branches[0]
            else:
                kind = next((one for one in branches if str(part).startswith(_label(one))), None)
                continue
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            field = kind.model_fields.get(str(part))
            kind = field.annotation if field else None
        elif get_origin(kind) in (list, dict):
            kind = get_args(kind)[-1]
        else:
            continue
        parts.append(str(part))
    return ".".join(parts)


def _label(branch: Any) -> str:
    """How pydantic begins the name of this branch of a union, of a list or mapping."""
    while get_origin(branch) is Annotated:
        branch = get_args(branch)[0]
    origin = get_origin(branch)
    return f"{origin.__name__}[" if origin in (list, dict) else "\0"
