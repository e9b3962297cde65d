"""What loss is possible: the floor of the data, and whether there is anything to learn at all.

Where the law of the data is known, the card states the floor. Elsewhere a few reference models
stand in for it: what one of them reaches on rows that nothing was fitted on, a network can be
asked to reach too. Such a figure is an upper bound of the floor: the true floor lies at or below.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
import pandas as pd

from stages.lib.params.normalize import Normalize
from stages.lib.transforms import frame
from stages.lib.trials.folds import Frames
from stages.lib.trials.statistics import SIMPLE, Design, joined, linearised, mean
from stages.lib.trials.subject import Subject

# What a reference model gains beyond some thousand rows is mostly small beside the scatter of a
# test loss, and the whole has to take seconds.
MAX_TRAIN_ROWS = 5_000
MAX_TRAIN_CELLS = 500_000  # rows x inputs; a wider table gives fewer rows, though not below 500
MAX_TEST_ROWS = 20_000  # at which the standard error of a loss is far below what anyone acts on
MAX_PERMUTED_ROWS = 3_000
FOLDS = 5
# Boosting grows a tree a class and round; with more classes or targets it takes minutes.
MAX_BOOSTED_CLASSES = 30
MAX_TREES = 250

PERMUTATIONS = 9_999
# Below the usual 5 %: to call noise a signal sends its reader after a loss that no edit removes,
# and a signal worth an edit has a p-value far below either. After Bonferroni for three references
# the smallest attainable p-value is 0.0003, so 1 % is within reach.
ALPHA = 0.01

# keras.config.epsilon(), the bound of every predicted probability in this repository
EPSILON = 1e-7
# A standardised input beyond this many deviations says no more than one at it, and would decide a
# linear prediction or a distance alone.
MAX_DEVIATIONS = 10.0

CONSTANT = "constant"
LAW = "the scenario's law"

NORMALIZE = Normalize(
    features="standard",
    binary="standard",
    categorical="one_hot",
    min_frequency=None,
    max_categories=None,
    columns={},
    missing="median",
    missing_indicator=False,
    target="none",
)


@dataclass(frozen=True)
class Signal:
    """The test of "the inputs say something of the target". p_value: after Bonferroni over the
    references. reference: the one with the smallest p-value (of several, the smallest loss)."""

    p_value: float
    permutations: int
    reference: str
    found: bool


@dataclass(frozen=True)
class Floor:
    """The floor beside chance, on the test rows, in nats or squared target units.

    kind: 'exact', or 'bound' for an upper bound. chance: the loss of the best constant.
    reference: the scenario's law or the name of the reference model that gave the bound.
    references: the test loss of each reference model.
    """

    kind: str
    value: float
    standard_error: float
    chance: float
    reference: str
    references: dict[str, float]
    signal: Signal


@dataclass(frozen=True)
class _Data:
    """Encoded rows: x float64 [rows, inputs]; target int64 class codes (0 or 1 of a label), or
    float64 in deviations of the training target about its mean. classes: two of a label, 0 for a
    regression. design: the rows' weights and groups. ordered: rows are in the order of time. What
    several targets share has them as [rows, targets], a model takes [rows]."""

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

    def each(self) -> list["_Data"]:
        """The targets one by one."""
        return [replace(self, target=one) for one in np.ascontiguousarray(self.target.T)]

    def take(self, rows: np.ndarray) -> "_Data":
        return replace(
            self, x=self.x[rows], target=self.target[rows], design=self.design.take(rows)
        )

    def sample(self, most: int, rng: np.random.Generator) -> "_Data":
        """At most this many of the rows, in their order."""
        if len(self.target) <= most:
            return self
        return self.take(np.sort(rng.choice(len(self.target), most, replace=False)))


def floor(subject: Subject, seed: int, folds: list[Frames] | None = None) -> Floor:
    """The exact floor where the card has one, else a bound from reference models.

    The reference is chosen by cross-validation on the training split (of whole groups, where rows
    have some; always on later rows than were fitted, where they are in the order of time), then
    fitted on that split and judged on the test split, so that its loss there is not the best of
    several: in expectation it is not below the floor. Each of several targets has references of
    its own, and the loss is the mean of theirs. Seconds at most: the models see at most 5,000
    training rows, and at most 20,000 test rows judge them (seeded samples).

    folds: the divisions of the rows into splits, the subject's own first (None: no others). On
    each further one the references are fitted and judged too, and losses are the mean over all
    judged rows.
    """
    from threadpoolctl import threadpool_limits  # scikit-learn's own, and as slow to import

    # One thread: the same sums in the same order, and the caller may run several of us.
    with threadpool_limits(1), warnings.catch_warnings():
        # A logistic regression that is not quite converged is still a reference.
        warnings.simplefilter("ignore")
        return _floor(subject, seed, folds or [subject.tables])


def _floor(subject: Subject, seed: int, folds: list[Frames]) -> Floor:
    rng = np.random.default_rng(seed)
    # The split itself has test rows that count; a further division of few rows may have none.
    counting = [one for one in map(subject.counting, folds) if len(one["test"])]
    first, *further = (_fitted(subject, tables, seed, rng) for tables in counting)
    by_target = {
        name: np.concatenate([loss, *(one.losses[name] for one in further)])
        for name, loss in first.losses.items()
    }
    losses = {name: loss.mean(axis=1) for name, loss in by_target.items()}
    design = joined([first.design, *(one.design for one in further)])
    held_out = _joined(first.parts["validation"], first.parts["test"])
    # The card's chance is the constant's loss on all test rows, not on a sample of them.
    chance = mean(losses[CONSTANT], design.weights) if further else subject.card["chance"]["test"]
    shared = {
        "chance": float(chance),
        "references": {name: mean(loss, design.weights) for name, loss in losses.items()},
        "signal": _signal(first.models, held_out, rng),
    }
    exact = subject.card["floor"]
    if exact is not None:
        entry = exact["test"]
        return Floor("exact", entry["value"], entry["standard_error"], reference=LAW, **shared)
    chosen = [_chosen(one, list(losses), seed) for one in first.train.each()]
    loss = np.mean([by_target[name][:, k] for k, name in enumerate(chosen)], axis=0)
    names = ", ".join(name for name in losses if name in chosen)
    error = _standard_error(loss, design)
    return Floor("bound", mean(loss, design.weights), error, reference=names, **shared)


@dataclass(frozen=True)
class _Fitted:
    """The references fitted on one division: the encoded splits, the training rows used, the
    models, one a target, and their loss on the test rows, float64 [rows, targets], in the card's
    unit, with the weights and groups of these rows."""

    parts: dict[str, _Data]
    train: _Data
    models: dict[str, list["Model"]]
    losses: dict[str, np.ndarray]
    design: Design


def _fitted(subject: Subject, tables: Frames, seed: int, rng: np.random.Generator) -> _Fitted:
    # Levels that are pooled for the network are pooled here, or they would be too many.
    given = subject.sections["normalize"]
    pooling = {key: given[key] for key in ("min_frequency", "max_categories")}
    parts, units = _encoded(subject, tables, NORMALIZE.model_copy(update=pooling))
    inputs = max(parts["train"].x.shape[1], 1)
    train = parts["train"].sample(min(MAX_TRAIN_ROWS, max(500, MAX_TRAIN_CELLS // inputs)), rng)
    test = parts["test"].sample(MAX_TEST_ROWS, rng)
    models = {
        name: [fit(one, seed) for one in train.each()]
        for name, fit in _references(train.classes, train.target.shape[1]).items()
    }
    # As chance: from all the rows.
    models[CONSTANT] = [_constant(one, seed) for one in parts["train"].each()]
    losses = {
        name: np.column_stack(
            [
                unit * losses_of(model(test.x), one)
                for model, one, unit in zip(own, test.each(), units, strict=True)
            ]
        )
        for name, own in models.items()
    }
    return _Fitted(parts, train, models, losses, test.design)


def _encoded(
    subject: Subject, tables: Frames, normalize: Normalize
) -> tuple[dict[str, _Data], np.ndarray]:
    """Every split encoded alike, and what one unit of each target's losses is in the card's unit,
    float64 [targets]."""
    card = subject.card
    state = frame.fit(tables["train"], card, normalize)
    targets = {name: frame.apply_target(state, table) for name, table in tables.items()}
    units = np.ones(len(card["targets"]))
    if card["task"] == "regression":
        center = targets["train"].mean(axis=0)
        scale = targets["train"].std(axis=0)
        scale[scale == 0] = 1.0
        targets = {name: (target - center) / scale for name, target in targets.items()}
        units = scale**2
    classes = 2 if card["task"] == "multilabel" else len(card["classes"])
    parts = {
        name: _Data(
            np.clip(frame.apply(state, table), -MAX_DEVIATIONS, MAX_DEVIATIONS).astype("float64"),
            targets[name],
            classes,
            subject.design(table),
            subject.ordered,
        )
        for name, table in tables.items()
    }
    return parts, units


def _joined(first: _Data, second: _Data) -> _Data:
    return replace(
        first,
        x=np.concatenate([first.x, second.x]),
        target=np.concatenate([first.target, second.target]),
        design=joined([first.design, second.design]),
    )


def losses_of(prediction: np.ndarray, data: _Data) -> np.ndarray:
    """The proper loss of each row, float64 [rows], from probabilities [rows, classes] or
    predicted targets [rows, 1]."""
    if data.classes:
        return -np.log(np.take_along_axis(prediction, data.target[:, None], axis=1)[:, 0])
    return (prediction[:, 0] - data.target) ** 2


def _standard_error(loss: np.ndarray, design: Design) -> float:
    """Of the mean of the rows' losses, float64 [rows]."""
    loss = linearised(loss, design)
    return float(loss.std(ddof=1) / np.sqrt(len(loss))) if len(loss) > 1 else 0.0


# ---------------------------------------------------------------------------------- references

# A fitted reference: from x [rows, inputs] to probabilities [rows, classes], or to predicted
# targets [rows, 1].
Model = Callable[[np.ndarray], np.ndarray]


def _references(classes: int, targets: int = 1) -> dict[str, Callable[[_Data, int], Model]]:
    many = max(classes, targets) > MAX_BOOSTED_CLASSES
    return {name: fit for name, fit in REFERENCES.items() if not (many and fit is _boosting)}


def _shares(data: _Data) -> np.ndarray:
    """The share of each class, float64 [classes]."""
    counts = np.bincount(data.target, data.weights, minlength=data.classes)
    return counts / (len(data.target) if data.weights is None else data.weights.sum())


def _constant(data: _Data, seed: int) -> Model:
    """The class shares, or the mean."""
    best = _shares(data) if data.classes else np.array([mean(data.target, data.weights)])
    bounded = _bounded(best[None])
    return lambda x: np.repeat(bounded, len(x), axis=0)


def _linear(data: _Data, seed: int) -> Model:
    """Logistic regression, or ridge regression within the range of the training targets."""
    from sklearn.linear_model import LogisticRegression, Ridge

    if data.classes:
        return _classifier(LogisticRegression(max_iter=200), data)
    model = Ridge().fit(data.x, data.target, data.weights)
    low, high = data.target.min(), data.target.max()
    return lambda x: np.clip(model.predict(x), low, high)[:, None]


def _boosting(data: _Data, seed: int) -> Model:
    """Gradient boosting of histograms, up to the round that a part held back found best.

    scikit-learn stops some rounds after the best one and keeps them all; cut back to the best,
    the probabilities stay calibrated, and on noise the constant is left. It would hold back rows
    whose group or whose future it has fitted, so such data get a small number of rounds.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    present = np.bincount(data.target)[np.unique(data.target)] if data.classes else []
    if len(present) == 1:
        return _constant(data, seed)
    # Measured on the scenarios: half the time of scikit-learn's defaults, and the same loss.
    options = {"max_leaf_nodes": 15, "max_bins": 63, "learning_rate": 0.15, "random_state": seed}
    # With fewer rows a part held back judges worse than a small number of rounds does.
    alone = data.groups is None and not data.ordered
    if alone and len(data.target) >= 200 and min(present, default=np.inf) >= 20:
        trees = data.classes if data.classes > 2 else 1
        options |= {
            "early_stopping": True,
            "validation_fraction": 0.15,
            "n_iter_no_change": 8,
            "max_iter": max(20, min(150, MAX_TREES // trees)),
        }
    else:
        options |= {"early_stopping": False, "max_iter": 30}
    if data.classes:
        model = HistGradientBoostingClassifier(**options)
        staged = _classifier(model, data, lambda x: _at(model.staged_predict_proba(x), best))
        best = _best_round(model)
        return staged if best else _constant(data, seed)
    model = HistGradientBoostingRegressor(**options).fit(data.x, data.target, data.weights)
    best = _best_round(model)
    if not best:
        return _constant(data, seed)
    return lambda x: _at(model.staged_predict(x), best)[:, None]


def _best_round(model) -> int:
    """The number of rounds with the smallest loss on the part held back; all, without one."""
    scores = model.validation_score_
    return int(np.argmax(scores)) if len(scores) else model.n_iter_


def _at(stages, rounds: int) -> np.ndarray:
    """What the model says after so many rounds, from its generator of stages."""
    return next(islice(stages, rounds - 1, None))


def _neighbours(data: _Data, seed: int) -> Model:
    """The mean over the sqrt(rows) nearest training rows; class counts are smoothed by one
    neighbour of the training shares, (count + share) / (k + 1), so that none is zero. A
    neighbour counts once whatever its weight."""
    from sklearn.neighbors import NearestNeighbors

    k = max(1, round(len(data.target) ** 0.5))
    model = NearestNeighbors(n_neighbors=k).fit(data.x)

    def predict(x: np.ndarray) -> np.ndarray:
        near = data.target[model.kneighbors(x, return_distance=False)]
        if not data.classes:
            return near.mean(axis=1, keepdims=True)
        cell = near + data.classes * np.arange(len(x))[:, None]
        counts = np.bincount(cell.ravel(), minlength=len(x) * data.classes)
        return _bounded((counts.reshape(len(x), -1) + _shares(data)) / (k + 1))

    return predict


# A new reference is one entry.
REFERENCES = {
    CONSTANT: _constant,
    "linear model": _linear,
    "gradient boosting": _boosting,
    "nearest neighbours": _neighbours,
}


def _classifier(model, data: _Data, probabilities: Callable | None = None) -> Model:
    """A scikit-learn classifier, fitted, as a Model.

    A class that these rows lack gets its column, and every probability is mixed with the class
    shares as if by one more row, so that a sure and wrong prediction costs the logarithm of the
    rows rather than 16 nats.
    """
    present = np.unique(data.target)
    if len(present) < 2:
        return _constant(data, 0)
    model.fit(data.x, data.target, data.weights)
    probabilities = probabilities or model.predict_proba
    shares, rows = _shares(data), len(data.target)

    def predict(x: np.ndarray) -> np.ndarray:
        full = np.zeros((len(x), data.classes))
        full[:, present] = probabilities(x)
        return _bounded((rows * full + shares) / (rows + 1))

    return predict


def _bounded(prediction: np.ndarray) -> np.ndarray:
    """Probabilities within [1e-7, 1 - 1e-7] that sum to 1; a single column is not one of those."""
    if prediction.shape[1] == 1:
        return prediction
    clipped = np.clip(prediction, EPSILON, 1 - EPSILON)
    return clipped / clipped.sum(axis=1, keepdims=True)


def _chosen(train: _Data, names: list[str], seed: int) -> str:
    """Of these references the one of the smallest cross-validated loss on the training rows."""
    totals = dict.fromkeys(names, 0.0)
    for fitted, judged in _folds(train, seed):
        part, held = train.take(fitted), train.take(judged)
        for name in names:
            loss = losses_of(REFERENCES[name](part, seed)(held.x), held)
            totals[name] += float((loss if held.weights is None else loss * held.weights).sum())
    return min(totals, key=totals.__getitem__)


def _folds(data: _Data, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Five folds, stratified by class; fewer where a class has fewer rows than that.

    Groups are not parted, so there are no more folds than groups, and none of a single one: the
    first reference, the constant, stands then. Of rows in the order of time each fold is judged by
    what was fitted on those before it.
    """
    from sklearn.model_selection import (
        GroupKFold,
        KFold,
        StratifiedGroupKFold,
        StratifiedKFold,
        TimeSeriesSplit,
    )

    if data.ordered:
        count = min(FOLDS, len(data.target) - 1)
        return list(TimeSeriesSplit(count).split(data.x)) if count > 1 else []
    counts = np.bincount(data.target) if data.classes else np.array([0])
    least = counts[counts > 0].min(initial=len(data.target))
    stratified = bool(data.classes) and least > 1
    count = max(2, min(FOLDS, least if stratified else len(data.target)))
    if data.groups is None:
        kind = StratifiedKFold if stratified else KFold
    else:
        kind = StratifiedGroupKFold if stratified else GroupKFold
        count = min(count, len(np.unique(data.groups)))
        if count < 2:
            return []
    folds = kind(count, shuffle=True, random_state=seed)
    return list(folds.split(data.x, data.target, data.groups))


# -------------------------------------------------------------------------------------- signal


def _signal(models: dict[str, list[Model]], held_out: _Data, rng: np.random.Generator) -> Signal:
    """Whether any reference predicts the held-out rows (validation and test) better than it
    predicts a shuffle of them, numbers in deviations. Rows beyond 3,000 are left out at random.
    What is shuffled, `_shuffles` says."""
    held_out = held_out.sample(MAX_PERMUTED_ROWS, rng)
    if held_out.groups is not None:
        held_out = _of_like_sizes(held_out, rng)
    predictions = {
        name: [model(held_out.x) for model in own]
        for name, own in models.items()
        if name != CONSTANT
    }
    shuffled = _shuffles(held_out, rng)
    values = permutation_p_values(
        predictions, held_out.target, PERMUTATIONS, shuffled, held_out.weights
    )
    losses = {
        name: np.mean(
            [
                mean(losses_of(*pair), held_out.weights)
                for pair in zip(own, held_out.each(), strict=True)
            ]
        )
        for name, own in predictions.items()
    }
    name = min(values, key=lambda name: (values[name], losses[name]))
    p_value = min(1.0, len(values) * values[name])
    return Signal(p_value, PERMUTATIONS, name, p_value < ALPHA)


def _of_like_sizes(data: _Data, rng: np.random.Generator) -> _Data:
    """Of each group as many rows, drawn at random, as the largest power of two that it has, so
    that many groups are of one size and can be told from each other by a shuffle."""
    drawn = rng.permutation(len(data.target))
    groups = pd.Series(data.groups[drawn])
    sizes = groups.groupby(groups).transform("size")
    keep = groups.groupby(groups).cumcount() < 2 ** np.floor(np.log2(sizes))
    return data.take(np.sort(drawn[keep.to_numpy()]))


def _shuffles(data: _Data, rng: np.random.Generator) -> Callable[[], np.ndarray]:
    """Draws an order of the rows, int64 [rows], that is as likely as the given one if the target
    does not depend on the inputs.

    Rows that are alone: any order. Groups: rows are alike within their group, and groups with
    others of their size, so both are shuffled (Winkler, Webster, Vidaurre, Nichols, Smith,
    Multi-level block permutation, NeuroImage 123, 2015). Rows in the order of time resemble their
    neighbours: blocks of about sqrt(rows) are shuffled, the rows of each in their order, which
    keeps what is shorter than a block; a trend that inputs and target share counts as signal.
    """
    rows = len(data.target)
    if data.groups is None and not data.ordered:
        return lambda: rng.permutation(rows)
    if data.ordered:
        blocks = np.arange(rows) // max(1, int(rows**0.5))
    else:
        _, blocks = np.unique(data.groups, return_inverse=True)
    sizes = np.bincount(blocks)
    places = np.lexsort((blocks, sizes[blocks]))

    def draw() -> np.ndarray:
        drawn = np.empty(rows, dtype="int64")
        rank = np.empty(len(sizes))
        rank[np.lexsort((rng.random(len(sizes)), sizes))] = np.arange(len(sizes))
        inside = 0.0 if data.ordered else rng.random(rows)
        drawn[places] = np.argsort(rank[blocks] + inside, kind="stable")
        return drawn

    return draw


def permutation_p_values(
    predictions: dict[str, list[np.ndarray]],
    targets: np.ndarray,
    permutations: int,
    shuffled: Callable[[], np.ndarray],
    weights: np.ndarray | None = None,
) -> dict[str, float]:
    """For each prediction, p = (1 + #{loss of permuted targets <= loss}) / (permutations + 1).

    targets: [rows, targets]; a prediction is probabilities [rows, classes] or values [rows, 1] of
    each. The rows are permuted, by an order of them that `shuffled` draws; the targets of a row
    stay together.

    The predictions come from models that have not seen these rows, so if the target does not
    depend on the inputs, every such order of the targets is equally likely given the predictions,
    and the p-value is exact whatever the models and the loss (Good, Permutation, Parametric and
    Bootstrap Tests of Hypotheses, 3rd ed., chapter 3; Ojala and Garriga, Permutation Tests for
    Studying Classifier Performance, Journal of Machine Learning Research 11, 2010).

    weights: float64 [rows], or None. A row's weight moves with its target, and what a prediction
    costs is taken less what it costs under the targets' weighted mean or shares: weights that
    depend on the target or on the inputs then leave the mean of the permuted losses where it was.
    """
    rows = len(targets)
    columns = np.ascontiguousarray(targets.T)

    def losses_in(order: np.ndarray) -> dict[str, np.ndarray]:
        """The loss of each prediction in each order [permutations, rows], by name."""
        found = dict.fromkeys(predictions, np.zeros(len(order)))
        for k, column in enumerate(columns):
            shuffled = column[order]
            for name, own in predictions.items():
                if weights is None:
                    losses = _losses(own[k], shuffled)
                else:
                    losses = _weighted_losses(own[k], column, weights, order)
                found[name] = found[name] + losses / len(columns)
        return found

    observed = {name: one[0] for name, one in losses_in(np.arange(rows)[None]).items()}
    below = dict.fromkeys(predictions, 1)
    block = max(1, 100_000 // rows)  # small enough for a processor's cache
    for start in range(0, permutations, block):
        size = min(block, permutations - start)
        # rng.permuted along an axis takes half as long again.
        order = np.stack([shuffled() for _ in range(size)])
        for name, losses in losses_in(order).items():
            # Equal losses are equal up to the order of their sums.
            slack = 1e-9 * max(1.0, abs(observed[name]))
            below[name] += int((losses <= observed[name] + slack).sum())
    return {name: count / (permutations + 1) for name, count in below.items()}


def _losses(prediction: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """The mean loss under each row of `targets` [permutations, rows], float64 [permutations].

    Only what an order of the targets changes: of a squared error the cross term.
    """
    rows, classes = prediction.shape
    if classes == 1:
        return -2 * (targets @ prediction[:, 0]) / rows
    cost = -np.log(prediction)
    if classes == 2:
        return cost[:, 0].mean() + targets @ (cost[:, 1] - cost[:, 0]) / rows
    return cost.ravel().take(targets + classes * np.arange(rows)).mean(axis=1)


def _weighted_losses(
    prediction: np.ndarray, target: np.ndarray, weights: np.ndarray, order: np.ndarray
) -> np.ndarray:
    """The same of weighted rows, of which target [rows] and weights [rows] are taken in each order
    [permutations, rows]."""
    rows, classes = prediction.shape
    if classes == 1:
        moved = weights * (target - np.average(target, weights=weights))
        return -2 * (moved[order] @ prediction[:, 0]) / rows
    shares = np.bincount(target, weights, minlength=classes) / weights.sum()
    cost = -np.log(prediction)
    cost -= (cost @ shares)[:, None]
    own = cost.ravel().take(target[order] + classes * np.arange(rows))
    return (weights[order] * own).mean(axis=1)
