"""A value that is a name of the vocabulary, or a name with arguments beside it."""

from collections.abc import Collection, Mapping
from typing import Any

from stages.lib.core.errors import nearest, shown
from stages.lib.params.messages import Mistake, unknown_name
from stages.lib.vocabulary.initializers import LARGEST


def name_and_arguments(
    value: Any, known: Collection[str], expected: str
) -> tuple[str, dict[str, Any]]:
    """The name apart from the arguments, which are not checked.

    Args:
        value: as it stands in the file.
        known: the names.
        expected: what a message says should stand there.

    Raises:
        Mistake: there is no name, or none of the known ones.
    """
    config = {"name": value} if isinstance(value, str) else value
    if not isinstance(config, dict) or not isinstance(config.get("name"), str):
        raise Mistake(expected, shown(value))
    name = config["name"]
    if name not in known:
        raise unknown_name(name, known)
    return name, {key: argument for key, argument in config.items() if key != "name"}


def unknown_argument(name: str, key: str, known: Collection[str]) -> Mistake:
    """The mistake of an argument that `name` does not have."""
    return Mistake(
        f"arguments of {name} ({', '.join(known) or 'it has none'})",
        shown(key),
        nearest(str(key), known),
    )


def name_of(value: str | dict[str, Any]) -> str:
    """The name of such a value as it stands in the file."""
    return value if isinstance(value, str) else str(value["name"])


def check_number(
    key: str, value: Any, at_least: float | None = None, above: float | None = None
) -> None:
    """Raise Mistake unless an argument is a number of float32 within its limits."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Mistake("a number", shown(value), part=key)
    if not -LARGEST <= value <= LARGEST:
        raise Mistake(f"a number from -{LARGEST:g} to {LARGEST:g}", shown(value), part=key)
    if at_least is not None and not value >= at_least:
        raise Mistake(f"a number >= {at_least:g}", shown(value), part=key)
    if above is not None and not value > above:
        raise Mistake(f"a number > {above:g}", shown(value), part=key)


def number_schema(at_least: float | None = None, above: float | None = None) -> dict[str, Any]:
    """JSON Schema of such an argument."""
    limits = {"minimum": at_least, "exclusiveMinimum": above}
    return {"type": "number"} | {key: limit for key, limit in limits.items() if limit is not None}


def json_schema(arguments: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """JSON Schema of such a value. arguments: by name, the schema of each argument."""
    return {
        "anyOf": [
            {"type": "string", "enum": list(arguments)},
            *(
                {
                    "type": "object",
                    "properties": {"name": {"const": name}, **of_name},
                    "required": ["name"],
                    "additionalProperties": False,
                }
                for name, of_name in arguments.items()
            ),
        ]
    }
