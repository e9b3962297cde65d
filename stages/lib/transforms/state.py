"""data/normalized/ as its readers get it: the state and the arrays checked."""

from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, ValidationInfo, field_validator, model_validator

from stages.lib.artifacts.shapes import (
    Finite,
    Shape,
    Task,
    check_answers,
    check_different,
    check_weights,
)
from stages.lib.core.array_files import read_array
from stages.lib.core.errors import UserError
from stages.lib.core.json_files import read_json, validate
from stages.lib.core.splits import SPLITS
from stages.lib.transforms.columns import TRANSFORMS, State
from stages.lib.transforms.frame import input_names

FILE = "data/normalized/normalization.json"


class _Transformed(Shape):
    """How a column of numbers is transformed."""

    name: str
    transform: Literal[tuple(TRANSFORMS)]
    state: dict[str, Any]

    @field_validator("state")
    @classmethod
    def is_of_its_transform(cls, given: dict, info: ValidationInfo) -> dict:
        if "transform" in info.data:
            TRANSFORMS[info.data["transform"]].shape.model_validate(given)
        return given


class _Numbers(_Transformed):
    kind: Literal["numeric", "binary"]
    missing: Finite | None
    indicator: bool


class _Words(Shape):
    name: str
    kind: Literal["categorical"]
    encoding: Literal["one_hot", "ordinal"]
    categories: list[str]
    indicator: bool

    @model_validator(mode="after")
    def has_categories(self) -> "_Words":
        check_different(self.categories)
        return self


class _Target(Shape):
    name: str


class _State(Shape):
    version: Literal[1] = Field(alias="schema")
    task: Task
    classes: list[str]
    columns: list[Annotated[_Numbers | _Words, Field(discriminator="kind")]]
    inputs: Annotated[list[str], Field(min_length=1)]
    targets: Annotated[list[State], Field(min_length=1)]
    weights: str = ""

    @model_validator(mode="after")
    def is_of_its_task(self) -> "_State":
        kind = _Transformed if self.task == "regression" else _Target
        targets = [kind.model_validate(one) for one in self.targets]
        check_answers(self.task, [one.name for one in targets], self.classes)
        names = [one.name for one in self.columns]
        check_different(names)
        if self.inputs != [name for one in self.columns for name in input_names(one.model_dump())]:
            raise ValueError("expected the inputs that the columns become")
        return self


def read_state(card: dict | None = None) -> State:
    """The content of normalization.json, of the columns and targets of this card. Raises UserError
    naming the file."""
    content = read_json(FILE)
    validate(_State, content, FILE, "what `dvc repro` writes")
    if card is not None and _of(content) != _of(card):
        raise UserError(FILE, "the columns, targets and classes of card.json")
    return content


def _of(content: dict) -> tuple:
    targets = [one if isinstance(one, str) else one["name"] for one in content["targets"]]
    columns = [(one["name"], one["kind"]) for one in content["columns"]]
    return content["task"], content["classes"], targets, columns


def read_inputs(state: State, split: str) -> np.ndarray:
    """x of a split, float32 [rows, inputs], memory-mapped. Raises UserError naming the file."""
    return read_array(f"data/normalized/{split}.x.npy", "float32", len(state["inputs"]))


def read_normalized(state: State) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """x as `read_inputs` has it, and y, class codes int32 [rows, 1], labels int32 [rows, labels]
    or scaled numbers float64 [rows, targets], of each split. Raises UserError naming the file."""
    x = {split: read_inputs(state, split) for split in SPLITS}
    y = {split: _targets(state, split, len(x[split])) for split in SPLITS}
    return x, y


def read_weights(state: State) -> dict[str, np.ndarray]:
    """The weights of the rows of each split, float64 [rows]; empty where rows have none. Raises
    UserError naming the file."""
    found = {}
    for split in SPLITS if "weights" in state else ():
        path = f"data/normalized/{split}.w.npy"
        found[split] = read_array(path, "float64", None)
        check_weights(path, found[split])
        rows = len(read_inputs(state, split))
        if len(found[split]) != rows:
            raise UserError(path, f"{rows} rows, as in {split}.x.npy", str(len(found[split])))
    return found


def _targets(state: State, split: str, rows: int) -> np.ndarray:
    path = f"data/normalized/{split}.y.npy"
    numbers = state["task"] == "regression"
    y = read_array(path, "float64" if numbers else "int32", len(state["targets"]))
    most = 2 if state["task"] == "multilabel" else len(state["classes"])
    if len(y) != rows or not rows:
        raise UserError(path, f"{rows} rows, as in {split}.x.npy", str(len(y)))
    if not numbers and not 0 <= y.min() <= y.max() < most:
        raise UserError(path, f"codes from 0 to {most - 1}")
    return y
