"""How classes and labels are written as numbers for the network. A new encoding is one row."""

from dataclasses import dataclass

from stages.lib.vocabulary.rows import by_name
from stages.lib.vocabulary.tasks import TaskKind


@dataclass(frozen=True)
class Encoding:
    """An encoding of the target.

    Attributes:
        name: in params.yaml; 'value' is that of a regression, which is matched and never named.
        numbers: what it writes for class 0 and class 1 (each further class as much higher), or for
            a label that a row lacks and one that it has; None where no single number stands for a
            class.
        for_classes, for_labels: whether a task of classes, or of several labels, can be written so.
        at_most_two_classes: it has no number for a third class.
        keras_line: a line of a script that makes it from the codes 0, 1, ... or from labels 0 and
            1; `{classes}` stands for the number of classes. '' where nothing is to be made.
    """

    name: str
    numbers: tuple[float, float] | None = None
    for_classes: bool = False
    for_labels: bool = False
    at_most_two_classes: bool = False
    keras_line: str = ""

    @property
    def is_one_hot(self) -> bool:
        """It writes a column for each class."""
        return self.for_classes and self.numbers is None


ENCODINGS = by_name(
    Encoding("integer", (0.0, 1.0), for_classes=True, keras_line="y = codes  # 0, 1, ..."),
    Encoding("integer_from_one", (1.0, 2.0), for_classes=True, for_labels=True,
             keras_line="y = codes + 1"),
    Encoding("plus_minus_one", (-1.0, 1.0), for_classes=True, for_labels=True,
             at_most_two_classes=True, keras_line="y = 2 * codes - 1"),
    Encoding("one_hot", None, for_classes=True,
             keras_line="y = keras.utils.to_categorical(codes, {classes})"),
    Encoding("multi_hot", (0.0, 1.0), for_labels=True,
             keras_line="y = codes  # 0 or 1 for each label"),
    Encoding("value"),
)  # fmt: skip


def encodings(task: TaskKind) -> tuple[str, ...]:
    """The names of the encodings that a task's targets can be written in."""
    if task.is_regression:
        return ("value",)
    return tuple(
        row.name
        for row in ENCODINGS.values()
        if (row.for_labels if task.has_labels else row.for_classes)
    )
