"""A table as the network's input matrix, and its targets as numbers: fit, apply, invert.

`fit` sees the training split alone. The state it returns is what normalization.json holds; every
other function here works from that state, without scikit-learn.
"""

import numpy as np
import pandas as pd

from stages.files import UserError
from stages.params import FILE, Normalize, choose, nearest
from stages.transforms.columns import NUMPY, TRANSFORMS, State

FLOAT32_MAX = float(np.finfo(np.float32).max)


def fit(train: pd.DataFrame, card: dict, params: Normalize) -> State:
    """The state for the columns named in the card, fitted on the rows of `train`.

    Raises UserError when params name an unknown transform or column.
    """
    for key in ("features", "binary"):
        choose(f"normalize.{key}", getattr(params, key), TRANSFORMS)
    kinds = {column["name"]: column["kind"] for column in card["columns"]}
    for name, transform in params.columns.items():
        choose(f"normalize.columns.{name}", transform, TRANSFORMS)
        if kinds.get(name, "categorical") == "categorical":
            known = [known for known, kind in kinds.items() if kind != "categorical"]
            raise UserError(
                f"{FILE}: normalize.columns: expected numeric columns of the data. "
                f"Received: {name!r}{nearest(name, known)}"
            )
    columns = [_fit_column(train[name], kind, params) for name, kind in kinds.items()]
    return {
        "schema": 1,
        "task": card["task"],
        "classes": card["classes"],
        "columns": columns,
        "inputs": [name for column in columns for name in _input_names(column)],
        "targets": [_fit_target(train[name], card["task"], params) for name in card["targets"]],
    }


def apply(state: State, frame: pd.DataFrame) -> np.ndarray:
    """The input matrix, float32 [rows, inputs]. Raises UserError when a column is missing."""
    parts = [_apply_column(column, frame) for column in state["columns"]]
    return np.concatenate(parts, axis=1)


def apply_target(state: State, frame: pd.DataFrame) -> np.ndarray:
    """What the network learns, of the table's target columns: class codes int32 [rows, 1], labels
    int32 [rows, labels], 1 where a row has one, or scaled numbers float64 [rows, targets]."""
    targets = [frame[entry["name"]] for entry in state["targets"]]
    if state["task"] == "regression":
        columns = [
            TRANSFORMS[entry["transform"]].apply(
                target.to_numpy(dtype="float64"), entry["state"], NUMPY
            )
            for entry, target in zip(state["targets"], targets, strict=True)
        ]
        return np.column_stack(columns)
    if state["task"] == "multilabel":
        return np.column_stack(targets).astype("int32")
    [target] = targets
    code = pd.Index(state["classes"], dtype=object).get_indexer(target.astype(object))
    if (code < 0).any():
        raise UserError(
            f"target {target.name!r}: expected one of {', '.join(state['classes'])}. "
            f"Received: {target[code < 0].iloc[0]!r:.60}"
        )
    return code.astype("int32")[:, None]


def invert_target(state: State, values: np.ndarray) -> np.ndarray:
    """Scaled targets or outputs [rows, targets] back in target units, float64 [rows, targets].

    An output far off overflows to infinity under log1p_standard, without a warning: the loss
    then says so.
    """
    with np.errstate(over="ignore"):
        columns = [
            TRANSFORMS[entry["transform"]].inverse(column, entry["state"], NUMPY)
            for entry, column in zip(state["targets"], values.astype("float64").T, strict=True)
        ]
    return np.column_stack(columns)


def _fit_column(column: pd.Series, kind: str, params: Normalize) -> State:
    gaps = bool(column.isna().any())
    entry: State = {"name": column.name, "kind": kind}
    if kind == "categorical":
        from sklearn.preprocessing import OneHotEncoder

        present = column.dropna().astype(object).to_numpy().reshape(-1, 1)
        categories = OneHotEncoder().fit(present).categories_[0].tolist() if len(present) else []
        entry |= {"encoding": params.categorical, "categories": categories}
    else:
        values = column.to_numpy(dtype="float64")
        fill = _fill_value(values, params.missing)
        filled = values if fill is None else np.where(np.isnan(values), fill, values)
        # With `keep` a column may be all gaps here; as a constant it has a state all the same.
        known = filled if np.isfinite(filled).any() else np.zeros_like(filled)
        default = params.binary if kind == "binary" else params.features
        transform = params.columns.get(column.name, default)
        entry |= {
            "missing": fill,
            "transform": transform,
            "state": TRANSFORMS[transform].fit(known),
        }
    return entry | {"indicator": params.missing_indicator and gaps}


def _fill_value(values: np.ndarray, rule: str) -> float | None:
    """What a gap becomes, in the column's own unit; None leaves it NaN.

    A column without any value in the training split has no mean; zero stands in, so that the
    network trains, and learns nothing from it.
    """
    if rule == "keep":
        return None
    present = values[~np.isnan(values)]
    if rule == "zero" or len(present) == 0:
        return 0.0
    from sklearn.impute import SimpleImputer

    return float(SimpleImputer(strategy=rule).fit(present.reshape(-1, 1)).statistics_[0])


def _fit_target(target: pd.Series, task: str, params: Normalize) -> State:
    if task != "regression":
        return {"name": target.name}
    invertible = [name for name, entry in TRANSFORMS.items() if entry.inverse is not None]
    choose("normalize.target", params.target, invertible)
    values = target.to_numpy(dtype="float64")
    return {
        "name": target.name,
        "transform": params.target,
        "state": TRANSFORMS[params.target].fit(values),
    }


def _input_names(column: State) -> list[str]:
    """The matrix columns that one table column becomes."""
    names = [column["name"]]
    if column.get("encoding") == "one_hot":
        names = [f"{column['name']}={category}" for category in column["categories"]]
    return names + [f"{column['name']} is missing"] * column["indicator"]


def _apply_column(column: State, frame: pd.DataFrame) -> np.ndarray:
    """One table column as float32 [rows, its inputs].

    A category that training did not have, and a gap, is a row of zeros one-hot and -1 ordinal.
    """
    name = column["name"]
    if name not in frame:
        raise UserError(f"expected the column {name!r}{nearest(name, list(frame.columns))}")
    gap = frame[name].isna().to_numpy()
    if column["kind"] == "categorical":
        known = pd.Index(column["categories"], dtype=object)
        codes = known.get_indexer(frame[name].astype(object))
        if column["encoding"] == "one_hot":
            values = codes[:, None] == np.arange(len(column["categories"]))
        else:
            values = codes[:, None]
    else:
        numbers = frame[name].to_numpy(dtype="float64")
        if column["missing"] is not None:
            numbers = np.where(gap, column["missing"], numbers)
        values = TRANSFORMS[column["transform"]].apply(numbers, column["state"], NUMPY)[:, None]
    if values.dtype == np.float64:
        # A held-out value may lie far beyond the training range; keep it finite in float32.
        values = np.clip(values, -FLOAT32_MAX, FLOAT32_MAX)
    parts = [values] + [gap[:, None]] * column["indicator"]
    return np.concatenate([part.astype("float32") for part in parts], axis=1)
