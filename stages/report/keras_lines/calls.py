"""How Python writes a call and a value."""

import json
from typing import Any


def call(name: str, *arguments: str) -> str:
    """The call of `name` with those of the arguments that are not ''."""
    return f"{name}({', '.join(argument for argument in arguments if argument)})"


def literal(value: Any) -> str:
    """As Python writes it, text in double quotes."""
    if isinstance(value, list):
        return f"[{', '.join(literal(item) for item in value)}]"
    return json.dumps(value) if isinstance(value, str) else repr(value)
