"""Whether there is anything to learn: does any reference model beat a shuffle of the target?"""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd
from scipy.special import gammaln

from stages.diagnose.floor.cross_fitting import cross_fitted_tests
from stages.diagnose.floor.gains import gains_over_chance, mean_row_losses
from stages.diagnose.floor.permutation import PermutationTest, permutation_tests, row_orders
from stages.diagnose.floor.predictors import Predictor
from stages.diagnose.floor.references import CONSTANT
from stages.diagnose.floor.rows import EncodedRows, concatenate
from stages.lib.trials.statistics import mean

MAX_PERMUTED_ROWS = 3_000
PERMUTATIONS = 9_999
# Below the usual 5 %: to call noise a signal sends its reader after a loss that no edit removes,
# and a signal worth an edit has a p-value far below either. After Bonferroni for five tests the
# smallest attainable p-value is 0.0005, so 1 % is within reach.
ALPHA = 0.01
# Rows in all up to which every row is judged by models of all the others: a share held out of so
# few decides little.
MAX_CROSS_FITTED_ROWS = 400
# Held-out rows from which they are asked too. With fewer every test more would take part in the
# correction for their number, and hardly any could reject.
MIN_HELD_OUT_ROWS = 40
# Held-out rows below which an interval of a mean is no more than a guess.
MIN_INTERVAL_ROWS = 30
# diagnose.min_gain as params.yaml has it: the smallest gain that matters, as a share of chance.
MIN_GAIN = 0.01

Status = Literal["found", "none", "cannot_tell"]


@dataclass(frozen=True)
class Signal:
    """The test of "the inputs say something of the target".

    Attributes:
        status: 'found': p_value is below ALPHA. 'none': no reference gains `min_gain` over chance
            on new rows, by the upper ends of 95 % intervals, nor would the linear model if it had
            not to be estimated. 'cannot_tell': neither is shown.
        p_value: after Bonferroni over the tests; 1 where none could be made.
        permutations: orders of the targets that it rests on, at most.
        reference: the model with the smallest p-value (of several, the smallest loss).
        smallest_p: the smallest p-value that any order of these targets could have had, after the
            same correction.
        rows: that took part, training rows among them.
        rows_needed: about how many would tell; None where it is told, or no number is known.
        highest_gain: the largest gain over chance that the intervals leave, as a share of chance;
            None where too few rows are held out.
        reason: why it cannot be told, in words; None where it can.
    """

    status: Status
    p_value: float
    permutations: int
    reference: str
    smallest_p: float
    rows: int
    rows_needed: int | None = None
    highest_gain: float | None = None
    reason: str | None = None

    @property
    def found(self) -> bool:
        """Whether there is a signal."""
        return self.status == "found"


def untold_signal(reason: str, rows: int) -> Signal:
    """That of so many rows which cannot be asked."""
    return Signal("cannot_tell", 1.0, 0, CONSTANT, 1.0, rows, reason=reason)


def find_signal(
    predictors: dict[str, list[Predictor]],
    train: EncodedRows,
    held_out: EncodedRows,
    rng: np.random.Generator,
    min_gain: float = MIN_GAIN,
) -> Signal:
    """Whether any reference predicts the held-out rows (validation and test) better than it
    predicts a shuffle of them; of few rows, whether models of all others predict each row so.

    Args:
        predictors: the fitted references by name, one for each target; empty where no rows are held
            out.
        train: the rows that they were fitted to.
        held_out: the rows that count; beyond 3,000 they are left out at random.
        min_gain: the smallest gain that matters, as a share of chance.
    """
    every = concatenate(train, held_out)
    rows = len(every.target)
    models = {name: fitted for name, fitted in predictors.items() if name != CONSTANT}
    tests: dict[str, PermutationTest] = {}
    # Weights would have to move with their targets, which models that are fitted anew do not see.
    if rows <= MAX_CROSS_FITTED_ROWS and every.weights is None:
        if every.groups is not None:
            every = _of_like_sizes(every, every.groups, rng)
        tests |= cross_fitted_tests(every, row_orders(every, rng))
    judged = held_out.sample(MAX_PERMUTED_ROWS, rng)
    losses = dict.fromkeys(tests, np.inf)
    if models and len(judged.target) >= (MIN_HELD_OUT_ROWS if tests else 1):
        tests |= _held_out_tests(models, judged, rng)
        losses |= {
            name: mean(mean_row_losses(fitted, judged), judged.weights)
            for name, fitted in models.items()
        }
    if not tests:
        return untold_signal(f"{rows} rows are too few for any test", rows)
    best = min(tests, key=lambda name: (tests[name].p_value, losses[name]))
    p_value = min(1.0, len(tests) * tests[best].p_value)
    smallest = min(1.0, len(tests) * min(test.smallest for test in tests.values()))
    gains = None
    if models and len(judged.target) >= MIN_INTERVAL_ROWS:
        gains = gains_over_chance(predictors, train, judged)
    highest = None if gains is None else gains.highest
    signal = Signal("found", p_value, PERMUTATIONS, best, smallest, rows, None, highest)
    if p_value < ALPHA:
        return signal
    if highest is not None and highest < min_gain:
        return replace(signal, status="none")
    if smallest >= ALPHA:
        reason = f"no order of these targets has a p-value below {smallest:.2g}, of {rows} rows"
        needed = _rows_to_reject(every, len(tests))
    else:
        reason = f"a signal worth {min_gain:.2g} of chance may be there and not be seen"
        needed = None if gains is None else gains.rows_needed(rows, min_gain)
    return replace(signal, status="cannot_tell", reason=reason, rows_needed=needed)


def _held_out_tests(
    models: dict[str, list[Predictor]], judged: EncodedRows, rng: np.random.Generator
) -> dict[str, PermutationTest]:
    if judged.groups is not None:
        judged = _of_like_sizes(judged, judged.groups, rng)
    predictions = {
        name: [predict(judged.x) for predict in fitted] for name, fitted in models.items()
    }
    orders = row_orders(judged, rng)
    return permutation_tests(predictions, judged.target, PERMUTATIONS, orders, judged.weights)


def _rows_to_reject(rows: EncodedRows, tests: int) -> int | None:
    """About how many rows like these have so many orders that the best of them, with its mirror
    image, has a p-value below ALPHA after the correction for the number of tests."""
    count = len(rows.target)
    for more in range(count + 1, 100 * (count + 1)):
        if _log_orders(rows, more) > np.log(2 * tests / ALPHA):
            return more
    return None


def _log_orders(rows: EncodedRows, count: int) -> float:
    """The logarithm of the number of orders of so many rows like these: of numbers, or of classes
    in the same shares; of groups, or of blocks of time, as many as there would be."""
    if rows.ordered:
        return float(gammaln(count**0.5 + 1))
    if rows.groups is not None:
        return float(gammaln(count * len(np.unique(rows.groups)) / len(rows.target) + 1))
    if not rows.classes:
        return float(gammaln(count + 1))
    targets = rows.target.reshape(len(rows.target), -1)
    shares = np.unique(targets, axis=0, return_counts=True)[1] / len(targets)
    return float(gammaln(count + 1) - gammaln(count * shares + 1).sum())


def _of_like_sizes(rows: EncodedRows, codes: np.ndarray, rng: np.random.Generator) -> EncodedRows:
    """Of each group (codes [rows]) as many rows, drawn at random, as the largest power of two that
    it has, so that many groups are of one size and can be told from each other by a shuffle."""
    drawn = rng.permutation(len(rows.target))
    groups = pd.Series(codes[drawn])
    sizes = groups.groupby(groups).transform("size")
    keep = groups.groupby(groups).cumcount() < 2 ** np.floor(np.log2(sizes))
    return rows.take(np.sort(drawn[keep.to_numpy()]))
