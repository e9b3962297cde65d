"""What a script gives to fit as x and y, as plain arrays of numbers; runs beside the script.

Arrays, DataFrames with their column names, tensors, finite tf.data and PyDatasets.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from stages.lib.mlp.runtime import tf
from stages.lib.params.section import FLOAT32_MAX
from stages.tools.adopt.capture.handover import MAX_VALUES, CaptureError


@dataclass
class Rows:
    """The rows of a call of fit.

    Attributes:
        x, y: float64 [rows, ...].
        columns, targets: their names where the script has some.
        batch: rows of the first batch, if they came in batches.
        steady: whether a second pass began with the same batch.
        weights: of the rows, float64 [rows], or None.
        remarks: what was left out.
    """

    x: np.ndarray
    y: np.ndarray
    columns: list[str] | None = None
    targets: list[str] | None = None
    batch: int | None = None
    steady: bool = True
    weights: np.ndarray | None = None
    remarks: list[str] = field(default_factory=list)


def read_rows(x: Any, y: Any, steps: int | None = None, weights: Any = None) -> Rows:
    """x and y of a call of fit, or one of its validation data. Raises CaptureError.

    steps: `steps_per_epoch`, the batches taken of a stream that may not end. weights:
    `sample_weight`, which a stream brings along.
    """
    if _is_stream(x):
        if weights is not None:
            raise CaptureError(
                "sample_weight: expected as the third part of the data set's batches"
            )
        return _read_stream(x, steps)
    if hasattr(x, "__next__") or callable(x) or type(x).__module__.startswith("torch.utils"):
        raise CaptureError(f"x: expected arrays or a finite tf.data.Dataset. Received: {_kind(x)}")
    if y is None:
        raise CaptureError("y: expected the targets. Received: None")
    columns = _columns(x)
    targets = None
    if isinstance(y, pd.Series) and y.name is not None:
        targets = [str(y.name)]
    elif isinstance(y, pd.DataFrame):
        targets = [str(name) for name in y.columns]
    row_weights = None if weights is None else _weights(weights)
    rows = Rows(as_numbers(x, "x"), as_numbers(y, "y"), columns, targets, weights=row_weights)
    if len(rows.x) != len(rows.y):
        raise CaptureError(
            f"expected as many rows of y as of x. Received: {len(rows.y)} and {len(rows.x)}"
        )
    if row_weights is not None and len(row_weights) != len(rows.x):
        raise CaptureError(
            f"sample_weight: expected a number for each of {len(rows.x)} rows. "
            f"Received: {len(row_weights)}"
        )
    return rows


def _weights(value: Any) -> np.ndarray:
    """float64 [rows]. Raises CaptureError for what is not one number >= 0 a row."""
    row_weights = as_numbers(value, "sample_weight")
    if row_weights.size != len(row_weights):
        raise CaptureError(
            "sample_weight: expected one number per row. Received: an array of shape "
            f"{row_weights.shape}"
        )
    row_weights = row_weights.ravel()
    good = (row_weights >= 0) & (row_weights <= FLOAT32_MAX)
    if not good.all():
        row = int(np.flatnonzero(~good)[0])
        raise CaptureError(
            "sample_weight: expected finite numbers >= 0. "
            f"Received: {row_weights[row]:g} in row {row + 1}"
        )
    return row_weights


def _kind(value: Any) -> str:
    return f"{type(value).__module__}.{type(value).__name__}"


def _columns(x: Any) -> list[str] | None:
    """A DataFrame's column names, but not its default ones, 0, 1, 2, ..."""
    if not isinstance(x, pd.DataFrame):
        return None
    columns: pd.Index = x.columns
    return None if isinstance(columns, pd.RangeIndex) else [str(name) for name in columns]


def as_numbers(value: Any, what: str) -> np.ndarray:
    """As float64 [rows, ...]. Raises CaptureError for several arrays, and for what is no number."""
    if isinstance(value, dict | tuple) or (
        isinstance(value, list)
        and any(np.ndim(item) > 0 and hasattr(item, "shape") for item in value)
    ):
        if len(value) != 1:
            kind = "inputs" if what == "x" else "outputs"
            raise CaptureError(f"{what}: expected one array. Received: {len(value)} ({kind})")
        [value] = value.values() if isinstance(value, dict) else value
    if isinstance(value, pd.DataFrame):
        _check_cells(value, what)
    if hasattr(value, "toarray"):  # a sparse matrix of scipy
        _check_size(value.shape, what)
        value = value.toarray()
    if hasattr(value, "detach"):  # a tensor of torch
        value = value.detach().cpu()
    _check_size(getattr(value, "shape", ()), what)
    try:
        array = np.asarray(value)
        if array.dtype.kind not in "biuf":
            if array.dtype.kind not in "OV" and not array.dtype.name.startswith("bfloat"):
                raise ValueError(f"{array.dtype}, as in {array.ravel()[:1].tolist()!r:.60}")
            array = array.astype("float64")
    except (TypeError, ValueError, OverflowError) as error:
        raise CaptureError(f"{what}: expected numbers. Received: {_kind(value)}: {error}") from None
    if array.ndim == 0:
        raise CaptureError(f"{what}: expected rows. Received: {_kind(value)}")
    if not array.size:
        raise CaptureError(
            f"{what}: expected rows. Received: an empty array of shape {array.shape}"
        )
    _check_size(array.shape, what)
    return np.ascontiguousarray(array, dtype="float64")


def _check_cells(frame: pd.DataFrame, what: str) -> None:
    """Raise CaptureError naming the first column that holds no numbers."""
    for position, name in enumerate(frame.columns):
        column = frame.iloc[:, position]
        if column.dtype.kind in "biuf":
            continue
        bad = pd.to_numeric(column, errors="coerce").isna() & column.notna()
        if column.dtype.kind in "mM" or bad.any():
            cell = column.iloc[int(np.flatnonzero(bad)[0])] if bad.any() else column.iloc[0]
            raise CaptureError(
                f"{what}: column {str(name)!r:.60}: expected numbers. Received: {str(cell)!r:.60}"
            )


def _check_size(shape: Any, what: str) -> None:
    size = int(np.prod([int(size or 1) for size in shape], dtype="float64")) if len(shape) else 0
    if size > MAX_VALUES:
        raise CaptureError(f"{what}: expected at most {MAX_VALUES} numbers. Received: {size}")


# -------------------------------------------------------------------------------------- streams


def _is_stream(x: Any) -> bool:
    import keras

    return isinstance(x, tf.data.Dataset | keras.utils.PyDataset)


def _read_stream(stream: Any, steps: int | None) -> Rows:
    if isinstance(stream, tf.data.Dataset):
        if int(stream.cardinality()) == tf.data.INFINITE_CARDINALITY and not steps:
            raise CaptureError("x: expected a finite tf.data.Dataset. Received: one without an end")
        if not _is_batched(stream):
            raise CaptureError(
                "x: expected batches of rows. Received: a data set without .batch(n)"
            )
        batches = iter(stream)
    else:
        batches = (stream[i] for i in range(len(stream)))
    parts: list[tuple[np.ndarray, np.ndarray]] = []
    weights: list[np.ndarray] = []
    size, ended = 0, True
    for batch in batches:
        if steps and len(parts) == steps:
            ended = False
            break
        x, y, batch_weights = _unpack(batch)
        if batch_weights is not None:
            weights.append(_weights(batch_weights))
        part = as_numbers(x, "x"), as_numbers(y, "y")
        size += part[0].size + part[1].size
        _check_size((size,), "x")
        parts.append(part)
    if not parts:
        raise CaptureError("x: expected rows. Received: a data set without batches")
    counts = [len(x) for x, _ in parts]
    if any(len(x) != len(y) for x, y in parts):
        raise CaptureError("x: expected as many rows of y as of x in each batch")
    if weights and [len(part) for part in weights] != counts:
        raise CaptureError("sample_weight: expected as many numbers as rows in each batch")
    remarks = []
    if len(set(counts[:-1])) > 1 or counts[-1] > counts[0]:
        remarks.append(f"batches of {min(counts)} to {max(counts)} rows: taken as {counts[0]}")
    if not ended:
        remarks.append(
            f"steps_per_epoch={steps} of a longer stream: its first {sum(counts)} rows are taken"
        )
    if len({part[0].shape[1:] for part in parts} | {part[1].shape[1:] for part in parts}) > 2:
        raise CaptureError("x: expected batches of one shape. Received: several")
    return Rows(
        np.concatenate([x for x, _ in parts]),
        np.concatenate([y for _, y in parts]),
        batch=counts[0],
        steady=_repeats_first_batch(stream, parts[0][0]),
        weights=np.concatenate(weights) if weights else None,
        remarks=remarks,
    )


def _unpack(batch: Any) -> tuple[Any, Any, Any]:
    if not isinstance(batch, tuple | list) or not 2 <= len(batch) <= 3:
        raise CaptureError("x: expected a data set of pairs (x, y). Received: one without y")
    x, y, weights = (*batch, None)[:3]
    return x, y, weights


def _is_batched(stream: Any) -> bool:
    # Of a single row y has no axis left.
    shapes = [spec.shape for spec in tf.nest.flatten(stream.element_spec)]
    return all(shape.rank is None or shape.rank >= 1 for shape in shapes)


def _repeats_first_batch(stream: Any, first: np.ndarray) -> bool:
    """Whether a second pass begins with the same batch: else the data set shuffles."""
    again = next(iter(stream)) if hasattr(stream, "cardinality") else stream[0]
    return bool(np.array_equal(as_numbers(_unpack(again)[0], "x"), first, equal_nan=True))
