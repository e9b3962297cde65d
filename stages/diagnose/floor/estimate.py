"""Chance, floor and signal of a run, on its test rows."""

import warnings
from dataclasses import dataclass

import numpy as np

from stages.diagnose.floor.choice import choose_reference
from stages.diagnose.floor.predictors import Predictor, row_losses
from stages.diagnose.floor.references import CONSTANT, REFERENCES, references_for
from stages.diagnose.floor.rows import EncodedRows, concatenate, encode_splits
from stages.diagnose.floor.signal import Signal, find_signal
from stages.lib.trials.folds import Frames
from stages.lib.trials.statistics import Design, joined, linearised, mean
from stages.lib.trials.subject import Subject

# What a reference model gains beyond some thousand rows is mostly small beside the scatter of a
# test loss, and the whole has to take seconds.
MAX_TRAIN_ROWS = 5_000
MAX_TRAIN_CELLS = 500_000  # rows x inputs; a wider table gives fewer rows, though not below 500
MAX_TEST_ROWS = 20_000  # at which the standard error of a loss is far below what anyone acts on

LAW = "the scenario's law"


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


def estimate_floor(subject: Subject, seed: int, folds: list[Frames] | None = None) -> Floor:
    """The exact floor where the card has one, else a bound from reference models.

    The reference is chosen by cross-validation on the training split (of whole groups, where rows
    have some; always on later rows than were fitted, where they are in the order of time), then
    fitted on that split and judged on the test split, so that its loss there is not the best of
    several: in expectation it is not below the floor. Each of several targets has references of
    its own, and the loss is the mean of theirs. Seconds at most: the models see at most 5,000
    training rows, and at most 20,000 test rows judge them (seeded samples).

    Args:
        seed: of the samples, the cross-validation and the permutations.
        folds: the divisions of the rows into splits, the subject's own first (None: no others).
            On each further one the references are fitted and judged too, and losses are the mean
            over all judged rows.
    """
    from threadpoolctl import threadpool_limits  # scikit-learn's own, and as slow to import

    # One thread: the same sums in the same order, and the caller may run several of us.
    with threadpool_limits(1), warnings.catch_warnings():
        # A logistic regression that is not quite converged is still a reference.
        warnings.simplefilter("ignore")
        return _estimate(subject, seed, folds or [subject.tables])


def _estimate(subject: Subject, seed: int, folds: list[Frames]) -> Floor:
    rng = np.random.default_rng(seed)
    # The split itself has test rows that count; a further division of few rows may have none.
    counting = [tables for tables in map(subject.counting, folds) if len(tables["test"])]
    first, *further = (_fit_references(subject, tables, seed, rng) for tables in counting)
    by_target = {
        name: np.concatenate([losses, *(fold.losses[name] for fold in further)])
        for name, losses in first.losses.items()
    }
    by_row = {name: losses.mean(axis=1) for name, losses in by_target.items()}
    design = joined([first.design, *(fold.design for fold in further)])
    held_out = concatenate(first.parts["validation"], first.parts["test"])
    # The card's chance is the constant's loss on all test rows, not on a sample of them.
    of_test = subject.card.chance.test
    chance = mean(by_row[CONSTANT], design.weights) if further or of_test is None else of_test
    references = {name: mean(losses, design.weights) for name, losses in by_row.items()}
    signal = find_signal(first.predictors, held_out, rng)
    exact = None if subject.card.floor is None else subject.card.floor.test
    if exact is not None:
        value, error, reference = exact.value, exact.standard_error, LAW
        return Floor("exact", value, error, float(chance), reference, references, signal)
    chosen = [choose_reference(part, list(by_row), seed) for part in first.train.per_target()]
    losses = np.mean([by_target[name][:, k] for k, name in enumerate(chosen)], axis=0)
    reference = ", ".join(name for name in by_row if name in chosen)
    value, error = mean(losses, design.weights), standard_error(losses, design)
    return Floor("bound", value, error, float(chance), reference, references, signal)


@dataclass(frozen=True)
class _Fitted:
    """The references fitted on one division of the rows.

    parts: the encoded splits. train: the training rows used. predictors: one for each target, by
    name. losses: on the test rows, float64 [rows, targets], in the card's unit. design: the weights
    and groups of these test rows.
    """

    parts: dict[str, EncodedRows]
    train: EncodedRows
    predictors: dict[str, list[Predictor]]
    losses: dict[str, np.ndarray]
    design: Design


def _fit_references(
    subject: Subject, tables: Frames, seed: int, rng: np.random.Generator
) -> _Fitted:
    parts, units = encode_splits(subject, tables)
    inputs = max(parts["train"].x.shape[1], 1)
    train = parts["train"].sample(min(MAX_TRAIN_ROWS, max(500, MAX_TRAIN_CELLS // inputs)), rng)
    test = parts["test"].sample(MAX_TEST_ROWS, rng)
    predictors = {
        name: [reference.fit(part, seed) for part in train.per_target()]
        for name, reference in references_for(train.classes, train.target.shape[1]).items()
    }
    # As chance: from all the rows.
    constant = REFERENCES[CONSTANT]
    predictors[CONSTANT] = [constant.fit(part, seed) for part in parts["train"].per_target()]
    losses = {
        name: np.column_stack(
            [
                unit * row_losses(predict(test.x), part)
                for predict, part, unit in zip(own, test.per_target(), units, strict=True)
            ]
        )
        for name, own in predictors.items()
    }
    return _Fitted(parts, train, predictors, losses, test.design)


def standard_error(losses: np.ndarray, design: Design) -> float:
    """Of the mean of the rows' losses, float64 [rows], in their unit."""
    values = linearised(losses, design)
    return float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else 0.0
