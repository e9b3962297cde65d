"""Tasks: what is predicted, and by which loss it is judged."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from stages.lib.vocabulary.rows import by_name

TaskName = Literal["binary", "multiclass", "multilabel", "regression"]


@dataclass(frozen=True)
class TaskKind:
    """A kind of task.

    Attributes:
        name: as in card.json and `data.file.task`.
        loss: the trained loss that `train.loss: auto` means.
        metric: the proper loss that every report judges by, as metrics.json calls it.
        unit: of that loss.
    """

    name: TaskName
    loss: str
    metric: str
    unit: str

    @property
    def is_regression(self) -> bool:
        """Numbers are predicted."""
        return self.name == "regression"

    @property
    def has_labels(self) -> bool:
        """Of several labels, a row has any number."""
        return self.name == "multilabel"

    @property
    def has_classes(self) -> bool:
        """Each row is of exactly one class."""
        return not self.is_regression and not self.has_labels

    def has(self, classes: Sequence[str], targets: Sequence[str]) -> bool:
        """Whether a task of this kind can have these classes and target columns (see `Task`)."""
        if self.is_regression:
            return not classes
        if self.has_labels:
            return classes == targets
        enough = len(classes) >= 2 and len(targets) == 1
        return enough and self == kind_of_classes(len(classes))


BINARY = TaskKind("binary", "binary_crossentropy", "log_loss", "nats")
MULTICLASS = TaskKind("multiclass", "categorical_crossentropy", "log_loss", "nats")
MULTILABEL = TaskKind("multilabel", "binary_crossentropy", "log_loss", "nats a label")
REGRESSION = TaskKind("regression", "mean_squared_error", "mse", "squared target units")
KINDS = by_name(BINARY, MULTICLASS, MULTILABEL, REGRESSION)


def kind_of_classes(count: int) -> TaskKind:
    """The kind of task whose rows are each of one of so many classes."""
    return BINARY if count == 2 else MULTICLASS


@dataclass(frozen=True)
class Task:
    """What is predicted from a table.

    Attributes:
        kind: a row of KINDS.
        classes: the names of the classes or labels; empty for a regression.
        targets: the names of the target columns, one but for labels and several numbers.
    """

    kind: TaskKind
    classes: tuple[str, ...]
    targets: tuple[str, ...]

    @property
    def is_regression(self) -> bool:
        """Numbers are predicted."""
        return self.kind.is_regression

    @property
    def has_labels(self) -> bool:
        """Of several labels, a row has any number."""
        return self.kind.has_labels

    @property
    def has_classes(self) -> bool:
        """Each row is of exactly one class."""
        return self.kind.has_classes

    @property
    def unit(self) -> str:
        """Of the proper loss."""
        return self.kind.unit
