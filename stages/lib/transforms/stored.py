"""data/normalized/ as its readers get it: the state and the arrays, checked."""

import numpy as np

from stages.lib.artifacts.base import read_artifact
from stages.lib.artifacts.card import Card
from stages.lib.artifacts.rows import check_weights
from stages.lib.core.array_files import read_array
from stages.lib.core.errors import UserError
from stages.lib.core.splits import SPLITS
from stages.lib.transforms.state import NormalizationState

FILE = "data/normalized/normalization.json"


def read_state(card: Card | None = None) -> NormalizationState:
    """The state in normalization.json, of the columns and targets of this card. Raises UserError
    naming the file."""
    state = read_artifact(NormalizationState, FILE)
    if card is not None and not state.is_of(card):
        raise UserError(FILE, "the columns, targets and classes of card.json")
    return state


def read_inputs(state: NormalizationState, split: str) -> np.ndarray:
    """x of a split, float32 [rows, inputs], memory-mapped. Raises UserError naming the file."""
    return read_array(f"data/normalized/{split}.x.npy", "float32", len(state.inputs))


def read_normalized(
    state: NormalizationState,
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """x as `read_inputs` has it, and y, class codes int32 [rows, 1], labels int32 [rows, labels]
    or scaled numbers float64 [rows, targets], of each split; the validation and the test split may
    have no rows. Raises UserError naming the file."""
    x = {split: read_inputs(state, split) for split in SPLITS}
    y = {split: _targets(state, split, len(x[split])) for split in SPLITS}
    return x, y


def read_weights(state: NormalizationState) -> dict[str, np.ndarray]:
    """The weights of the rows of each split, float64 [rows]; empty where rows have none. Raises
    UserError naming the file."""
    columns = {}
    for split in SPLITS if state.weights is not None else ():
        path = f"data/normalized/{split}.w.npy"
        columns[split] = read_array(path, "float64", None)
        check_weights(path, columns[split])
        rows = len(read_inputs(state, split))
        if len(columns[split]) != rows:
            raise UserError(path, f"{rows} rows, as in {split}.x.npy", str(len(columns[split])))
    return columns


def _targets(state: NormalizationState, split: str, rows: int) -> np.ndarray:
    path = f"data/normalized/{split}.y.npy"
    numbers = state.task.is_regression
    y = read_array(path, "float64" if numbers else "int32", len(state.targets))
    most = 2 if state.task.has_labels else len(state.classes)
    if len(y) != rows:
        raise UserError(path, f"{rows} rows, as in {split}.x.npy", str(len(y)))
    if split == "train" and not rows:
        raise UserError(path, "rows", "none")
    if rows and not numbers and not 0 <= y.min() <= y.max() < most:
        raise UserError(path, f"codes from 0 to {most - 1}")
    return y
