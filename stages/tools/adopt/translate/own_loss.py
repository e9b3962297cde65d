"""A loss of the script's own, told by its values and gradients at probes."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
from scipy.optimize import minimize_scalar

from stages.lib.core.errors import UserError
from stages.lib.core.text import printable
from stages.lib.vocabulary.losses import LOSSES, Loss
from stages.tools.adopt.translate.captured import Probes
from stages.tools.adopt.translate.translation import Translation

# Values and gradients are the same within this share of the largest one of a probe: a script may
# guard its logarithms otherwise than Keras (1e-7), and computes in float32.
TOLERANCE = 1e-3
# Of the largest of all probes: what is smaller is compared with this, since a script's rounding is
# of the size of what it adds up.
SMALLEST = 1e-4
# A factor is 1 within as much.
FACTOR = 1e-3
# Where a constant is looked for, by its key: between these, in so many steps of equal ratio, then
# finer around the best of them.
RANGES = {"huber_delta": (1e-3, 1e12), "quantile": (1e-3, 1 - 1e-3)}
STEPS = 200
# Constants that are tried beside each other, by their keys: usual ones only.
USUAL = {
    "focal_gamma": (0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0),
    "focal_alpha": (0.25, 0.5, 0.75, 1.0),
    "focal_balancing": (False, True),
}


@dataclass(frozen=True)
class _Match:
    """A loss with its constants, and how far it is from the script's own.

    Attributes:
        factor: by what its values and gradients are multiplied to come nearest.
        distance: the largest difference that is left, as a share of the largest number.
    """

    row: Loss
    constants: dict[str, float]
    from_logits: bool
    factor: float
    distance: float


def match_loss(name: str, probes: Probes) -> Translation:
    """The loss of params.yaml that has the values and gradients of a script's own function.

    Args:
        name: of the function or class in the script.
        probes: what it gives at targets and predictions.

    Raises:
        UserError: for one that no loss of params.yaml equals, with the nearest factor of one if
            that is all that differs.
    """
    where = f"compile(loss={printable(name)[:60]})"
    matches = [match for row in LOSSES.values() if (match := _match(row, probes))]
    # The same function may be a multiple of another one too.
    equal = [match for match in matches if match.distance <= TOLERANCE]
    best = min(equal, key=lambda match: (match.factor != 1.0, match.distance), default=None)
    if best is None:
        raise UserError(
            where,
            f"the values and gradients of one of {', '.join(LOSSES)}",
            "another function",
            "compile with one of these, which the loss of your own may then stand beside as a "
            "metric",
        )
    if best.factor != 1.0:
        raise UserError(
            where,
            f"a loss that params.yaml has, such as {best.row.name}",
            f"{best.factor:.4g} times {best.row.name}",
            f"compile with {best.row.name}; unless the optimizer divides by the size of the "
            "gradients, as Adam does, multiply its learning rate by that number",
        )
    edits = {
        "train.loss": best.row.name,
        "train.from_logits": best.from_logits,
        "train.label_smoothing": 0.0,
        **{f"train.{key}": value for key, value in best.constants.items()},
    }
    rows = probes.true.shape[0] * probes.true.shape[1]
    return Translation(
        edits, notes=[f"{where} is {best.row.name}, by value and gradient at {rows} rows"]
    )


def _match(row: Loss, probes: Probes) -> _Match | None:
    """The nearest that a row comes with any of its constants; None where it takes other targets."""
    width, units = probes.true.shape[2], probes.predicted.shape[2]
    if row.target == "code":
        taken = width == 1 and units > 1 and (probes.true % 1 == 0).all()
        taken = taken and probes.true.min() >= 0 and probes.true.max() < units
    else:
        taken = width == units or (row.target == "any" and 1 in (width, units))
    if not taken:
        return None
    forms = (False, True) if row.has_logits else (False,)
    every = [
        _compared(row, constants, from_logits, probes)
        for from_logits in forms
        for constants in _constants(row, from_logits, probes)
    ]
    return min(every, key=lambda match: match.distance)


def _constants(row: Loss, from_logits: bool, probes: Probes) -> Iterator[dict[str, float]]:
    """Constants of a row to try."""
    [*keys] = row.constants
    if len(keys) != 1 or keys[0] not in RANGES:
        choices = (dict.fromkeys((row.constants[key], *USUAL[key])) for key in keys)
        yield from (dict(zip(keys, chosen, strict=True)) for chosen in product(*choices))
        return
    [key] = keys

    def distance(logarithm: float) -> float:
        return _compared(row, {key: float(np.exp(logarithm))}, from_logits, probes).distance

    low, high = RANGES[key]
    if distance(np.log(high)) <= TOLERANCE:
        # Half of a squared error is Huber's loss with a delta that no error reaches.
        yield {key: high}
        return
    grid = np.linspace(np.log(low), np.log(high), STEPS)
    nearest = int(np.argmin([distance(point) for point in grid]))
    between = grid[max(nearest - 1, 0)], grid[min(nearest + 1, STEPS - 1)]
    found = minimize_scalar(distance, bounds=between, method="bounded", options={"xatol": 1e-7})
    # As a person writes it, where that is as near.
    for digits in (1, 2, 3, 4):
        yield {key: float(f"{np.exp(found.x):.{digits}g}")}
    yield {key: float(np.exp(found.x))}


def _compared(row: Loss, constants: dict[str, float], from_logits: bool, probes: Probes) -> _Match:
    value, gradient = _values(row, constants, from_logits, probes)
    # Each in shares of the largest of its kind at its probe, so that none outweighs another.
    ours, theirs = [], []
    for our, their in ((value, probes.value), (gradient, probes.gradient)):
        our, their = our.reshape(len(our), -1), their.reshape(len(their), -1)
        largest = np.abs(their).max(axis=1, keepdims=True)
        scale = np.maximum(largest, max(SMALLEST * float(largest.max()), 1e-30))
        ours.append((our / scale).ravel())
        theirs.append((their / scale).ravel())
    return _distance(row, constants, from_logits, np.concatenate(ours), np.concatenate(theirs))


def _distance(
    row: Loss,
    constants: dict[str, float],
    from_logits: bool,
    ours: np.ndarray,
    theirs: np.ndarray,
) -> _Match:
    if not np.isfinite(ours).all():
        return _Match(row, constants, from_logits, 1.0, np.inf)
    square = float(ours @ ours)
    factor = float(ours @ theirs) / square if square > 0 else 1.0
    factor = 1.0 if abs(factor - 1) <= FACTOR else factor
    return _Match(row, constants, from_logits, factor, float(np.abs(factor * ours - theirs).max()))


def _values(
    row: Loss, constants: dict[str, float], from_logits: bool, probes: Probes
) -> tuple[np.ndarray, np.ndarray]:
    """The loss of each probe, float64 [probes], and its gradient by the predictions."""
    # TensorFlow takes seconds to load, and few scripts have a loss of their own.
    from stages.lib.mlp.losses import value_and_gradient

    return value_and_gradient(row, constants, from_logits, probes.true, probes.predicted)
