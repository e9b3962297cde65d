"""The section train, with the model that it names, as a program that Keras' fit can run."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stages.lib.core.errors import UserError, shown
from stages.lib.keras_fit.build import Outline, outline
from stages.lib.keras_fit.configuration import Config
from stages.lib.keras_fit.edit import LINEAR, edited_model
from stages.lib.keras_fit.model import ModelFile, check_inputs, read_model
from stages.lib.params.contract import Contract, settle
from stages.lib.params.model import key_of_model
from stages.lib.params.reading import FILE
from stages.lib.params.train import Train
from stages.lib.transforms.state import NormalizationState, NumericColumn
from stages.lib.vocabulary.activations import ACTIVATIONS
from stages.lib.vocabulary.tasks import Task


@dataclass(frozen=True)
class Input:
    """Which of the table's inputs one of the model's takes: their positions, the shape of a row,
    and the dtype."""

    positions: tuple[int, ...]
    shape: tuple[int, ...]
    dtype: str


@dataclass(frozen=True)
class KerasProgram:
    """A model with its contract, optimizer and settings: all but the data.

    Attributes:
        params: the section train.
        contract: loss, output and target encoding.
        model: the configuration, edits made.
        inputs: of the model, in its order.
        outline: what the model is.
    """

    params: Train
    contract: Contract
    model: Config
    inputs: tuple[Input, ...]
    outline: Outline

    def split(self, x: np.ndarray) -> list[np.ndarray]:
        """The rows x, float32 [rows, inputs], as the model takes them."""
        return split(self.inputs, x)

    def targets(self, y: np.ndarray) -> list[np.ndarray]:
        """Encoded targets, float32 [rows, width], an array for each output."""
        if len(self.outline.units) == 1:
            return [y]
        ends = np.cumsum(self.outline.units)[:-1]
        return np.split(y, ends, axis=1)


def split(inputs: Sequence[Input], x: np.ndarray) -> list[np.ndarray]:
    """The rows x, float32 [rows, inputs], as a model with these inputs takes them: an array
    [rows, ...] for each."""
    return [
        np.ascontiguousarray(x[:, list(taken.positions)], taken.dtype).reshape(len(x), *taken.shape)
        for taken in inputs
    ]


def keras_program(params: Train, task: Task, state: NormalizationState) -> KerasProgram:
    """The program of a model for a task.

    Args:
        params: the section train; train.model.file names the model.
        task: what is predicted.
        state: from columns to the inputs of the table.

    Raises:
        UserError: the file is refused, an edit fits no layer, an input of the model is no column,
            or loss, output and target do not go together.
    """
    assert params.model.file is not None
    file = read_model(params.model.file)
    output, model = params.model.output_activation, file.model
    # Built as it is first: an edit takes for granted what Keras does.
    units = sum(outline(model).units)
    if output == "auto":
        output = matched_activation(params, task, units)
    model = edited_model(model, params.model, output)
    found = outline(model)
    contract = settled(params, task, found, found.activation)
    return KerasProgram(params, contract, model, inputs_of(file, state), found)


def matched_activation(params: Train, task: Task, units: int) -> str:
    """The activation of so many output units that matches loss and task. Raises UserError where
    these do not go together."""
    return _settle(params, task, units, "auto").activation


def settled(params: Train, task: Task, found: Outline, activation: str) -> Contract:
    """The contract of a model with this output activation. Raises UserError."""
    if len(found.units) > 1 and not (task.is_regression and len(task.targets) == sum(found.units)):
        raise UserError(
            f"{FILE}: train.model.file",
            "one output, or outputs that together are the targets of a regression",
            f"{len(found.units)} outputs of {', '.join(map(str, found.units))} units",
        )
    known = activation if activation in ACTIVATIONS else LINEAR
    return _settle(params, task, sum(found.units), known)


def _settle(params: Train, task: Task, units: int, activation: str) -> Contract:
    """The contract, with what the model's outputs are in the place of a chain's keys. Raises
    UserError naming the key that a model has."""
    outputs = {"output_units": units, "output_activation": activation}
    try:
        return settle(params.model_copy(update=outputs), task)
    except UserError as error:
        key = error.where.removeprefix(f"{FILE}: ")
        if key_of_model(key) == key:
            raise
        wanted = f"a model with {key.removeprefix('train.')} {error.expected}"
        raise UserError(f"{FILE}: {key_of_model(key)}", wanted, error.received) from None


def inputs_of(file: ModelFile, state: NormalizationState) -> tuple[Input, ...]:
    """Where the model's inputs are among those of the table. Raises UserError for a column that is
    none of them, and for codes that are scaled."""
    positions = {name: i for i, name in enumerate(state.inputs)}
    check_inputs(file, state.inputs)
    transforms = {
        column.name: column.transform
        for column in state.columns
        if isinstance(column, NumericColumn)
    }
    for name in file.codes:
        if transforms.get(name) != "none":
            raise UserError(
                f"{FILE}: normalize.columns: {shown(name)}",
                "none: the model looks these numbers up",
                transforms.get(name, "a category"),
            )
    return tuple(
        Input(tuple(positions[name] for name in taken.columns), tuple(taken.shape), taken.dtype)
        for taken in file.inputs
    )
