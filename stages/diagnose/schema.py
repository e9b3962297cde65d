"""What reports/diagnosis.json is called and which version its readers understand."""

from typing import Any

from stages.files import UserError, read_json

FILE = "reports/diagnosis.json"
SCHEMA = 2


def read() -> dict:
    """The content of diagnosis.json. Raises UserError when it is missing or of another version."""
    return checked(read_json(FILE), FILE)


def checked(content: Any, name: str) -> dict:
    """The same content, if its version is understood. Raises UserError with this name."""
    schema = content.get("schema") if isinstance(content, dict) else None
    if schema != SCHEMA:
        raise UserError(
            f"{name}: expected schema {SCHEMA}. Received: {schema!r}; `dvc repro` writes it"
        )
    return content
