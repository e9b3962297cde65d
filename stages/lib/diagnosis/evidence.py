"""reports/evidence.json: the numbers behind the page's pictures, which say nothing new.

Losses are mean proper losses in the account's unit; `before` is of the program as it is, `after` of
the same with the leading ledger's edits (equal without any).
"""

from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, model_validator

from stages.lib.artifacts.base import Amount, Artifact, Count
from stages.lib.core.errors import UserError
from stages.lib.core.json_files import read_json, validate
from stages.lib.diagnosis.schema import Account, Text

FILE = "reports/evidence.json"

# A curve has at most so many points.
MAX_POINTS = 60
Curve = Annotated[list[Amount | None], Field(min_length=1, max_length=MAX_POINTS)]
CurvesOfSeeds = Annotated[list[Curve], Field(min_length=1)]


class Curves(Artifact):
    """The loss by epoch of each seed. epochs: of the points, from 0; None in a curve: not finite.
    A training that ended early has a shorter curve."""

    split: Literal["train", "validation"]
    epochs: Annotated[list[Count], Field(max_length=MAX_POINTS)]
    before: CurvesOfSeeds
    after: CurvesOfSeeds

    @model_validator(mode="after")
    def has_an_epoch_for_each_point(self) -> "Curves":
        if max(map(len, (*self.before, *self.after))) > len(self.epochs):
            raise ValueError("expected an epoch for each point")
        return self


class RowLosses(Artifact):
    """How many in a thousand of the judged rows and seeds have a loss in each bin. edges: one more
    than bins, rising."""

    edges: Annotated[list[Amount], Field(min_length=2)]
    before: list[Amount]
    after: list[Amount]

    @model_validator(mode="after")
    def has_its_bins(self) -> "RowLosses":
        if not len(self.before) == len(self.after) == len(self.edges) - 1:
            raise ValueError("expected a number for each bin")
        if self.edges[0] < 0 or any(a >= b for a, b in pairwise(self.edges)):
            raise ValueError("expected rising edges from 0 on")
        return self


class Interval(Artifact):
    """A mean with its 95 % interval, in the loss's unit."""

    mean: Amount
    low: Amount
    high: Amount


class MoreRows(Artifact):
    """The loss of the program with the edits, trained on a part of the training rows.

    rows: how many, rising, the last one all. losses: mean over the same seeds, on the same test
    rows. last: what the last halving's rows bring, less half of them.
    """

    rows: list[Count]
    losses: list[Amount]
    seeds: Count
    last: Interval

    @model_validator(mode="after")
    def has_its_points(self) -> "MoreRows":
        if not 2 <= len(self.rows) == len(self.losses) or self.rows[0] < 1:
            raise ValueError("expected a loss for each number of rows, from 1 on")
        return self


class Variance(Artifact):
    """Of the unexplained loss, what the seeds differ by: mean loss less the loss of the averaged
    prediction of so many networks."""

    networks: Count
    averaged: Amount
    variance: Interval


class Condition(Artifact):
    """A number of a column is at most or above a value, or its text is this one or another."""

    column: Text
    sign: Literal["≤", ">", "is", "is not"]
    value: Amount | Text


class Slice(Artifact):
    """Rows that a tree of the validation rows' loss sets apart, judged on the test rows.

    Attributes:
        conditions: all of which hold.
        rows: how many test rows.
        loss: their mean. above: how much more it is than that of the other rows.
        gain: what the edits bring on them; None without edits.
    """

    conditions: list[Condition]
    rows: Count
    loss: Amount
    above: Interval
    gain: Interval | None


class WorstRow(Artifact):
    """A test row. row: its position in the test split, from 0. before, after: its loss, mean over
    seeds. predicted: class code or value, by the averaged prediction. odds: how many times as
    likely that class is as the row's own; None of numbers and labels."""

    row: Count
    before: Amount
    after: Amount
    predicted: Amount | None
    odds: Amount | None


class Importance(Artifact):
    """How much the test loss rises when a column's values are shuffled, mean and deviation over
    the repeats."""

    column: Text
    before: Amount
    after: Amount
    deviation_before: Amount
    deviation_after: Amount


class Evidence(Artifact):
    """The content of the file. seeds: for each line of the leading ledger, its amount at each
    judging seed; empty for a line that has none."""

    seeds: list[list[Amount]]
    curves: list[Curves]
    row_losses: RowLosses | None
    more_rows: MoreRows | None
    variance: Variance | None
    slices: list[Slice]
    worst_rows: list[WorstRow]
    importance: list[Importance]


def read(account: Account) -> Evidence:
    """The evidence of this account. Raises UserError where the file is missing, not ours, or of
    another diagnosis."""
    evidence = validate(Evidence, read_json(FILE), FILE, "what `dvc repro` writes")
    if len(evidence.seeds) != len(account.ledger):
        raise UserError(
            f"{FILE}: seeds",
            f"{len(account.ledger)} lists, as the ledger has lines",
            str(len(evidence.seeds)),
            "`dvc repro` writes both",
        )
    return evidence
