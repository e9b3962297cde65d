"""The `normalize` section of params.yaml: how columns become inputs of the network."""

from typing import Annotated, Literal

from pydantic import Field

from stages.lib.params.column_transform import ColumnTransform
from stages.lib.params.names import TargetTransformName, TransformName
from stages.lib.params.section import UNTRIED, Family, Name, Section, Share


class Normalize(Section):
    """Transforms of the columns, each fitted on the training split alone."""

    features: Annotated[TransformName, Family("input_normalization")] = Field(
        description="how numeric columns are scaled: none, standard, minmax, robust, "
        "robust_clipped, quantile, log1p_standard, piecewise_linear"
    )
    binary: Annotated[TransformName, UNTRIED] = Field(
        description="how two-valued numeric columns are scaled: the same choices"
    )
    categorical: Annotated[
        Literal["one_hot", "ordinal", "target_mean"], Family("input_normalization")
    ] = Field(
        description="one_hot, ordinal (0, 1, 2, ...), or target_mean (the target's mean over a "
        "level's other training rows, of each class); a gap or a level not in training: all zeros, "
        "-1, or the mean of all rows"
    )
    min_frequency: Annotated[Annotated[int, Field(ge=1)] | Share | None, UNTRIED] = Field(
        description="levels in fewer training rows are pooled: a number of rows, or a share of "
        "them, 0 to 1; null: off"
    )
    max_categories: Annotated[Annotated[int, Field(ge=1)] | None, UNTRIED] = Field(
        description="at most so many levels a column, the pool of the rarest being one of them; "
        "null: off"
    )
    columns: Annotated[dict[Name, ColumnTransform], Family("input_normalization")] = Field(
        description="exceptions by column: the same choices, one_hot (of at most 100 different "
        "numbers), cyclic (sine and cosine of a number that goes round) or drop, e.g. "
        "{household_income: log1p_standard, hour: {name: cyclic, period: 24}, age: {name: "
        "piecewise_linear, bins: 8}}; a period left out: by the training range; bins left out: 16"
    )
    keep_best: Annotated[Annotated[int, Field(ge=1)] | None, Family("input_normalization")] = Field(
        description="of the columns of numbers so many are kept, those that by themselves say most "
        "of the target in training (F test); null: all"
    )
    missing: Annotated[Literal["mean", "median", "zero", "keep"], Family("data")] = Field(
        description="a gap in a numeric column becomes: mean, median, zero; keep leaves NaN"
    )
    missing_indicator: Annotated[bool, Family("data")] = Field(
        description="true: a 0/1 column beside each column that has gaps in training"
    )
    target: Annotated[TargetTransformName, Family("target_normalization")] = Field(
        description="regression targets, each by itself: none, standard, minmax, robust, "
        "log1p_standard"
    )

    def transform_of(self, column: str, is_binary: bool) -> ColumnTransform:
        """What becomes of a column of numbers."""
        default = self.binary if is_binary else self.features
        return self.columns.get(column) or ColumnTransform.model_validate(default)

    def drops(self, column: str) -> bool:
        """Whether an exception leaves this column out."""
        return column in self.columns and self.columns[column].name == "drop"
