"""What reports/diagnosis.json is called and which version its readers understand."""

from stages.files import UserError, read_json

FILE = "reports/diagnosis.json"
SCHEMA = 2


def read() -> dict:
    """The content of diagnosis.json. Raises UserError when it is missing or of another version."""
    content = read_json(FILE)
    schema = content.get("schema") if isinstance(content, dict) else None
    if schema != SCHEMA:
        raise UserError(
            f"{FILE}: expected schema {SCHEMA}. Received: {schema!r}; run `dvc repro diagnose`"
        )
    return content
