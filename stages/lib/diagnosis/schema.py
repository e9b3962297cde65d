"""What reports/diagnosis.json is called, which version its readers understand, and its shape.

A reader gets the file from wherever git got it, so it takes nothing for granted.
"""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from stages.lib.artifacts.base import Amount, Artifact, Count
from stages.lib.artifacts.network import Divergence
from stages.lib.core.errors import UserError, shown
from stages.lib.core.json_files import read_json, validate

FILE = "reports/diagnosis.json"
SCHEMA = 4

Text = Annotated[str, Field(max_length=10_000, strict=True)]
# Of a check or symptom, which `python -m stages explain` takes.
Code = Annotated[str, Field(pattern=r"^LL[1-9][0-9]{2}$", strict=True)]
QuestionName = Literal["fit", "generalize"]


class Losses(Artifact):
    """The losses that an account is of, in its unit.

    Attributes:
        run: of the trained network. baseline: mean over the judging seeds. after: the same with the
            ledger's edits.
        chance: of the best constant.
        floor: what the loss is held against. exact_bound: what no network goes below, where that
            is known.
        unexplained: `after` less the floor and the luck of the labels.
        learnt_before, learnt_after: baseline and after, seeds above chance counted as chance.
        cap: of a row's loss. share_at_cap: of the run's rows.
    """

    run: Amount
    baseline: Amount
    after: Amount
    chance: Amount
    floor: Amount
    floor_is_exact: Literal[0, 1]
    exact_bound: Amount | None
    unexplained: Amount
    learnt_before: Amount
    learnt_after: Amount
    min_gain: Amount
    cap: Amount
    share_at_cap: Amount


class Seeds(Artifact):
    """How many seeds and rows judged; at how many the network knew no more than the best constant,
    before and after the edits; at how many it diverged."""

    judging: Count
    no_better_than_chance: Count
    no_better_than_chance_after: Count
    diverged: Count
    splits: Count
    judged_rows: Count


class Equivalent(Artifact):
    """An edit that would do in the place of a cause's."""

    families: list[Text]
    edit: dict[Text, Any]
    amount: Amount


class Line(Artifact):
    """A line of the ledger. What a cause has beside its amount is set for causes only: alone, what
    its edit brings by itself, and last, on top of the others."""

    line: Literal[
        "loss",
        "seed_luck",
        "row_luck",
        "above_chance",
        "cause",
        "unexplained",
        "label_luck",
        "floor",
    ]
    amount: Amount
    low: Amount | None = None
    high: Amount | None = None
    alone: Amount | None = None
    last: Amount | None = None
    families: list[Text] = Field(default_factory=list)
    edit: dict[Text, Any] = Field(default_factory=dict)
    equivalents: list[Equivalent] = Field(default_factory=list)


Status = Literal[
    "matters", "helps_alone", "too_little", "no_effect", "cannot_tell", "no_time", "not_tried"
]


class FamilyVerdict(Artifact):
    """What is shown of a family's edits on the program as it is.

    gain, low, high: of the edit whose interval reaches highest. needs_rows, needs_seeds: about how
    many it would take to tell.
    """

    family: Text
    status: Status
    evidence: list[Text]
    edit: dict[Text, Any]
    gain: Amount | None
    low: Amount | None
    high: Amount | None
    needs_rows: Count | None
    needs_seeds: Count | None

    @property
    def interval(self) -> tuple[float, float, float] | None:
        """Gain, low and high; None where none was tried."""
        if self.gain is None or self.low is None or self.high is None:
            return None
        return self.gain, self.low, self.high

    @model_validator(mode="after")
    def has_a_whole_interval(self) -> "FamilyVerdict":
        if len({bound is None for bound in (self.gain, self.low, self.high)}) > 1:
            raise ValueError("expected gain, low and high, or none of them")
        return self


class SmallGain(Artifact):
    """An edit on top of the ledger's that seems to gain a little."""

    families: list[Text]
    edit: dict[Text, Any]
    gain: Amount
    low: Amount
    high: Amount


class EditedKey(Artifact):
    """A key that the prescription changes."""

    key: Text
    old: Any
    new: Any


class Expected(Artifact):
    """The loss of the edited program, with a 95 % prediction interval."""

    loss: Amount
    low: Amount
    high: Amount


class Prescription(Artifact):
    """What to change, what to expect, and the command that does it."""

    edits: list[EditedKey]
    expected: Expected
    commands: Annotated[list[Text], Field(min_length=1)]


class Reference(Artifact):
    """What a loss is held against: the exact law, the best reference model, or the best network
    that was tried."""

    kind: Literal["exact", "model", "network"]
    name: Text


class AboutAccount(Artifact):
    """Which question, of which population its intervals are, on which scale its gains are."""

    question: QuestionName
    population: Text
    scale: Literal["raw", "learnt"]
    reference: Reference


# What a cause's line has beside its amount.
CAUSE = {"low", "high", "alone", "last", "families", "edit", "equivalents"}
BEFORE, AFTER = ("row_luck", "above_chance"), ("label_luck",)


class Account(Artifact):
    """What the loss of one question is made of. families and small_gains: of the leading one."""

    loss: Losses
    seeds: Seeds
    ledger: list[Line]
    families: list[FamilyVerdict]
    small_gains: list[SmallGain]
    prescription: Prescription | None
    about: Annotated[list[AboutAccount], Field(min_length=1, max_length=1)]

    @property
    def question(self) -> QuestionName:
        """Which one."""
        return self.about[0].question

    @property
    def reference(self) -> Reference:
        """What the loss is held against."""
        return self.about[0].reference

    @property
    def causes(self) -> list[Line]:
        """The ledger's lines that have a cause."""
        return [line for line in self.ledger if line.line == "cause"]

    @property
    def is_of_knowledge(self) -> bool:
        """Gains are of what was learnt, not of losses above chance."""
        return self.about[0].scale == "learnt"

    def amount(self, line: str) -> float:
        """Of the line of this kind, 0 where there is none."""
        return next((entry.amount for entry in self.ledger if entry.line == line), 0.0)

    def rest(self) -> Line:
        """The unexplained line."""
        return next(line for line in self.ledger if line.line == "unexplained")

    def with_status(self, status: str) -> list[FamilyVerdict]:
        """The families of this status, in their order."""
        return [family for family in self.families if family.status == status]

    @model_validator(mode="after")
    def has_its_lines(self) -> "Account":
        """The ledger's lines stand in their order, and a cause has all that a cause has."""
        kinds = [line.line for line in self.ledger]
        causes = ["cause"] * kinds.count("cause")
        before = [kind for kind in BEFORE if kind in kinds]
        after = [kind for kind in AFTER if kind in kinds]
        expected = ["loss", "seed_luck", *before, *causes, "unexplained", *after, "floor"]
        if kinds != expected:
            raise ValueError(f"expected a ledger of {', '.join(expected)}")
        for line in self.causes:
            if not line.model_fields_set >= CAUSE or not line.families:
                raise ValueError(f"expected {', '.join(sorted(CAUSE))} of each cause")
        return self


class Signal(Artifact):
    """The test of whether the inputs predict the target better than chance does. smallest_p_value:
    the smallest that it could have had. rows_needed: about how many would tell."""

    found: Literal[0, 1]
    p_value: Amount
    smallest_p_value: Amount
    rows: Count
    rows_needed: Count | None


class AboutSignal(Artifact):
    """found; none, where no gain that matters is possible; or cannot_tell, and why."""

    status: Literal["found", "none", "cannot_tell"]
    reference: Text
    reason: Text | None


class LeaveOut(Artifact):
    """Columns that give the target away, which comes before any other edit.

    Attributes:
        columns: their names.
        how: each of the first ones gives it away, in words.
        ignore, keep: what data.file.ignore is to be if they are known only once the target is, and
            data.file.keep if they are known beforehand.
        command: that leaves them out.
    """

    columns: Annotated[list[Text], Field(min_length=1)]
    how: Text
    ignore: list[Text]
    keep: list[Text]
    command: Annotated[str, Field(max_length=1_000_000, strict=True)]


class KerasFit(Artifact):
    """A Keras model was trained by Keras' own fit. not_asked: the codes of the checks and symptoms
    that look into the layers of a chain. units: of all its outputs."""

    not_asked: list[Code]
    units: Annotated[int, Field(ge=1)]


class RegressionScores(Artifact):
    """Of the run at hand on the rows of a split: root mean squared error in target units, and the
    share of the targets' variance that the network explains; None for what is not defined."""

    rmse: Amount | None
    r2: Amount | None
    split: Literal["train", "test"]


class About(Artifact):
    """In which unit, which question leads, where the run diverged, what is known of a signal, and
    why nothing is told of new rows, if so: which held-out rows stand in training, and which columns
    are to be left out. untried: edits for which there was no time. keras_fit: of a Keras model.
    regression: the leading account's loss of this run in other units."""

    unit: Text
    lead: QuestionName
    divergence: Divergence | None
    leak: Text | None
    untried: list[dict[Text, Any]]
    leave_out: LeaveOut | None = None
    keras_fit: KerasFit | None = None
    regression: RegressionScores | None = None
    signal: AboutSignal


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
    """What was trained, how many seconds that takes at nominal speeds, and how many rows were held
    out of all divisions together. rows, epochs_share: which training rows, and which share of each
    program's epochs, the search trained; all of them, where there was time."""

    fits: Count
    seconds: Amount
    rows: Count
    rows_of: Count
    epochs_share: Amount = 1.0
    held_out: Count
    held_out_needed: Count

    @property
    def steps_share(self) -> float:
        """The share of each program's steps that the search trained; 1 where it was whole."""
        return self.epochs_share * self.rows / max(1, self.rows_of)


class FullSize(Artifact):
    """The loss before and after what a short search proposed, trained with all steps."""

    before: Amount
    after: Amount


class Diagnosis(Artifact):
    """The content of diagnosis.json. generalize is None where too few rows are held out."""

    fit: Account
    generalize: Account | None
    signal: Signal
    about: Annotated[list[About], Field(min_length=1, max_length=1)]
    checks: list[CheckRecord]
    symptoms: list[SymptomRecord]
    budget: Budget
    full_size: FullSize | None = None

    @property
    def lead(self) -> Account:
        """The account of the question that was searched."""
        account = self.fit if self.about[0].lead == "fit" else self.generalize
        assert account is not None
        return account

    @property
    def unit(self) -> str:
        """Of every loss."""
        return self.about[0].unit

    @property
    def divergence(self) -> Divergence | None:
        """Where the run diverged."""
        return self.about[0].divergence

    @property
    def leak(self) -> str | None:
        """Which held-out rows stand in training."""
        return self.about[0].leak

    @property
    def leave_out(self) -> LeaveOut | None:
        """Which columns give the target away."""
        return self.about[0].leave_out

    @model_validator(mode="after")
    def has_its_lead(self) -> "Diagnosis":
        """The account that leads is there."""
        if self.about[0].lead == "generalize" and self.generalize is None:
            raise ValueError("expected an account of the leading question")
        return self


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
    return validate(Diagnosis, content, name, "what `dvc repro` writes")
