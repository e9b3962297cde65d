"""What reports/diagnosis.json is called, which version its readers understand, and its shape.

A reader gets the file from wherever git got it, so it takes nothing for granted.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from stages.lib.artifacts.base import Amount, Count
from stages.lib.core.errors import UserError, shown
from stages.lib.core.json_files import read_json, validate

FILE = "reports/diagnosis.json"
SCHEMA = 2

Text = Annotated[str, Field(max_length=10_000, strict=True)]
# Of a check or symptom, which `python -m stages explain` takes.
Code = Annotated[str, Field(pattern=r"^LL[1-9][0-9]{2}$", strict=True)]


class _Shape(BaseModel):
    """What readers look at; more may stand beside it."""

    model_config = ConfigDict(extra="allow")


class _Loss(_Shape):
    test: Amount
    this_run: Amount
    baseline: Amount
    after: Amount
    chance: Amount
    floor: Amount
    floor_is_exact: Literal[0, 1]
    unexplained: Amount
    smallest_gain: Amount
    bound: Amount
    share_at_bound: Amount


class _Equivalent(_Shape):
    families: list[Text]
    edit: dict[Text, Any]
    amount: Amount


class _Line(_Shape):
    line: Literal["loss", "this_run", "cause", "unexplained", "floor"]
    amount: Amount
    low: Amount | None = None
    high: Amount | None = None
    families: list[Text] = []
    edit: dict[Text, Any] = {}
    equivalents: list[_Equivalent] = []


class _Family(_Shape):
    family: Text
    status: Literal["confirmed", "suspected", "undecided", "ruled_out", "untried"]
    evidence: list[Text]
    edit: dict[Text, Any]
    gain: Amount | None
    low: Amount | None
    high: Amount | None

    @model_validator(mode="after")
    def has_a_whole_interval(self) -> "_Family":
        if len({one is None for one in (self.gain, self.low, self.high)}) > 1:
            raise ValueError("expected gain, low and high, or none of them")
        return self


class _Edit(_Shape):
    key: Text
    old: Any
    new: Any


class _Expected(_Shape):
    loss: Amount
    low: Amount
    high: Amount


class _Prescription(_Shape):
    edits: list[_Edit]
    expected: _Expected
    commands: Annotated[list[Text], Field(min_length=1)]


class _Signal(_Shape):
    found: Literal[0, 1]
    p_value: Amount


class _Reference(_Shape):
    kind: Literal["exact", "bound"]
    reference: Text


class _About(_Shape):
    unit: Text
    floor: _Reference


class _Check(_Shape):
    check: Text
    severity: Text
    expected: Text
    received: Text
    code: Code


class _Symptom(_Shape):
    symptom: Text
    layer: Count | None
    text: Text
    code: Code


class _Budget(_Shape):
    fits: Count
    rows: Count
    rows_of: Count
    seeds: Count
    splits: Count
    judged_rows: Count


class _FullSize(_Shape):
    before: Amount
    after: Amount


class _Diagnosis(_Shape):
    loss: _Loss
    ledger: list[_Line]
    families: list[_Family]
    prescription: _Prescription | None
    signal: _Signal
    about: Annotated[list[_About], Field(min_length=1, max_length=1)]
    checks: list[_Check]
    symptoms: list[_Symptom]
    budget: _Budget
    full_size: _FullSize | None = None


# What a cause's line has beside its amount.
CAUSE = {"low", "high", "families", "edit", "equivalents"}


def read() -> dict:
    """The content of diagnosis.json. Raises UserError when it is missing or not ours."""
    return checked(read_json(FILE), FILE)


def checked(content: Any, name: str) -> dict:
    """The same content, if it has the shape and version that readers understand. Raises UserError
    with this name."""
    schema = content.get("schema") if isinstance(content, dict) else None
    if type(schema) is not int or schema != SCHEMA:
        raise UserError(name, f"schema {SCHEMA}", shown(schema), "`dvc repro` writes it")
    shape = validate(_Diagnosis, content, name, "what `dvc repro` writes")
    kinds = [line.line for line in shape.ledger]
    causes = ["cause"] * (len(kinds) - 4)
    if kinds != ["loss", "this_run", *causes, "unexplained", "floor"]:
        raise UserError(
            f"{name}: ledger",
            "loss, this_run, causes, unexplained and floor, in this order",
            f"{', '.join(kinds):.120}",
        )
    for line in shape.ledger:
        if line.line == "cause" and (not line.model_fields_set >= CAUSE or not line.families):
            raise UserError(f"{name}: ledger", f"{', '.join(sorted(CAUSE))} of each cause")
    return content
