"""Tasks: what is predicted, and by which loss it is judged."""

from dataclasses import dataclass

from stages.lib.vocabulary.rows import by_name


@dataclass(frozen=True)
class TaskKind:
    """A kind of task.

    Attributes:
        name: as in card.json and `data.file.task`.
        loss: the trained loss that `train.loss: auto` means.
        metric: the proper loss that every report judges by, as metrics.json calls it.
        unit: of that loss.
    """

    name: str
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
        return self.name in ("binary", "multiclass")


KINDS = by_name(
    TaskKind("binary", "binary_crossentropy", "log_loss", "nats"),
    TaskKind("multiclass", "categorical_crossentropy", "log_loss", "nats"),
    TaskKind("multilabel", "binary_crossentropy", "log_loss", "nats a label"),
    TaskKind("regression", "mean_squared_error", "mse", "squared target units"),
)


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
