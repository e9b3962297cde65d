"""What reports/diagnosis.json is called, which version its readers understand, and its shape.

A reader gets the file from wherever git got it, so it takes nothing for granted.
"""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from stages.lib.artifacts.base import Amount, Artifact, Count
from stages.lib.core.errors import UserError, shown
from stages.lib.core.json_files import read_json, validate

FILE = "reports/diagnosis.json"
SCHEMA = 3

Text = Annotated[str, Field(max_length=10_000, strict=True)]
# Of a check or symptom, which `python -m stages explain` takes.
Code = Annotated[str, Field(pattern=r"^LL[1-9][0-9]{2}$", strict=True)]


class Losses(Artifact):
    """The losses that the account is of, in its unit. this_run: test less baseline."""

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


class Equivalent(Artifact):
    """An edit that would do in the place of a cause's."""

    families: list[Text]
    edit: dict[Text, Any]
    amount: Amount


class Line(Artifact):
    """A line of the ledger; what a cause has beside its amount is set for causes only."""

    line: Literal["loss", "this_run", "cause", "unexplained", "floor"]
    amount: Amount
    low: Amount | None = None
    high: Amount | None = None
    families: list[Text] = Field(default_factory=list)
    edit: dict[Text, Any] = Field(default_factory=dict)
    equivalents: list[Equivalent] = Field(default_factory=list)


class FamilyVerdict(Artifact):
    """What is known of a family of edits, and its most promising edit."""

    family: Text
    status: Literal["confirmed", "suspected", "undecided", "ruled_out", "untried"]
    evidence: list[Text]
    edit: dict[Text, Any]
    gain: Amount | None
    low: Amount | None
    high: Amount | None

    @property
    def interval(self) -> tuple[float, float, float] | None:
        """Gain, low and high of its most promising edit; None where none was tried."""
        if self.gain is None or self.low is None or self.high is None:
            return None
        return self.gain, self.low, self.high

    @model_validator(mode="after")
    def has_a_whole_interval(self) -> "FamilyVerdict":
        if len({bound is None for bound in (self.gain, self.low, self.high)}) > 1:
            raise ValueError("expected gain, low and high, or none of them")
        return self


class EditedKey(Artifact):
    """A key that the prescription changes."""

    key: Text
    old: Any
    new: Any


class Expected(Artifact):
    """The test loss of the edited program, with a 95 % prediction interval."""

    loss: Amount
    low: Amount
    high: Amount


class Prescription(Artifact):
    """What to change, what to expect, and the command that does it."""

    edits: list[EditedKey]
    expected: Expected
    commands: Annotated[list[Text], Field(min_length=1)]


class Signal(Artifact):
    """Whether the inputs predict the target better than chance does."""

    found: Literal[0, 1]
    p_value: Amount


class Reference(Artifact):
    """What the floor is, and by which model."""

    kind: Literal["exact", "bound"]
    reference: Text


class About(Artifact):
    """In which unit, and what the floor is."""

    unit: Text
    floor: Reference


class CheckRecord(Artifact):
    """What a check found."""

    check: Text
    severity: Text
    expected: Text
    received: Text
    code: Code


class SymptomRecord(Artifact):
    """What a symptom found."""

    symptom: Text
    layer: Count | None
    text: Text
    code: Code


class Budget(Artifact):
    """What was trained."""

    fits: Count
    rows: Count
    rows_of: Count
    seeds: Count
    splits: Count
    judged_rows: Count


class FullSize(Artifact):
    """Test loss before and after the prescription on all rows, where a sample was diagnosed."""

    before: Amount
    after: Amount


class Diagnosis(Artifact):
    """The content of diagnosis.json."""

    loss: Losses
    ledger: list[Line]
    families: list[FamilyVerdict]
    prescription: Prescription | None
    signal: Signal
    about: Annotated[list[About], Field(min_length=1, max_length=1)]
    checks: list[CheckRecord]
    symptoms: list[SymptomRecord]
    budget: Budget
    full_size: FullSize | None = None

    @property
    def causes(self) -> list[Line]:
        """The ledger's lines that have a cause."""
        return [line for line in self.ledger if line.line == "cause"]

    @property
    def unit(self) -> str:
        """Of every loss."""
        return self.about[0].unit

    @property
    def floor(self) -> Reference:
        """What the floor is."""
        return self.about[0].floor

    def with_status(self, status: str) -> list[FamilyVerdict]:
        """The families of this status, in their order."""
        return [family for family in self.families if family.status == status]


# What a cause's line has beside its amount.
CAUSE = {"low", "high", "families", "edit", "equivalents"}


def read() -> Diagnosis:
    """The last diagnosis. Raises UserError when the file is missing or not ours."""
    return parse(read_json(FILE), FILE)


def parse(content: Any, name: str) -> Diagnosis:
    """A diagnosis from strict JSON.

    Raises:
        UserError: it has not the shape and version that readers understand; with this name.
    """
    schema = content.get("schema") if isinstance(content, dict) else None
    if type(schema) is not int or schema != SCHEMA:
        raise UserError(name, f"schema {SCHEMA}", shown(schema), "`dvc repro` writes it")
    diagnosis = validate(Diagnosis, content, name, "what `dvc repro` writes")
    kinds = [line.line for line in diagnosis.ledger]
    causes = ["cause"] * (len(kinds) - 4)
    if kinds != ["loss", "this_run", *causes, "unexplained", "floor"]:
        raise UserError(
            f"{name}: ledger",
            "loss, this_run, causes, unexplained and floor, in this order",
            f"{', '.join(kinds):.120}",
        )
    for line in diagnosis.causes:
        if not line.model_fields_set >= CAUSE or not line.families:
            raise UserError(f"{name}: ledger", f"{', '.join(sorted(CAUSE))} of each cause")
    return diagnosis
