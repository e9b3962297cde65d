"""What was captured beside a script: the schema of captured.json, and the arrays with it."""

from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from stages.lib.params.section import FLOAT32_MAX
from stages.tools.adopt.translate.keras_object import KerasObject, Strict, Text, Word

# A network of so many layers would be no table's.
MAX_LAYERS = 1000
# Inputs, or outputs, of one model.
MAX_ENDS = 100
# Names of columns.
MAX_NAMES = 2**20

Count = Annotated[int, Field(ge=1, le=10**9)]
Names = Annotated[list[Text], Field(max_length=MAX_NAMES)]
Size = Annotated[int, Field(ge=0, le=10**9)]
Shape = Annotated[list[Size | None], Field(max_length=16)]


class LossObject(KerasObject):
    """A loss.

    Attributes:
        own: it is a function or class of the script, and `name` is what that is called there. What
            it computes is known at probes only.
    """

    own: bool = False


class FitArguments(Strict):
    """The arguments of fit.

    Attributes:
        epochs: of all calls that went on with the same model on the same rows.
        class_weight: by the numbers of the classes.
        sample_weight: whether rows have weights.
        validated: with validation rows.
    """

    batch_size: Count
    shuffle: bool
    epochs: Annotated[int, Field(ge=0, le=10**9)]
    callbacks: Annotated[list[KerasObject], Field(max_length=100)]
    class_weight: dict[Word, Annotated[float, Field(ge=0, le=FLOAT32_MAX)]] | None
    sample_weight: bool
    validated: bool


class Input(Strict):
    """An array of x as the script had it.

    Attributes:
        name: of the model's input.
        shape: without the rows; None where the model takes any size.
        dtype: of the array: int64, bool, float32, str, ...; 'mixed' for a frame of several.
        columns: their names, from a frame, or None.
        container: what held it, as 'pandas.DataFrame' or 'numpy.ndarray'.
    """

    name: Word
    shape: Shape
    dtype: Word
    columns: Names | None
    container: Word = ""


class Output(Strict):
    """An output of the model, and the array of y that goes with it.

    Attributes:
        name: of the output: of the layer that gives it.
        shape: of the output without the rows.
        dtype, columns, container: of the array of y, as Input has them.
        loss: its own, where an output has another one than `Content.loss`.
        loss_weight: what its loss is multiplied by in the sum over the outputs.
    """

    name: Word
    shape: Shape
    dtype: Word = "float64"
    columns: Names | None = None
    container: Word = ""
    loss: LossObject | None = None
    loss_weight: Annotated[float, Field(allow_inf_nan=False)] = 1.0


class ModelConfiguration(Strict):
    """A model that is no chain of layers, as keras.saving.serialize_keras_object writes it: a
    Functional of built-in layers, nested models opened."""

    class_name: Word
    module: Word | None = None
    registered_name: Word | None = None
    config: dict[Word, Any]


class Script(Strict):
    """The script that called fit: its file's name, the line of the call (0 where there is none,
    in a notebook say), and the SHA-256 of its text."""

    name: Word
    line: Annotated[int, Field(ge=0, le=10**7)]
    sha256: Annotated[str, Field(max_length=64)] = ""


class Content(Strict):
    """captured.json.

    A chain of layers has `layers` (from input to output) and `applied` (layers before the first
    Dense, which were applied to x); any other model has `model`, and `layers` is empty.

    Attributes:
        loss: of the first output.
        columns, targets: names of the columns of x and of y, where there is one array of each.
        remarks: what a reader has to know, a line each.
        keras_warnings: what Keras warned it would ignore.
        weights: names of the arrays weight.0, weight.1, ...: of a chain 'POSITION.NAME'; of another
            model 'LAYER/NAME', the path of the variable below its layer, those of one layer in the
            order of its `weights`. Of a layer that wraps another one, Keras names the path by how
            the model was built; the order stays.
        versions: of python, numpy, keras, and backend, which is also named.
    """

    version: Literal[1] = Field(alias="schema", default=1)
    layers: Annotated[list[KerasObject], Field(max_length=MAX_LAYERS, default_factory=list)]
    applied: Annotated[list[Word], Field(max_length=MAX_LAYERS, default_factory=list)]
    model: ModelConfiguration | None = None
    inputs: Annotated[list[Input], Field(max_length=MAX_ENDS, default_factory=list)]
    outputs: Annotated[list[Output], Field(max_length=MAX_ENDS, default_factory=list)]
    loss: LossObject
    optimizer: KerasObject
    fit: FitArguments
    columns: Names | None
    targets: Names | None
    remarks: Annotated[list[Text], Field(max_length=100)]
    keras_warnings: Annotated[list[Text], Field(max_length=100)]
    weights: Annotated[list[Word], Field(max_length=20 * MAX_LAYERS)]
    versions: dict[Word, Word] = Field(default_factory=dict)
    script: Script | None = None

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        if bool(self.layers) == (self.model is not None):
            raise ValueError("expected either layers or a model")
        if self.model is not None and not (self.inputs and self.outputs):
            raise ValueError("expected inputs and outputs beside a model")
        return self


@dataclass(frozen=True)
class Probes:
    """What a loss of the script's own gave at probes, with its gradient by the script's backend.

    Attributes:
        true: float64 [probes, rows, targets]. A target of shape (rows,) stands as one column.
        predicted: float64 [probes, rows, units].
        value: float64 [probes], a mean over the rows where the loss gave one number a row.
        gradient: of the value by `predicted`, of its shape.
    """

    true: np.ndarray
    predicted: np.ndarray
    value: np.ndarray
    gradient: np.ndarray


@dataclass(frozen=True)
class Captured:
    """What a script's fit was given.

    Attributes:
        content: all but the arrays.
        xs, ys: the arrays of x and y. Of a chain one of each, float64 [rows, inputs] and
            [rows, ...]; of another model one for each input and output, in the dtype of the script.
        xs_validation, ys_validation: the same of the validation rows, or None.
        weights: of the layers, float32, by the names of `content.weights`.
        w, w_validation: weights of the rows, float64 [rows], or None.
        probes: of a loss of the script's own, by output; empty where there is none.
    """

    content: Content
    xs: tuple[np.ndarray, ...]
    ys: tuple[np.ndarray, ...]
    xs_validation: tuple[np.ndarray, ...] | None
    ys_validation: tuple[np.ndarray, ...] | None
    weights: dict[str, np.ndarray]
    w: np.ndarray | None = None
    w_validation: np.ndarray | None = None
    probes: dict[int, Probes] = field(default_factory=dict)

    @property
    def x(self) -> np.ndarray:
        """The only array of x, or the first."""
        return self.xs[0]

    @property
    def y(self) -> np.ndarray:
        """The only array of y, or the first."""
        return self.ys[0]

    @property
    def x_validation(self) -> np.ndarray | None:
        """x of the validation rows, or None."""
        return None if self.xs_validation is None else self.xs_validation[0]

    @property
    def y_validation(self) -> np.ndarray | None:
        """y of the validation rows, or None."""
        return None if self.ys_validation is None else self.ys_validation[0]
