"""The splits as the reference models take them: encoded alike, whatever the network's scaling."""

from dataclasses import dataclass, replace

import numpy as np

from stages.lib.params.normalize import Normalize
from stages.lib.transforms.fitted import normalize_splits
from stages.lib.trials.folds import Frames
from stages.lib.trials.statistics import SIMPLE, Design, joined
from stages.lib.trials.subject import Subject

# A standardised input beyond this many deviations says no more than one at it, and would decide a
# linear prediction or a distance alone.
MAX_DEVIATIONS = 10.0

NORMALIZE = Normalize(
    features="standard",
    binary="standard",
    categorical="one_hot",
    min_frequency=None,
    max_categories=None,
    columns={},
    missing="median",
    missing_indicator=False,
    keep_best=None,
    target="none",
)


@dataclass(frozen=True)
class EncodedRows:
    """Rows of one split.

    x: float64 [rows, inputs]. target: int64 class codes (0 or 1 of a label), or float64 in
    deviations of the training target about its mean; [rows, targets], or [rows] for a model, which
    takes one target. classes: two of a label, 0 for a regression. design: the rows' weights and
    groups. ordered: rows are in the order of time.
    """

    x: np.ndarray
    target: np.ndarray
    classes: int
    design: Design = SIMPLE
    ordered: bool = False

    @property
    def weights(self) -> np.ndarray | None:
        return self.design.weights

    @property
    def groups(self) -> np.ndarray | None:
        return self.design.groups

    def per_target(self) -> list["EncodedRows"]:
        """The same rows with each of the targets by itself, [rows]."""
        return [replace(self, target=column) for column in np.ascontiguousarray(self.target.T)]

    @property
    def independent(self) -> bool:
        """Rows are neither in groups nor in the order of time, as far as is known."""
        return self.groups is None and not self.ordered

    def with_inputs(self, x: np.ndarray) -> "EncodedRows":
        """The same rows with these inputs, float64 [rows, inputs]."""
        return replace(self, x=x)

    def take(self, rows: np.ndarray) -> "EncodedRows":
        """The rows at these positions."""
        return replace(
            self, x=self.x[rows], target=self.target[rows], design=self.design.take(rows)
        )

    def counting(self) -> "EncodedRows":
        """The rows without those of weight 0."""
        return self if self.weights is None else self.take(np.flatnonzero(self.weights > 0))

    def sample(self, max_rows: int, rng: np.random.Generator) -> "EncodedRows":
        """At most this many of the rows, in their order."""
        if len(self.target) <= max_rows:
            return self
        return self.take(self.sample_positions(max_rows, rng))

    def sample_positions(self, max_rows: int, rng: np.random.Generator) -> np.ndarray:
        """The positions of at most this many of the rows, in their order, int64 [rows]."""
        rows = len(self.target)
        if rows <= max_rows:
            return np.arange(rows)
        return np.sort(rng.choice(rows, max_rows, replace=False))


def encode_splits(subject: Subject, tables: Frames) -> tuple[dict[str, EncodedRows], np.ndarray]:
    """The raw splits as rows for the reference models.

    Levels that are pooled for the network are pooled here too, or there would be too many.

    Returns:
        The splits, and what one unit of each target's loss is in the card's unit, float64
        [targets]: 1 for classes, the variance of the training target for numbers.
    """
    normalize = subject.sections["normalize"]
    pooling = {key: normalize[key] for key in ("min_frequency", "max_categories")}
    card = subject.card
    data = normalize_splits(tables, card, NORMALIZE.model_copy(update=pooling))
    targets = data.y
    units = np.ones(len(card.targets))
    if card.task.is_regression:
        center = targets["train"].mean(axis=0)
        scale = targets["train"].std(axis=0)
        scale[scale == 0] = 1.0
        targets = {name: (target - center) / scale for name, target in targets.items()}
        units = scale**2
    classes = 2 if card.task.has_labels else len(card.classes)
    parts = {
        name: EncodedRows(
            np.clip(data.x[name], -MAX_DEVIATIONS, MAX_DEVIATIONS).astype("float64"),
            targets[name],
            classes,
            subject.design(table),
            subject.ordered,
        )
        for name, table in tables.items()
    }
    return parts, units


def concatenate(first: EncodedRows, second: EncodedRows) -> EncodedRows:
    """All these rows, one after the other."""
    return replace(
        first,
        x=np.concatenate([first.x, second.x]),
        target=np.concatenate([first.target, second.target]),
        design=joined([first.design, second.design]),
    )
