"""The data's card: task, classes, columns, rows, and what loss is possible."""

from typing import Any

import numpy as np
import pandas as pd

from stages.generate.row_shift import row_shift
from stages.lib.artifacts.card import Card, ColumnKind
from stages.lib.core.identifiers import rises_with_the_rows
from stages.lib.core.splits import SPLITS
from stages.lib.tables.dataset import Dataset
from stages.lib.vocabulary.tasks import TaskKind


def card(source: str, dataset: Dataset, parts: dict[str, np.ndarray]) -> Card:
    """What later stages need to know of the data.

    Args:
        source: of the section data.
        dataset: the whole table.
        parts: the positions of each split's rows, int [rows].
    """
    shift, dated = row_shift(dataset), _dated(dataset)
    named = {"ignored": dataset.ignored, "kept": dataset.kept, "rising": _rising(dataset)}
    columns = {"groups": dataset.groups, "time": dataset.time, "weights": dataset.weights}
    return Card.model_validate(
        {
            "schema": 1,
            "source": source,
            "name": dataset.name,
            "task": dataset.kind.name,
            "targets": list(dataset.targets),
            "classes": list(dataset.classes),
            "columns": [
                {"name": name, "kind": kind(dataset.features[name])} for name in dataset.features
            ],
            "left_out": [
                {"name": name, "reason": reason} for name, reason in dataset.left_out.items()
            ],
            **{key: list(names) for key, names in named.items() if names},
            "rows": {name: len(parts[name]) for name in SPLITS},
            **({"rows_left_out": dataset.rows_left_out} if dataset.rows_left_out else {}),
            "unit": dataset.kind.unit,
            "chance": _chance(dataset, parts),
            "floor": _floor(dataset, parts),
            **{key: column.name for key, column in columns.items() if column is not None},
            **({"dated": dated} if dated else {}),
            **({"auto_classes": True} if dataset.auto_classes else {}),
            **({} if shift is None else {"shift": shift.plain()}),
        }
    )


def kind(column: pd.Series) -> ColumnKind:
    """'categorical' (text), 'binary' (numbers of at most two values) or 'numeric'."""
    if not pd.api.types.is_numeric_dtype(column.dtype):
        return "categorical"
    # The first rows tell of most columns that there are more.
    two = column.head(1000).nunique() <= 2 and column.nunique() <= 2
    return "binary" if two else "numeric"


def _is_divided(dataset: Dataset) -> bool:
    """A column says how the rows are split."""
    return any(c is not None for c in (dataset.splits, dataset.groups, dataset.time))


def _rising(dataset: Dataset) -> list[str]:
    """Features of whole numbers in whose order the rows stand, where nothing divides them."""
    return [
        str(name)
        for name, cells in dataset.features.items()
        if not _is_divided(dataset)
        and pd.api.types.is_numeric_dtype(cells.dtype)
        and rises_with_the_rows(cells.to_numpy("float64"))
    ]


def _dated(dataset: Dataset) -> dict[str, Any] | None:
    """How alike neighbouring rows are, where they stand in the order of a date and nothing in
    params.yaml divides them."""
    if dataset.dated is None or _is_divided(dataset) or len(dataset.targets) < 3:
        return None
    target = dataset.targets.iloc[:, 0]
    values = target.rank() if dataset.kind.is_regression else target == target.mode()[0]
    numbers = values.to_numpy("float64")
    still = min(np.ptp(numbers[:-1]), np.ptp(numbers[1:])) == 0
    neighbours = 0.0 if still else float(np.corrcoef(numbers[:-1], numbers[1:])[0, 1])
    return {
        "name": dataset.dated,
        "neighbours": float(np.clip(_round(neighbours), -1, 1)),
        "rows": len(numbers),
    }


def _chance(dataset: Dataset, parts: dict[str, np.ndarray]) -> dict[str, float | None]:
    """The mean of the targets' chances, by split; None of one without rows."""
    rows = len(dataset.targets)
    weights = np.ones(rows) if dataset.weights is None else dataset.weights.to_numpy()
    each = [
        _chance_of(dataset.targets[name], weights, dataset.kind, parts) for name in dataset.targets
    ]
    return {
        name: _round(float(np.mean([values[name] for values in each]))) if len(rows) else None
        for name, rows in parts.items()
    }


def _chance_of(
    target: pd.Series, weights: np.ndarray, kind: TaskKind, parts: dict[str, np.ndarray]
) -> dict[str, float]:
    train = parts["train"]
    train_weights = weights[train]
    if kind.is_regression:
        values = target.to_numpy()
        losses = (values - np.average(values[train], weights=train_weights)) ** 2
    else:
        codes, levels = pd.factorize(target)
        shares = np.bincount(codes[train], train_weights, len(levels)) / train_weights.sum()
        losses = -np.log(shares)[codes]
    return {
        name: float(np.average(losses[rows], weights=weights[rows]))
        for name, rows in parts.items()
        if len(rows)
    }


def _floor(dataset: Dataset, parts: dict[str, np.ndarray]) -> dict[str, Any] | None:
    if dataset.truth is None or dataset.population_floor is None:
        return None
    value, error = dataset.population_floor
    floor: dict[str, Any] = {"kind": "exact", "population": _estimate(value, error)}
    drawn = dataset.bayes_losses()
    assert drawn is not None
    for name in SPLITS:
        if not len(parts[name]):
            floor[name] = None
            continue
        loss = dataset.truth.take(parts[name]).bayes_loss()
        # Equal in every row up to rounding: nothing is estimated, so there is no error.
        constant = len(loss) < 2 or np.ptp(loss) < 1e-12
        error = 0.0 if constant else float(loss.std(ddof=1) / np.sqrt(len(loss)))
        floor[name] = _estimate(float(loss.mean()), error)
        floor[name]["drawn"] = _round(float(drawn[parts[name]].mean()))
    return floor


def _estimate(value: float, error: float) -> dict[str, float]:
    return {"value": _round(value), "standard_error": _round(error)}


def _round(value: float) -> float:
    """Ten significant digits: the last ones differ between processors."""
    return float(f"{value:.10g}")
