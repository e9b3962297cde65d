"""What one column says of a target by itself, and what all others say together."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from stages.diagnose.floor.models.boosting import fit_boosting
from stages.diagnose.floor.models.linear import fit_linear
from stages.diagnose.floor.rows import encode_splits
from stages.lib.artifacts.card import Column
from stages.lib.trials.subject import Subject

MAX_ROWS = 4000  # of which half are fitted, half judged
MIN_ROWS = 100
MIN_OTHERS = 10  # judged rows of another class than the usual one: of fewer a share says little
PARTS = 100  # of a column of numbers, each with equally many of the fitted rows
MIN_ROWS_A_PART = 10
# Of the errors of the best constant (squared ones of numbers, and of their ranks; rows of another
# class), what the column leaves at most, and all others together at least.
SINGLE, OTHERS = 0.01, 0.2


@dataclass(frozen=True)
class Halves:
    """Rows with one target, of which one half is fitted and the other one judged.

    Attributes:
        rows: features of the table.
        y: numbers or codes of classes, float64 [rows].
        fitted: bool [rows].
        is_regression: y are numbers.
    """

    rows: pd.DataFrame
    y: np.ndarray
    fitted: np.ndarray
    is_regression: bool

    @classmethod
    def of(cls, subject: Subject, table: pd.DataFrame, target: pd.Series) -> "Halves":
        """Every other row is fitted; of rows in the order of time the earlier half."""
        rows = table.iloc[:MAX_ROWS]
        at = np.arange(len(rows))
        fitted = at < len(rows) // 2 if subject.ordered else at % 2 == 0
        y = target.iloc[:MAX_ROWS].to_numpy("float64")
        return cls(rows, y, fitted, subject.task.is_regression)

    @property
    def can_tell(self) -> bool:
        """There are rows enough."""
        if len(self.rows) < MIN_ROWS:
            return False
        judged = self.y[~self.fitted]
        if self.is_regression:
            return bool(np.ptp(judged) > 0)
        return bool((judged != self._usual(self.y)).sum() >= MIN_OTHERS)

    def left_by(self, column: Column) -> float:
        """The share of the constant's errors that the column leaves by itself."""
        parts = self._parts(column)
        targets = [self.y]
        if self.is_regression:  # ranks do not see how far an outlier is
            targets.append(pd.Series(self.y).rank().to_numpy())
        return max(self._left(self._by_part(parts, y), y) for y in targets)

    def left_by_others(self, subject: Subject, column: Column) -> float:
        """The same of the better of a linear model and boosting that see all other columns."""
        others = [other for other in subject.card.columns if other != column]
        seen = replace(subject, card=subject.card.model_copy(update={"columns": others}))
        return min(self._left(found, self.y) for found in self._by_models(seen))

    def _parts(self, column: Column) -> np.ndarray:
        """The part of each row, int [rows]: its category, or numbers of a range; gaps are one."""
        values = self.rows[column.name]
        if column.kind == "categorical":
            return np.asarray(pd.factorize(values)[0] + 1)
        x = values.to_numpy("float64")
        known = x[self.fitted & ~np.isnan(x)]
        count = max(2, min(PARTS, len(known) // MIN_ROWS_A_PART))
        edges = np.unique(np.quantile(known, np.linspace(0, 1, count + 1))) if len(known) else x[:0]
        return np.where(np.isnan(x), 0, 1 + np.searchsorted(edges, x))

    def _by_part(self, parts: np.ndarray, y: np.ndarray) -> np.ndarray:
        """The mean, or the usual class, of the fitted rows of each row's part, float64 [rows]."""
        of_fitted, targets, count = parts[self.fitted], y[self.fitted], int(parts.max()) + 1
        rows = np.bincount(of_fitted, minlength=count)
        if self.is_regression:
            best = np.bincount(of_fitted, targets, count) / np.maximum(rows, 1)
        else:
            codes, classes = targets.astype("int64"), int(y.max()) + 1
            pairs = np.bincount(of_fitted * classes + codes, minlength=count * classes)
            best = pairs.reshape(count, classes).argmax(axis=1).astype("float64")
        return np.where(rows > 0, best, self._usual(y))[parts]

    def _by_models(self, subject: Subject) -> Iterator[np.ndarray]:
        encoded = encode_splits(subject, {"train": self.rows})[0]["train"]
        y = self.y if self.is_regression else self.y.astype("int64")
        classes = 0 if self.is_regression else int(y.max()) + 1
        rows = replace(encoded, target=y, classes=classes)
        for fit in (fit_linear, fit_boosting):
            found = fit(rows.take(np.flatnonzero(self.fitted)), 0)(rows.x)
            yield found.argmax(axis=1).astype("float64") if classes else found[:, 0]

    def _left(self, predicted: np.ndarray, y: np.ndarray) -> float:
        judged = ~self.fitted
        if self.is_regression:
            errors = np.square(predicted[judged] - y[judged]).sum()
            chance = np.square(self._usual(y) - y[judged]).sum()
        else:
            errors = (predicted[judged] != y[judged]).sum()
            chance = (self._usual(y) != y[judged]).sum()
        return float(errors / chance) if chance > 0 else 1.0

    def _usual(self, y: np.ndarray) -> float:
        """The best constant of the fitted rows: the mean, or the usual class."""
        fitted = y[self.fitted]
        if self.is_regression:
            return float(fitted.mean())
        return float(np.bincount(fitted.astype("int64")).argmax())
