"""data/inputs/adopted.json: what was taken from where, for the report; checked when it is read.

It is small and tracked by git, beside a table that is not.
"""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from stages.lib.core.json_files import read_json, validate

FILE = "data/inputs/adopted.json"
SCHEMA = 1
# Lines of a script that are kept, of each kind.
MAX_PLACES = 50
# Bytes of a script whose text is kept, and looked through.
MAX_SOURCE = 2**20

Text = Annotated[str, Field(max_length=1000)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Place(_Strict):
    """A call in the script: its line, from 1, and its text, in one line."""

    line: Annotated[int, Field(ge=1, le=10**7)]
    code: Annotated[str, Field(max_length=200)]


class Origin(_Strict):
    """A key of params.yaml, the value it was given, and what of the program that came from."""

    key: Text
    value: Any
    origin: Text


def _inside(path: str) -> str:
    """Refuse a path that leads elsewhere."""
    if not path or path.startswith("/") or ".." in path.split("/"):
        raise ValueError("expected a path within the repository")
    return path


class ScriptText(_Strict):
    """A script as it was when it was adopted, for the patch of it.

    Attributes:
        path: as a patch names it: relative to the repository, or the file's name for a script that
            lies elsewhere.
        source: its text, line ends and all; None of one that is longer than MAX_SOURCE or no
            UTF-8.
        named: the rows that fit was given are a DataFrame, whose columns have the table's names.
        applied: layers of the model that were applied to the table, as 'Class (name)'.
    """

    path: Annotated[Text, AfterValidator(_inside)]
    source: Annotated[str, Field(max_length=MAX_SOURCE)] | None
    named: bool
    applied: Annotated[list[Text], Field(max_length=1000)]


class Record(_Strict):
    """kind: a script, or a saved model's configuration; name: its file's. table and target: as
    data.file has them. places: calls in the script, by what they are about: layers, compile,
    optimizer, fit. script: None for a saved model."""

    version: Literal[1] = Field(alias="schema")
    kind: Literal["script", "model"]
    name: Text
    table: Text
    target: Text | Annotated[list[Text], Field(max_length=100)]
    taken: Annotated[list[Origin], Field(max_length=200)]
    untold: Annotated[list[Text], Field(max_length=1000)]
    places: dict[
        Literal["layers", "compile", "optimizer", "fit"],
        Annotated[list[Place], Field(max_length=MAX_PLACES)],
    ]
    script: ScriptText | None = None


def read() -> Record:
    """The record. Raises UserError when it is missing or not ours."""
    return checked(read_json(FILE), FILE)


def checked(content: Any, name: str) -> Record:
    """The record, if it has the shape that `written` gives it. Raises UserError with this name."""
    return validate(Record, content, name, "what `python -m stages adopt` writes")


def of_data(record: Record, data: dict[str, Any]) -> bool:
    """Whether params.yaml's data section, as plain values, still reads what was adopted."""
    file = data["file"]
    return (data["source"], file["path"], file["target"]) == ("file", record.table, record.target)
