"""data/raw/card.json: the data's card."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from stages.lib.artifacts.base import (
    Amount,
    Artifact,
    ByName,
    Finite,
    check_different,
    read_artifact,
)
from stages.lib.vocabulary.tasks import KINDS, Task, TaskKind, TaskName

ColumnKind = Literal["numeric", "binary", "categorical"]


class Column(Artifact):
    """A feature: 'categorical' (text), 'binary' (numbers of at most two values) or 'numeric'."""

    name: str
    kind: ColumnKind


class LeftOut(Artifact):
    """A column of the table that is no feature although nobody asked for that, and why."""

    name: str
    reason: str


class Estimate(Artifact):
    """A mean loss over rows, with the standard error of that mean as an estimate for new rows."""

    value: Amount
    standard_error: Amount


class SplitFloor(Estimate):
    """A split's floor. value: what its rows cost in expectation over their labels. drawn: what the
    best possible prediction costs on the labels that they have."""

    drawn: Amount


class Shift(Artifact):
    """Targets that stand some rows off their inputs.

    Attributes:
        rows: how many rows below its inputs a target stands; above, if negative.
        explained, own: the share of the targets' variance that the inputs of that row explain, and
            the inputs of the target's own, on rows that nothing was fitted on; negative where a
            constant explains more.
    """

    rows: Annotated[int, Field(ge=-5, le=5)]
    explained: Finite
    own: Finite


class Dated(Artifact):
    """Rows in the order of a date by which they are not split.

    Attributes:
        name: of the column of dates, which is no feature.
        neighbours: the correlation of a row's target with the next row's, -1 to 1; of classes that
            of having the most frequent one.
        rows: of which that was measured.
    """

    name: str
    neighbours: Annotated[float, Field(ge=-1, le=1)]
    rows: Annotated[int, Field(ge=2, le=10**10)]


class Rows(Artifact, ByName[int]):
    """How many rows each split has."""

    train: Annotated[int, Field(ge=1, le=10**10)]
    validation: Annotated[int, Field(ge=0, le=10**10)]
    test: Annotated[int, Field(ge=0, le=10**10)]


class Chance(Artifact, ByName[float | None]):
    """The loss of the best constant on each split, None on one without rows."""

    train: Amount
    validation: Amount | None
    test: Amount | None


class ExactFloor(Artifact, ByName[SplitFloor | None]):
    """The irreducible loss where the data's law is known: of each split the mean over its rows of
    the Bayes loss given the row, None of one without rows, and `population` the same over a large
    fresh sample of inputs."""

    kind: Literal["exact"]
    population: Estimate
    train: SplitFloor
    validation: SplitFloor | None
    test: SplitFloor | None


class Card(Artifact):
    """What later stages need to know of the data.

    Attributes:
        source, name: where the data come from, and what they are called.
        task_name: as JSON has it; `task` is the object.
        targets: the names of the target columns.
        classes: in the order of their codes; of a multilabel task its labels, which are its target
            columns (1 where a row has the label, else 0); of a regression none.
        columns: the features.
        left_out: columns that are no features, each with the reason.
        ignored: columns that are no features since the user says so.
        kept: features that the user keeps by name.
        rising: features of whole numbers that rise, or fall, from row to row of the user's table,
            by which nothing is split.
        dated: of rows in the order of a date by which they are not split, or None.
        auto_classes: whole numbers became classes without being named so.
        rows: how many each split has; all may be training rows.
        rows_left_out: of the user's table, since they have no target.
        unit: of the proper loss.
        chance: the loss of the best constant prediction, learnt on the training split (shares of
            the classes or labels, or the mean), on each split; of several targets their mean.
        floor: the exact irreducible loss, or None where the law is not known.
        groups: the column of the tables that has a code for each group, which no two splits share.
        time: the column of the user's table by which the rows are in the order of time.
        weights: the column of the tables that says how many rows each row stands for: all shares
            and losses are then weighted means, and `rows` are rows as they are.
        shift: of the targets against the inputs, or None.
    """

    version: Literal[1] = Field(alias="schema")
    source: Literal["synthetic", "bundled", "file"]
    name: str
    task_name: TaskName = Field(alias="task")
    targets: Annotated[list[str], Field(min_length=1)]
    classes: list[str]
    columns: Annotated[list[Column], Field(min_length=1)]
    left_out: list[LeftOut] = Field(default_factory=list)
    ignored: list[str] = Field(default_factory=list)
    kept: list[str] = Field(default_factory=list)
    rising: list[str] = Field(default_factory=list)
    dated: Dated | None = None
    auto_classes: bool = False
    rows: Rows
    rows_left_out: Annotated[int, Field(ge=0, le=10**10)] = 0
    unit: str
    chance: Chance
    floor: ExactFloor | None
    groups: str | None = None
    time: str | None = None
    weights: str | None = None
    shift: Shift | None = None

    @model_validator(mode="after")
    def is_of_its_task(self) -> "Card":
        """Targets and classes are those of the task, and no column has two roles."""
        check_answers(KINDS[self.task_name], self.targets, self.classes)
        roles = [name for name in (self.groups, self.weights) if name]
        check_different([column.name for column in self.columns] + self.targets + roles)
        return self

    @model_validator(mode="after")
    def has_losses_where_it_has_rows(self) -> "Card":
        """Chance and floor are those of the splits that have rows, and of no others."""
        for split, rows in self.rows.items():
            if (self.chance[split] is None) != (rows == 0):
                raise ValueError(f"expected a chance of the {split} split if it has rows")
            if self.floor is not None and (self.floor[split] is None) != (rows == 0):
                raise ValueError(f"expected a floor of the {split} split if it has rows")
        return self

    @property
    def watched_split(self) -> str:
        """The split whose loss tells how a training goes on: validation, or training where no
        rows validate."""
        return "validation" if self.rows.validation else "train"

    @property
    def task(self) -> Task:
        """What is predicted."""
        return Task(KINDS[self.task_name], tuple(self.classes), tuple(self.targets))


def check_answers(kind: TaskKind, targets: list[str], classes: list[str]) -> None:
    """Raise ValueError unless a task of this kind can have these targets and classes."""
    check_different(classes)
    if not kind.has(classes, targets):
        raise ValueError(f"expected targets and classes of a {kind.name} task")


def read_card(path: str) -> Card:
    """The card of this path. Raises UserError."""
    return read_artifact(Card, path)
