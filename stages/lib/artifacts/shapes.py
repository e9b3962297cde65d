"""What the stages hand to each other, checked where it is read.

The files come from wherever git and DVC got them, so a reader takes nothing for granted: what no
stage would write is one line that names the file and the place. More may stand beside what is
looked at.
"""

import re
from typing import Annotated, Generic, Literal, TypeVar

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, model_validator

from stages.lib.core.csv_files import read_csv
from stages.lib.core.errors import UserError, shown
from stages.lib.core.json_files import read_json, validate
from stages.lib.core.parquet_files import TableFile, numbered, read_table
from stages.lib.core.splits import SPLITS

Finite = Annotated[float, Field(allow_inf_nan=False, strict=True)]
# Losses are at most the square of a float32's range.
Amount = Annotated[Finite, Field(ge=-1e80, le=1e80)]
Count = Annotated[int, Field(ge=0, le=10**12, strict=True)]
Task = Literal["binary", "multiclass", "multilabel", "regression"]
Kind = Literal["numeric", "binary", "categorical"]
T = TypeVar("T")

# The scores of a split, by task: of classes, of labels and of each, of a number and of several.
CLASSIFICATION = (
    "log_loss",
    "accuracy",
    "balanced_accuracy",
    "roc_auc",
    "average_precision",
    "brier",
    "calibration_error",
)
MULTILABEL = (
    "log_loss",
    "subset_accuracy",
    "hamming_loss",
    "f1_micro",
    "f1_macro",
    "roc_auc",
    "average_precision",
    "brier",
    "calibration_error",
)
LABEL = ("share", "log_loss", "accuracy", "precision", "recall", "f1", "roc_auc")
REGRESSION = ("mse", "rmse", "mae", "r2")
# A root or a mean of absolute errors over targets in different units means nothing.
SEVERAL = ("mse", "r2")


class Shape(BaseModel):
    """What readers look at."""

    model_config = ConfigDict(extra="allow", strict=True)


class BySplit(Shape, Generic[T]):
    train: T
    validation: T
    test: T


# ------------------------------------------------------------------------------------ card.json


class Column(Shape):
    name: str
    kind: Kind


class _Estimate(Shape):
    value: Amount
    standard_error: Amount


class _Floor(BySplit[_Estimate]):
    kind: Literal["exact"]
    population: _Estimate


class _Card(Shape):
    version: Literal[1] = Field(alias="schema")
    source: Literal["synthetic", "bundled", "file"]
    name: str
    task: Task
    targets: Annotated[list[str], Field(min_length=1)]
    classes: list[str]
    columns: Annotated[list[Column], Field(min_length=1)]
    rows: BySplit[Annotated[int, Field(ge=1, le=10**10)]]
    unit: str
    chance: BySplit[Amount]
    floor: _Floor | None
    groups: str = ""
    time: str = ""
    weights: str = ""

    @model_validator(mode="after")
    def is_of_its_task(self) -> "_Card":
        check_answers(self.task, self.targets, self.classes)
        roles = [name for name in (self.groups, self.weights) if name]
        check_different([column.name for column in self.columns] + self.targets + roles)
        return self


def check_answers(task: str, targets: list[str], classes: list[str]) -> None:
    """Raise ValueError unless a task can have these targets and classes."""
    check_different(classes)
    fits = {
        "binary": len(classes) == 2 and len(targets) == 1,
        "multiclass": len(classes) > 2 and len(targets) == 1,
        "multilabel": classes == targets,
        "regression": not classes,
    }
    if not fits[task]:
        raise ValueError(f"expected targets and classes of a {task} task")


def check_different(names: list[str]) -> None:
    """Raise ValueError for a name that stands twice."""
    if len(set(names)) < len(names):
        raise ValueError("expected different names")


def read_card(path: str) -> dict:
    """The content of card.json. Raises UserError."""
    return _read(_Card, path)


def _read(schema: type[BaseModel], path: str) -> dict:
    content = read_json(path)
    validate(schema, content, path, "what `dvc repro` writes")
    return content


# --------------------------------------------------------------------------------- network.json


class _Divergence(Shape):
    what: str
    epoch: Count
    step: Count


class _Network(Shape):
    """The layers and the contract are checked where they are rebuilt: stages/lib/mlp/saved.py."""

    version: Literal[1] = Field(alias="schema")
    parameters: Count
    status: Literal["completed", "stopped_early", "diverged"]
    epochs_run: Count
    kept_epoch: Count
    divergence: _Divergence | None


def read_network(path: str) -> dict:
    """The content of network.json. Raises UserError."""
    return _read(_Network, path)


# --------------------------------------------------------------------------------- metrics.json


class _Scores(Shape):
    __pydantic_extra__: dict[str, Finite | None]
    targets: dict[str, dict[str, Finite | None]] = {}


class _Training(Shape):
    diverged: Literal[0, 1]
    epochs_run: Count
    kept_epoch: Count
    parameters: Count


class _Metrics(BySplit[_Scores]):
    training: _Training


def read_metrics(path: str, card: dict) -> dict:
    """The content of metrics.json for the data of this card. Raises UserError."""
    content = _read(_Metrics, path)
    several, task = len(card["targets"]) > 1, card["task"]
    names = {"regression": SEVERAL if several else REGRESSION, "multilabel": MULTILABEL}
    each = LABEL if task == "multilabel" else REGRESSION
    for split in SPLITS:
        found = content[split]
        targets = list(found.get("targets", {}).values())
        expected = {*names.get(task, CLASSIFICATION), *content["test"]}
        whole = expected <= set(found) and all(set(each) <= set(one) for one in targets)
        if not whole or len(targets) != (len(card["targets"]) if several else 0):
            raise UserError(f"{path}: {split}", f"the scores of a {task} task, as of the test")
    return content


# --------------------------------------------------------------------------------------- tables

# The columns of the table of training/, beside which others may stand.
HISTORY = (
    "epoch",
    "learning_rate",
    "running_loss",
    "training_loss",
    "validation_loss",
    "training_proper",
    "validation_proper",
    "penalty",
)
STATISTICS = (
    "activation_mean",
    "activation_std",
    "flat_share",
    "dead_share",
    "gradient_rms",
    "weight_rms",
    "update_ratio",
)
# The columns of numbers of each table of plots/, and those of names.
PLOTS = {
    "confusion": ((), ("actual", "predicted")),
    "roc": (("false_positive_rate", "true_positive_rate"), ("class",)),
    "calibration": (("confidence", "accuracy", "rows"), ()),
    "predicted": (("target", "prediction"), ()),
}


def read_history(path: str) -> pd.DataFrame:
    """The history, a row an epoch from 0 on. Raises UserError."""
    table = read_csv(path, HISTORY)
    if not len(table) or (table["epoch"] != np.arange(len(table))).any():
        raise UserError(f"{path}: column 'epoch'", "the epochs 0, 1, 2, ...")
    return table


def read_probes(path: str) -> pd.DataFrame:
    """The probes, a row a layer and probed epoch. Raises UserError."""
    table = read_csv(path, ("epoch", "layer", *STATISTICS))
    counts = table[["epoch", "layer"]]
    if (
        not len(table)
        or any(kind.kind != "i" for kind in counts.dtypes)
        or (counts < 0).any(axis=None)
    ):
        raise UserError(path, "whole numbers in the columns 'epoch' and 'layer'")
    return table


def read_plot(path: str, name: str) -> pd.DataFrame:
    """One table of PLOTS. Raises UserError."""
    return read_csv(path, *PLOTS[name])


def read_rows(path: str, card: dict, split: str) -> TableFile:
    """The raw rows of a split: numbers and text as the card has them. Raises UserError."""
    table = TableFile(path)
    kinds = {column["name"]: column["kind"] for column in card["columns"]}
    target = "categorical" if card["task"] in ("binary", "multiclass") else "numeric"
    kinds |= dict.fromkeys(card["targets"], target)
    kinds |= {card[key]: "numeric" for key in ("groups", "weights") if key in card}
    for name, kind in kinds.items():
        found = table.kind(name)
        if found != ("text" if kind == "categorical" else "numbers"):
            raise UserError(f"{path}: column {shown(name)}", f"a {kind} one", found)
    _check_rows(path, table.rows, card, split)
    return table


def _check_rows(path: str, rows: int, card: dict, split: str) -> None:
    expected = card["rows"][split]
    if rows != expected:
        raise UserError(path, f"{expected} rows, as in card.json", str(rows))


def read_predictions(path: str, card: dict, split: str) -> pd.DataFrame:
    """The predictions of a split, for data of this card. Raises UserError."""
    table = read_table(path)
    answers = len(card["classes"])
    said = ("probability", answers) if answers else ("prediction", len(card["targets"]))
    numbers = [("target", len(card["targets"])), said, ("weight", int("weights" in card))]
    for name, count in numbers:
        alone = count == 1 and name != "probability"
        expected = [name] if alone else [f"{name}_{k}" for k in range(count)]
        found = [one for one in table if re.fullmatch(rf"{name}(_\d+)?", one)]
        if found != expected or any(table[one].dtype.kind not in "iuf" for one in found):
            raise UserError(path, f"the numbers {', '.join(expected):.200}")
    if "weights" in card:
        check_weights(path, table["weight"].to_numpy())
    _check_rows(path, len(table), card, split)
    if answers:
        _check_classes(path, table, card)
    return table


def check_weights(path: str, weights: np.ndarray) -> None:
    """Raise UserError unless they are finite, not negative, and not all 0; float64 [rows]."""
    # What is no number is not at least 0 either.
    if not (len(weights) and weights.min() >= 0 and 0 < weights.max() < np.inf):
        raise UserError(path, "finite weights from 0 on, not all 0")


def _check_classes(path: str, table: pd.DataFrame, card: dict) -> None:
    """Codes are codes, and what is finite of the probabilities lies within 0 and 1."""
    most = 1 if card["task"] == "multilabel" else len(card["classes"]) - 1
    codes, shares = (numbered(table, name) for name in ("target", "probability"))
    if not np.isin(codes, np.arange(most + 1)).all():
        raise UserError(path, f"targets from 0 to {most}")
    if ((shares < 0) | (shares > 1)).any():
        raise UserError(path, "probabilities from 0 to 1")
