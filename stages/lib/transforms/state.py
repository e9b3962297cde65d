"""How a table becomes inputs and targets: what is fitted on the training split, as it is stored."""

from typing import Annotated, Any, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from stages.lib.artifacts.base import Artifact, Finite, check_different
from stages.lib.artifacts.card import Card, check_answers
from stages.lib.transforms.columns import TRANSFORMS
from stages.lib.transforms.target_means import TargetMeans
from stages.lib.vocabulary.tasks import KINDS, Task, TaskName


def _of_its_transform(state: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
    name = info.data.get("transform")
    if name is not None:
        if name not in TRANSFORMS:
            raise ValueError(f"expected one of {', '.join(TRANSFORMS)}")
        TRANSFORMS[name].shape.model_validate(state)
    return state


class NumericColumn(Artifact):
    """A column of numbers.

    Attributes:
        missing: what a gap becomes, in the column's own unit; None leaves it NaN.
        transform, state: a row of TRANSFORMS and what was fitted.
        sampled_rows: how many rows it was fitted on, where that is a sample.
        indicator: a 0/1 input beside it says where there was a gap.
    """

    name: str
    kind: Literal["numeric", "binary"]
    missing: Finite | None
    transform: str
    state: dict[str, Any]
    sampled_rows: int | None = None
    indicator: bool

    check_state = field_validator("state")(_of_its_transform)

    @property
    def inputs(self) -> list[str]:
        """The inputs that it becomes."""
        names = TRANSFORMS[self.transform].names(self.name, self.state)
        return names + [f"{self.name} is missing"] * self.indicator


class CategoricalColumn(Artifact):
    """A column of text.

    Attributes:
        encoding: 'one_hot', 'ordinal' (0, 1, 2, ...), or 'target_mean' (what is predicted, on
            average over the category's rows).
        categories: the known ones, in the order of their codes.
        infrequent: how many rare ones are pooled behind them; None without a pool.
        means: of 'target_mean' only, of each known category and the pool.
        indicator: a 0/1 input beside it says where there was a gap.
    """

    name: str
    kind: Literal["categorical"]
    encoding: Literal["one_hot", "ordinal", "target_mean"]
    categories: list[str]
    infrequent: int | None = None
    means: TargetMeans | None = None
    indicator: bool

    @model_validator(mode="after")
    def has_categories(self) -> "CategoricalColumn":
        """No category stands twice, and there are means where they are its encoding."""
        check_different(self.categories)
        levels = None if self.means is None else len(self.means.of_all.levels)
        if levels != (len(self.categories) + self.has_pool if self.has_means else None):
            raise ValueError("expected means of each category for target_mean only")
        return self

    @property
    def has_means(self) -> bool:
        """Whether a category becomes means of the target."""
        return self.encoding == "target_mean"

    @property
    def has_pool(self) -> bool:
        """Rare categories, and new ones with them, are one more category."""
        return self.infrequent is not None

    @property
    def inputs(self) -> list[str]:
        """The inputs that it becomes."""
        names = [self.name]
        if self.encoding == "one_hot":
            names = [f"{self.name}={category}" for category in self.categories]
            names += [f"{self.name} is infrequent"] * self.has_pool
        elif self.means is not None and len(self.means.answers) > 1:
            names = [f"{self.name}: {answer}" for answer in self.means.answers]
        return names + [f"{self.name} is missing"] * self.indicator


ColumnState = NumericColumn | CategoricalColumn


class TargetState(Artifact):
    """A target column. transform and state: of a number; None for a class or a label."""

    name: str
    transform: str | None = None
    state: dict[str, Any] | None = None
    sampled_rows: int | None = None

    check_state = field_validator("state")(_of_its_transform)


class NormalizationState(Artifact):
    """The content of normalization.json.

    Attributes:
        task_name, classes: as in card.json; `task` is the object.
        weights: the column of the tables that says how many rows each row stands for, or None.
        columns: how each becomes inputs.
        inputs: the names of the inputs, in the order of the matrix.
        targets: how each is scaled.
    """

    version: Literal[1] = Field(alias="schema")
    task_name: TaskName = Field(alias="task")
    classes: list[str]
    weights: str | None = None
    columns: list[Annotated[ColumnState, Field(discriminator="kind")]]
    inputs: Annotated[list[str], Field(min_length=1)]
    targets: Annotated[list[TargetState], Field(min_length=1)]

    @model_validator(mode="after")
    def is_of_its_task(self) -> "NormalizationState":
        """Targets and classes are those of the task, and the inputs what the columns become."""
        kind = KINDS[self.task_name]
        check_answers(kind, [target.name for target in self.targets], self.classes)
        if kind.is_regression and any(target.state is None for target in self.targets):
            raise ValueError("expected a transform and its state of each target")
        check_different([column.name for column in self.columns])
        if self.inputs != [name for column in self.columns for name in column.inputs]:
            raise ValueError("expected the inputs that the columns become")
        return self

    @property
    def task(self) -> Task:
        """What is predicted."""
        targets = tuple(target.name for target in self.targets)
        return Task(KINDS[self.task_name], tuple(self.classes), targets)

    def is_of(self, card: Card) -> bool:
        """It was fitted on a table with this card's columns, targets and classes."""
        columns = [(column.name, column.kind) for column in self.columns]
        return self.task == card.task and columns == [(c.name, c.kind) for c in card.columns]
