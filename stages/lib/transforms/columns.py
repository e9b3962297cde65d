"""The transforms of one column. A new one is one entry of TRANSFORMS at the end of this file.

Each formula is written once, against a small namespace of array functions: numpy's here (`NUMPY`),
Keras' in the exported model. States are plain JSON values.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
from pydantic import BaseModel

from stages.lib.core.errors import UserError
from stages.lib.transforms.shapes import Bins, Levels, Nothing, Ranks, Scale, Turn
from stages.lib.vocabulary.transforms import CLIP_AT, GIVEN_FROM, MAX_CODES, USUAL_BINS

State = dict[str, Any]


def _erfinv(x: np.ndarray) -> np.ndarray:
    from scipy.special import erfinv  # a tenth of a second that only `quantile` needs

    return np.asarray(erfinv(x))


def _interp(x: np.ndarray, knots: np.ndarray, values: np.ndarray) -> np.ndarray:
    """numpy.interp, which forgets a NaN when there is one knot alone."""
    return np.where(np.isnan(x), np.nan, np.interp(x, knots, values))


NUMPY = SimpleNamespace(
    abs=np.abs,
    clip=np.clip,
    equal=np.equal,
    erfinv=_erfinv,
    expm1=np.expm1,
    floor=np.floor,
    interp=_interp,
    log1p=np.log1p,
    maximum=np.maximum,
    minimum=np.minimum,
    sign=np.sign,
    sin=np.sin,
    sqrt=np.sqrt,
)


@dataclass(frozen=True)
class Transform:
    """One transform.

    Attributes:
        fit: from the blocks of a column, float64 [rows] each (NaN are gaps, ignored), to its state;
            arguments that params.yaml may give are taken by name.
        apply: (x, state, ops) -> the inputs that it becomes; from [rows, 1] to [rows, inputs].
        inverse: (x, state, ops) -> the column's own numbers, of any shape; None where the transform
            loses what would be needed.
        shape: what a state read from a file has to be.
        ranked: the state needs all values at once: of a large column it is fitted on a sample, in
            one block.
        fills_gaps: it is fitted on what gaps become, too, and not on what is there only.
        names: (column's name, state) -> the names of the inputs.
    """

    fit: Callable[..., State]
    apply: Callable[[Any, State, SimpleNamespace], Any]
    inverse: Callable[[Any, State, SimpleNamespace], Any] | None
    shape: type[BaseModel]
    ranked: bool = False
    fills_gaps: bool = True
    names: Callable[[str, State], list[str]] = lambda name, state: [name]


def _scaler(name: str, blocks: Iterable[np.ndarray]) -> Any:
    """One of scikit-learn's scalers, fitted block by block.

    A constant column has no scale: scikit-learn divides it by 1, so it becomes 0, which tells the
    network as little as the column does, and a held-out row with another value stays finite.
    """
    from sklearn import preprocessing  # 1.2 s that applying a state does not need

    scaler = getattr(preprocessing, name)()
    for values in blocks:
        # After a block of gaps alone a mean would stay NaN whatever follows.
        if not np.isnan(values).all():
            scaler.partial_fit(values.reshape(-1, 1))
    return scaler


def _fit_standard(blocks: Iterable[np.ndarray]) -> State:
    scaler = _scaler("StandardScaler", blocks)
    return {"center": float(scaler.mean_[0]), "scale": float(scaler.scale_[0])}


def _fit_minmax(blocks: Iterable[np.ndarray]) -> State:
    scaler = _scaler("MinMaxScaler", blocks)
    return {"center": float(scaler.data_min_[0]), "scale": float(scaler.data_range_[0]) or 1.0}


def _fit_robust(blocks: Iterable[np.ndarray]) -> State:
    """Of RobustScaler: the median and the interquartile range.

    A column of which half the values are equal has no interquartile range, although it is not
    constant; left at 1 it would stay as large as it came, so it is scaled by its standard
    deviation.
    """
    from sklearn.preprocessing import RobustScaler

    [values] = blocks
    scaler = RobustScaler().fit(values.reshape(-1, 1))
    low, high = np.nanquantile(values, [0.25, 0.75])
    scale = scaler.scale_[0] if low != high else _fit_standard([values])["scale"]
    return {"center": float(scaler.center_[0]), "scale": float(scale)}


def _shift_and_scale(x: Any, state: State, ops: SimpleNamespace) -> Any:
    return (x - state["center"]) / state["scale"]


def _unscale_and_unshift(x: Any, state: State, ops: SimpleNamespace) -> Any:
    return x * state["scale"] + state["center"]


# So many times CLIP_AT is CLIP_AT itself in float64, and its square does not overflow.
_FAR = 1e9


def _apply_robust_clipped(x: Any, state: State, ops: SimpleNamespace) -> Any:
    """Scaled, then x / sqrt(1 + (x / 3)^2): near the median x itself, never beyond 3 to a side.

    Of a column without an interquartile range the scale is that of `robust`, where the paper takes
    half the range, which a single far row decides.
    """
    scaled = ops.clip(_shift_and_scale(x, state, ops), -_FAR * CLIP_AT, _FAR * CLIP_AT)
    return scaled / ops.sqrt(1 + (scaled / CLIP_AT) ** 2)


def _signed_log1p(x: Any, ops: SimpleNamespace) -> Any:
    """log(1 + x), continued to negative x as an odd function."""
    return ops.sign(x) * ops.log1p(ops.abs(x))


def _fit_log1p(blocks: Iterable[np.ndarray]) -> State:
    return _fit_standard(_signed_log1p(values, NUMPY) for values in blocks)


def _apply_log1p(x: Any, state: State, ops: SimpleNamespace) -> Any:
    return _shift_and_scale(_signed_log1p(x, ops), state, ops)


def _inverse_log1p(x: Any, state: State, ops: SimpleNamespace) -> Any:
    logarithm = _unscale_and_unshift(x, state, ops)
    return ops.sign(logarithm) * ops.expm1(ops.abs(logarithm))


# scikit-learn's own bound (BOUNDS_THRESHOLD of sklearn.preprocessing._data): values beyond the
# outermost quantiles go to +-5.2 rather than to infinity.
_QUANTILE_BOUND = 1e-7


def _fit_quantile(blocks: Iterable[np.ndarray]) -> State:
    """At most 100 quantiles: knots of a continuous, piecewise linear map to ranks.

    Ranks of repeated quantiles are averaged to one knot, where scikit-learn jumps.
    """
    from sklearn.preprocessing import QuantileTransformer

    [values] = blocks
    count = min(100, int(np.isfinite(values).sum()))
    column = values.reshape(-1, 1)
    quantiles = (
        QuantileTransformer(n_quantiles=count, subsample=None).fit(column).quantiles_[:, 0]
        if count > 1
        else np.full(2, np.nanmean(values))
    )
    knots, position = np.unique(quantiles, return_inverse=True)
    ranks = np.linspace(0, 1, len(quantiles))
    mean_rank = np.bincount(position, weights=ranks) / np.bincount(position)
    return {"knots": knots.tolist(), "ranks": mean_rank.tolist()}


def _apply_quantile(x: Any, state: State, ops: SimpleNamespace) -> Any:
    rank = ops.interp(x, np.array(state["knots"]), np.array(state["ranks"]))
    rank = ops.clip(rank, _QUANTILE_BOUND, 1 - _QUANTILE_BOUND)
    return 2**0.5 * ops.erfinv(2 * rank - 1)


def _fit_piecewise_linear(blocks: Iterable[np.ndarray], bins: float = USUAL_BINS) -> State:
    """The edges of bins that have equally many of the rows; edges that fall together are one."""
    [values] = blocks
    edges = np.unique(np.nanquantile(values, np.linspace(0, 1, int(bins) + 1)))
    if len(edges) == 1:  # a constant, which becomes 0
        edges = edges + np.array([0.0, max(1.0, abs(edges[0]))])
    return {"edges": edges.tolist()}


def _apply_piecewise_linear(x: Any, state: State, ops: SimpleNamespace) -> Any:
    """How far the number is through each bin: 1 of a bin below it, 0 of one above it, and between 0
    and 1 within. The first bin goes on below its edge, and the last one above, in a line (Gorishniy
    and others, 2022, whose piecewise linear encoding this is)."""
    edges = np.array(state["edges"])
    low, high = edges[:-1], edges[1:]
    most = np.finfo(np.float64).max
    lowest, highest = np.append(-most, low[1:]), np.append(high[:-1], most)
    return (ops.minimum(ops.maximum(x, lowest), highest) - low) / (high - low)


def _bin_names(name: str, state: State) -> list[str]:
    return [f"{name} bin {number}" for number in range(1, len(state["edges"]))]


def _fit_one_hot(blocks: Iterable[np.ndarray]) -> State:
    """The different numbers. Raises UserError where they are too many to be codes."""
    levels = np.empty(0)
    for values in blocks:
        levels = np.union1d(levels, values[~np.isnan(values)])
        if len(levels) > MAX_CODES:
            raise UserError("", f"at most {MAX_CODES} different numbers for one_hot", len(levels))
    return {"levels": levels.tolist()}


def _apply_one_hot(x: Any, state: State, ops: SimpleNamespace) -> Any:
    """A number that training did not have, and a gap that is not filled, is a row of zeros."""
    return ops.equal(x, np.array(state["levels"]))


def _level_names(name: str, state: State) -> list[str]:
    return [f"{name}={level:g}" for level in state["levels"]]


def _fit_cyclic(blocks: Iterable[np.ndarray], period: float | None = None) -> State:
    """The period as given, or by the range of the numbers: of whole ones max - min + step, where
    all lie whole steps apart (24 for hours 0 to 23, 360 for degrees 0, 10, ..., 350); of others
    max - min. 1 where there are no two different numbers."""
    if period is not None:
        return {"period": period}
    low, high, step, first, whole = np.inf, -np.inf, 0, None, True
    for values in blocks:
        known = values[np.isfinite(values)]
        if not len(known):
            continue
        low, high = min(low, known.min()), max(high, known.max())
        # From 2^53 on float64 leaves whole numbers out.
        whole = whole and bool((known == np.round(known)).all() and abs(known).max() < 2**53)
        if whole:
            first = known[0] if first is None else first
            step = int(np.gcd.reduce((known - first).astype("int64"), initial=step))
    if not low < high:
        return {"period": 1.0}
    return {"period": max(GIVEN_FROM, float(high - low + step * whole))}


def _apply_cyclic(x: Any, state: State, ops: SimpleNamespace) -> Any:
    """Sine and cosine, which is the sine a quarter of a turn on."""
    turns = x / state["period"]
    return ops.sin(2 * np.pi * (turns - ops.floor(turns) + np.array([0.0, 0.25])))


def _turn_names(name: str, state: State) -> list[str]:
    return [f"{name} sine", f"{name} cosine"]


def _drop(x: Any, state: State, ops: SimpleNamespace) -> Any:
    return x[..., :0]


def _same(x: Any, state: State, ops: SimpleNamespace) -> Any:
    return x


TRANSFORMS = {
    "none": Transform(lambda blocks: {}, _same, _same, Nothing),
    "standard": Transform(_fit_standard, _shift_and_scale, _unscale_and_unshift, Scale),
    "minmax": Transform(_fit_minmax, _shift_and_scale, _unscale_and_unshift, Scale),
    "robust": Transform(_fit_robust, _shift_and_scale, _unscale_and_unshift, Scale, ranked=True),
    "robust_clipped": Transform(_fit_robust, _apply_robust_clipped, None, Scale, ranked=True),
    "quantile": Transform(_fit_quantile, _apply_quantile, None, Ranks, ranked=True),
    "log1p_standard": Transform(_fit_log1p, _apply_log1p, _inverse_log1p, Scale),
    "piecewise_linear": Transform(
        _fit_piecewise_linear, _apply_piecewise_linear, None, Bins, ranked=True, names=_bin_names
    ),
    "one_hot": Transform(_fit_one_hot, _apply_one_hot, None, Levels, names=_level_names),
    "cyclic": Transform(
        _fit_cyclic, _apply_cyclic, None, Turn, fills_gaps=False, names=_turn_names
    ),
    "drop": Transform(lambda blocks: {}, _drop, None, Nothing, names=lambda name, state: []),
}
