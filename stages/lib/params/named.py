"""A value that is a name of the vocabulary, or a name with arguments beside it."""

from collections.abc import Collection, Mapping
from typing import Any

from stages.lib.core.errors import nearest, shown
from stages.lib.params.messages import Mistake, unknown_name


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
