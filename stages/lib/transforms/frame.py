"""A table as the network's input matrix, and its targets as numbers: fit, apply, invert.

`fit` sees the training split alone, column by column and block by block, so that the table need
not fit in memory. The state it returns is what normalization.json holds; every other function here
works from that state, without scikit-learn.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import numpy as np
import pandas as pd

from stages.lib.artifacts.card import Card
from stages.lib.core.errors import UserError, nearest, shown
from stages.lib.params import FILE
from stages.lib.params.agreement import check_columns
from stages.lib.params.column_transform import ColumnTransform
from stages.lib.params.normalize import Normalize
from stages.lib.transforms.categories import category_codes, fit_categories, target_codes
from stages.lib.transforms.columns import NUMPY, TRANSFORMS, State
from stages.lib.transforms.selection import association, weakest
from stages.lib.transforms.state import (
    CategoricalColumn,
    ColumnState,
    NormalizationState,
    NumericColumn,
    TargetState,
)
from stages.lib.vocabulary.tasks import TaskKind

FLOAT32_MAX = float(np.finfo(np.float32).max)
# What needs a column's values all at once (medians, quantiles) is fitted on this many rows of a
# longer one, drawn without replacement: a quantile's standard error is then below a twentieth of a
# percent of the ranks, sqrt(p (1 - p) / rows).
SAMPLE_ROWS = 2**20
SAMPLE_SEED = 0

# The blocks of one column of the training split, read anew at every call.
Blocks = Callable[[], Iterable[pd.Series]]


def fit(train: pd.DataFrame, card: Card, params: Normalize) -> NormalizationState:
    """The state for the columns named in the card, fitted on the rows of `train`.

    Raises UserError when params name a column that the data lack, or one of text.
    """
    return fit_blocks(lambda name: [train[name]], card, params)


def fit_blocks(
    column: Callable[[str], Iterable[pd.Series]], card: Card, params: Normalize
) -> NormalizationState:
    """The same from `column(name)`, the blocks of a column in the order of its rows.

    A state that was fitted on a sample says so: `sampled_rows`.
    """
    kinds = {column.name: column.kind for column in card.columns}
    check_columns(params, kinds, {column.name: column.reason for column in card.left_out})
    weak = _weak_columns(column, card, params)
    columns: list[ColumnState] = [
        fit_categories(name, column, card, params)
        if kind == "categorical"
        else _fit_numbers(name, kind, partial(column, name), params, name in weak)
        for name, kind in kinds.items()
    ]
    if not any(column.inputs for column in columns):
        raise UserError(f"{FILE}: normalize.columns", "a column that is not dropped", "none")
    weights = {} if card.weights is None else {"weights": card.weights}
    return NormalizationState(
        version=1,
        task_name=card.task_name,
        classes=card.classes,
        columns=columns,
        inputs=[name for column in columns for name in column.inputs],
        targets=[
            _fit_target(name, partial(column, name), card.task.kind, params)
            for name in card.targets
        ],
        **weights,
    )


def apply(
    state: NormalizationState, frame: pd.DataFrame, training_from: int | None = None
) -> np.ndarray:
    """The input matrix, float32 [rows, inputs].

    Args:
        training_from: of rows that the state was fitted on, the position of the first one among
            them; None of other rows.

    Raises:
        UserError: a column is missing.
    """
    matrix, first = np.empty((len(frame), len(state.inputs)), "float32"), 0
    for column in state.columns:
        for part in _apply_column(column, frame, training_from):
            matrix[:, first : first + part.shape[1]] = part
            first += part.shape[1]
    return matrix


def apply_target(state: NormalizationState, frame: pd.DataFrame) -> np.ndarray:
    """What the network learns, of the table's target columns: class codes int32 [rows, 1], labels
    int32 [rows, labels], 1 where a row has one, or scaled numbers float64 [rows, targets]."""
    targets = [frame[target.name] for target in state.targets]
    if state.task.is_regression:
        columns = [
            _apply_transform(fitted.transform, fitted.state, values.to_numpy(dtype="float64"))
            for fitted, values in zip(state.targets, targets, strict=True)
        ]
        return np.column_stack(columns)
    if state.task.has_labels:
        return np.column_stack(targets).astype("int32")
    [target] = targets
    code = pd.Index(state.classes, dtype=object).get_indexer(pd.Index(target, dtype=object))
    if (code < 0).any():
        raise UserError(
            f"target {target.name!r}",
            f"one of {', '.join(state.classes)}",
            shown(target[code < 0].iloc[0], 60),
        )
    return code.astype("int32")[:, None]


def invert_target(state: NormalizationState, values: np.ndarray) -> np.ndarray:
    """Scaled targets or outputs [rows, targets] back in target units, float64 [rows, targets].

    An output far off overflows to infinity under log1p_standard, without a warning: the loss
    then says so.
    """
    with np.errstate(over="ignore"):
        columns = [
            _inverse(fitted, column)
            for fitted, column in zip(state.targets, values.astype("float64").T, strict=True)
        ]
    return np.column_stack(columns)


def _apply_transform(
    name: str | None, state: dict[str, Any] | None, values: np.ndarray
) -> np.ndarray:
    assert name is not None and state is not None
    return np.asarray(TRANSFORMS[name].apply(values, state, NUMPY))


def _inverse(target: TargetState, values: np.ndarray) -> np.ndarray:
    assert target.transform is not None and target.state is not None, target.name
    inverse = TRANSFORMS[target.transform].inverse
    assert inverse is not None, target.transform  # params refuse it for a target
    return np.asarray(inverse(values, target.state, NUMPY))


def _weak_columns(
    column: Callable[[str], Iterable[pd.Series]], card: Card, params: Normalize
) -> set[str]:
    """The columns of numbers that `keep_best` leaves out."""
    names = [known.name for known in card.columns if known.kind != "categorical"]
    names = [name for name in names if not params.drops(name)]
    if params.keep_best is None or len(names) <= params.keep_best:
        return set()
    targets = np.column_stack([_at_once(target_codes(column(name), card)) for name in card.targets])
    scores = {}
    for name in names:
        known = _summary(partial(column, name), True)
        fill = _fill_value(known, "median") or 0.0
        values = np.where(np.isnan(known.all_values), fill, known.all_values)
        scores[name] = association(values, targets, card.task.kind)[0]
    return weakest(scores, params.keep_best)


def _fit_numbers(
    name: str,
    kind: Literal["numeric", "binary"],
    blocks: Blocks,
    params: Normalize,
    is_weak: bool,
) -> NumericColumn:
    chosen = params.transform_of(name, kind == "binary")
    if is_weak:
        chosen = ColumnTransform.model_validate("drop")
    transform = chosen.name
    column = _summary(blocks, TRANSFORMS[transform].ranked or params.missing == "median")
    fill = _fill_value(column, params.missing)
    try:
        state = _fit_transform(transform, column, fill, chosen.arguments)
    except UserError as error:
        raise error.at(f"{FILE}: normalize.columns: {shown(name)}") from None
    names = TRANSFORMS[transform].names(name, state)
    return NumericColumn(
        name=name,
        kind=kind,
        missing=fill,
        transform=transform,
        state=state,
        # What is dropped leaves nothing behind.
        indicator=params.missing_indicator and column.gaps and bool(names),
        **column.sampled,
    )


@dataclass(frozen=True)
class _Summary:
    """A numeric column: its rows, whether it has gaps and finite values, the mean of what is there
    (0 if nothing is), and, where it was asked for, its values or a sample of them."""

    values: Callable[[], Iterable[np.ndarray]]
    rows: int
    gaps: bool
    finite: bool
    mean: float
    sample: np.ndarray | None

    @property
    def sampled(self) -> dict[str, int]:
        """What the state says of a sample that is not the whole column."""
        if self.sample is None or len(self.sample) == self.rows:
            return {}
        return {"sampled_rows": len(self.sample)}

    @property
    def all_values(self) -> np.ndarray:
        """The values at once, or a sample of them, where they were asked for."""
        assert self.sample is not None
        return self.sample


def _summary(blocks: Blocks, sampled: bool) -> _Summary:
    def values() -> Iterator[np.ndarray]:
        return (block.to_numpy(dtype="float64") for block in blocks())

    rows, count, total, finite = 0, 0, 0.0, False
    for block in values():
        present = block[~np.isnan(block)]
        rows, count, total = rows + len(block), count + len(present), total + present.sum()
        finite |= bool(np.isfinite(present).any())
    mean = float(total / count) if count else 0.0
    sample = _sample(values(), rows) if sampled else None
    return _Summary(values, rows, count < rows, finite, mean, sample)


def _sample(blocks: Iterable[np.ndarray], rows: int) -> np.ndarray:
    """The values of the column, or SAMPLE_ROWS of them where there are more."""
    if rows <= SAMPLE_ROWS:
        return np.concatenate(list(blocks))
    drawn = np.random.default_rng(SAMPLE_SEED).choice(rows, SAMPLE_ROWS, replace=False)
    drawn.sort()
    found, start = [], 0
    for block in blocks:
        low, high = np.searchsorted(drawn, [start, start + len(block)])
        found.append(block[drawn[low:high] - start])
        start += len(block)
    return np.concatenate(found)


def _at_once(blocks: list[np.ndarray]) -> np.ndarray:
    """The values of these blocks, or the same sample of them that is drawn of any column."""
    return _sample(blocks, sum(map(len, blocks)))


def _fill_value(column: _Summary, rule: str) -> float | None:
    """What a gap becomes, in the column's own unit; None leaves it NaN.

    A column without any value in the training split has no mean; zero stands in, so that the
    network trains, and learns nothing from it.
    """
    if rule == "keep":
        return None
    if rule == "mean":
        return column.mean
    if rule == "zero":
        return 0.0
    assert rule == "median", rule
    present = column.all_values[~np.isnan(column.all_values)]
    return float(np.median(present)) if len(present) else 0.0


def _fit_transform(
    name: str, column: _Summary, fill: float | None, arguments: Mapping[str, float]
) -> State:
    transform = TRANSFORMS[name]
    if not column.finite and (fill is None or not column.gaps):
        # With `keep` a column may be all gaps here; as a constant it has a state all the same.
        return transform.fit([np.zeros(1)], **arguments)
    blocks = [column.all_values] if transform.ranked else column.values()
    fill = fill if transform.fills_gaps else None
    filled = (block if fill is None else np.where(np.isnan(block), fill, block) for block in blocks)
    return transform.fit(filled, **arguments)


def _fit_target(name: str, blocks: Blocks, kind: TaskKind, params: Normalize) -> TargetState:
    if not kind.is_regression:
        return TargetState(name=name)
    column = _summary(blocks, TRANSFORMS[params.target].ranked)
    return TargetState(
        name=name,
        transform=params.target,
        state=_fit_transform(params.target, column, None, {}),
        **column.sampled,
    )


def _apply_column(
    column: ColumnState, frame: pd.DataFrame, training_from: int | None
) -> list[np.ndarray]:
    """One table column as numbers that float32 holds, in parts of [rows, some of its inputs].

    A category that training did not have, and a gap, is a row of zeros one-hot, -1 ordinal, and the
    mean over all rows as a mean. Where training pooled its rare categories, they and new ones are
    the last category.
    """
    name = column.name
    if name not in frame:
        raise UserError("", f"the column {name!r}", hint=nearest(name, list(frame.columns)))
    gap = frame[name].isna().to_numpy()
    if isinstance(column, CategoricalColumn):
        codes = category_codes(frame[name], column.categories, column.has_pool)
        if column.means is not None:
            values = column.means.apply(codes, training_from)
        elif column.encoding == "one_hot":
            values = codes[:, None] == np.arange(len(column.categories) + column.has_pool)
        else:
            values = codes[:, None]
    else:
        numbers = frame[name].to_numpy(dtype="float64")
        if column.missing is not None:
            numbers = np.where(gap, column.missing, numbers)
        values = _apply_transform(column.transform, column.state, numbers[:, None])
    if values.dtype == np.float64:
        # A held-out value may lie far beyond the training range; keep it finite in float32.
        values = np.clip(values, -FLOAT32_MAX, FLOAT32_MAX)
    return [values] + [gap[:, None]] * column.indicator
