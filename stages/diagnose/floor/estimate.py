"""Chance, floor and signal of a run, on its test rows."""

import warnings
from dataclasses import dataclass, field

import numpy as np

from stages.diagnose.floor.choice import choose_by_rows, choose_reference
from stages.diagnose.floor.predictors import Predictor, row_losses
from stages.diagnose.floor.references import CONSTANT, REFERENCES, Reference, references_for
from stages.diagnose.floor.rows import EncodedRows, concatenate, encode_splits
from stages.diagnose.floor.signal import MIN_GAIN, Signal, find_signal, untold_signal
from stages.diagnose.twins.held_out import held_out_twins
from stages.lib.trials.folds import Frames
from stages.lib.trials.statistics import Design, joined, linearised, mean
from stages.lib.trials.subject import Subject

# What a reference model gains beyond some thousand rows is mostly small beside the scatter of a
# test loss, and the whole has to take seconds.
MAX_TRAIN_ROWS = 5_000
MAX_TRAIN_CELLS = 500_000  # rows x inputs; a wider table gives fewer rows, though not below 500
# Of a reference of all rows, rows x inputs x trees a round: seconds on one core.
MAX_WHOLE_CELLS = 4_000_000
MAX_TEST_ROWS = 20_000  # at which the standard error of a loss is far below what anyone acts on

LAW = "the scenario's law"


@dataclass(frozen=True)
class Floor:
    """The floor beside chance, on the test rows, in nats or squared target units.

    Attributes:
        kind: 'exact', or 'bound' for an upper bound.
        value: of an exact floor the expected Bayes loss; of a bound the loss of the best reference
            model, at most chance.
        chance: the loss of the best constant.
        reference: the scenario's law, or the name of the reference model that gave the bound (of
            several targets their names).
        references: the test loss of each reference model that was fitted.
        withheld: why no reference model is taken for a bound, in words; the bound is chance then.
            None where one is.
        row_losses: of what `reference` names, row by row, to be paired with a network's: float64
            [judged rows], in the order of the test rows of all folds, one fold after the other, as
            `Laboratory.losses` has them. Of an exact floor the Bayes loss on the targets that were
            drawn, or None where the run does not have it.
        judged_rows: the positions of those rows among all test rows, int64 [judged rows], where
            they are a sample; None where they are all.
    """

    kind: str
    value: float
    standard_error: float
    chance: float
    reference: str
    references: dict[str, float]
    signal: Signal
    withheld: str | None = None
    row_losses: np.ndarray | None = field(default=None, compare=False, repr=False)
    judged_rows: np.ndarray | None = field(default=None, compare=False, repr=False)


def estimate_floor(
    subject: Subject,
    seed: int,
    folds: list[Frames] | None = None,
    min_gain: float = MIN_GAIN,
) -> Floor:
    """The exact floor where the card has one, else a bound from reference models.

    The reference is chosen by cross-validation on the training split (of whole groups, where rows
    have some; always on later rows than were fitted, where they are in the order of time), then
    fitted on that split and judged on the test split, so that its loss there is not the best of
    several: in expectation it is not below the floor. One that is worse than chance there gives way
    to the constant. Each of several targets has references of its own, and the loss is the mean of
    theirs. Seconds at most: the models see at most 5,000 training rows, and at most 20,000 test
    rows of a fold judge them (seeded samples). Of a larger table boosting is fitted once more, to
    all rows or as many as take seconds, and taken where it beats what was chosen on rows that
    neither was fitted to.

    Where held-out rows stand among the training rows (`held_out_twins`), references that remember
    them would certify a floor that no new row has: none is taken then, and no signal is told.

    Args:
        seed: of the samples, the cross-validation and the permutations.
        folds: the divisions of the rows into splits, the subject's own first (None: no others).
            On each further one the references are fitted and judged too, and losses are the mean
            over all judged rows.
        min_gain: the smallest gain that matters, as a share of chance, for the signal.
    """
    from threadpoolctl import threadpool_limits  # scikit-learn's own, and as slow to import

    # One thread: the same sums in the same order, and the caller may run several of us.
    with threadpool_limits(1), warnings.catch_warnings():
        # A logistic regression that is not quite converged is still a reference.
        warnings.simplefilter("ignore")
        return _estimate(subject, seed, folds or [subject.tables], min_gain)


def estimate_signal(subject: Subject, seed: int, min_gain: float = MIN_GAIN) -> Signal:
    """Whether the inputs say anything of the target, also where no rows are held out.

    Args:
        seed: of the samples and the permutations.
        min_gain: the smallest gain that matters, as a share of chance.
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if len(subject.tables["test"]):
            return _estimate(subject, seed, [subject.tables], min_gain).signal
        parts, _ = encode_splits(subject, subject.counting(subject.tables))
        rng = np.random.default_rng(seed)
        return find_signal({}, parts["train"], parts["validation"], rng, min_gain)


def _estimate(subject: Subject, seed: int, folds: list[Frames], min_gain: float) -> Floor:
    rng = np.random.default_rng(seed)
    exact = None if subject.card.floor is None else subject.card.floor.test
    twins = None if exact is not None else held_out_twins(subject)
    allowed = None if twins is None else [CONSTANT]
    # The split itself comes first: its references are those that the signal is sought with.
    first, *further = (
        _fit_references(subject, tables, seed, rng, allowed, exact is not None, len(folds) == 1)
        for tables in folds
    )
    by_target = {
        name: np.concatenate([losses, *(fold.losses[name] for fold in further)])
        for name, losses in first.losses.items()
    }
    by_row = {name: losses.mean(axis=1) for name, losses in by_target.items()}
    design = joined([first.design, *(fold.design for fold in further)])
    # The card's chance is the constant's loss on all test rows, not on a sample of them.
    of_test = subject.card.chance.test
    chance = mean(by_row[CONSTANT], design.weights) if further or of_test is None else of_test
    references = {name: mean(losses, design.weights) for name, losses in by_row.items()}
    if twins is None:
        held_out = concatenate(first.parts["validation"], first.parts["test"]).counting()
        sought = {
            name: fitted
            for name, fitted in first.predictors.items()
            if name == CONSTANT or REFERENCES[name].for_signal
        }
        signal = find_signal(sought, first.train, held_out, rng, min_gain)
    else:
        signal = untold_signal(twins.sentence, len(first.train.target))
    judged = _judged_rows([first, *further])
    if exact is not None:
        own_losses = subject.bayes.get("test")
        if own_losses is not None and judged is not None:
            own_losses = own_losses[judged]
        return Floor(
            "exact", exact.value, exact.standard_error, float(chance), LAW, references, signal,
            None, own_losses, judged,
        )  # fmt: skip
    chosen = [CONSTANT] * by_target[CONSTANT].shape[1]
    if twins is None:
        chosen = _chosen(first, seed)
    losses = np.mean([by_target[name][:, k] for k, name in enumerate(chosen)], axis=0)
    if mean(losses, design.weights) > references[CONSTANT]:
        chosen, losses = [CONSTANT], by_row[CONSTANT]
    return Floor(
        "bound",
        min(float(chance), mean(losses, design.weights)),
        standard_error(losses, design),
        float(chance),
        ", ".join(name for name in by_row if name in chosen),
        references,
        signal,
        None if twins is None else twins.sentence,
        losses,
        judged,
    )


@dataclass(frozen=True)
class _Fitted:
    """The references fitted on one division of the rows.

    parts: the encoded splits. train: the training rows used. whole: those that references of all
    rows see, None without such references. predictors: one for each target, by
    name. losses: on the test rows, float64 [rows, targets], in the card's unit. design: the weights
    and groups of these test rows. test_rows: how many there are in the division. judged: the
    positions of those that were taken, int64 [rows].
    """

    parts: dict[str, EncodedRows]
    train: EncodedRows
    whole: EncodedRows | None
    predictors: dict[str, list[Predictor]]
    losses: dict[str, np.ndarray]
    design: Design
    test_rows: int
    judged: np.ndarray


def _fit_references(
    subject: Subject,
    tables: Frames,
    seed: int,
    rng: np.random.Generator,
    allowed: list[str] | None,
    for_signal: bool,
    alone: bool,
) -> _Fitted:
    """allowed: the references that may be fitted, None for all. for_signal: only those by which a
    signal is sought, since the floor is known. alone: there is no other division of the rows."""
    # Test rows of weight 0 change no mean, and keep the order of the rows what it is elsewhere.
    tables = subject.counting(tables) | {"test": tables["test"]}
    parts, units = encode_splits(subject, tables)
    inputs = max(parts["train"].x.shape[1], 1)
    whole = parts["train"]
    train = whole.sample(min(MAX_TRAIN_ROWS, max(500, MAX_TRAIN_CELLS // inputs)), rng)
    judged = parts["test"].sample_positions(MAX_TEST_ROWS, rng)
    test = parts["test"].take(judged)
    entries = references_for(train) if allowed is None else {}
    if for_signal:
        entries = {name: entry for name, entry in entries.items() if entry.for_signal}
    predictors = {name: _fitted(entry, train, seed) for name, entry in entries.items()}
    larger = whole.sample(_most_whole_rows(whole), rng)
    of_all = references_for(whole, of_all_rows=True)
    seen = larger if len(larger.target) > len(train.target) and alone else None
    if seen is not None and allowed is None and not for_signal:
        predictors |= {name: _fitted(entry, seen, seed) for name, entry in of_all.items()}
    # As chance: from all the rows.
    predictors[CONSTANT] = _fitted(REFERENCES[CONSTANT], whole, seed)
    losses = {
        name: np.column_stack(
            [
                unit * row_losses(predict(test.x), part)
                for predict, part, unit in zip(per_target, test.per_target(), units, strict=True)
            ]
        )
        for name, per_target in predictors.items()
    }
    rows = len(parts["test"].target)
    return _Fitted(parts, train, seen, predictors, losses, test.design, rows, judged)


def _most_whole_rows(rows: EncodedRows) -> int:
    """How many rows a reference of all rows may see."""
    trees = rows.classes if rows.classes > 2 else 1
    return max(500, MAX_WHOLE_CELLS // (max(rows.x.shape[1], 1) * trees))


def _chosen(fitted: _Fitted, seed: int) -> list[str]:
    """The reference of each target, chosen on training rows."""
    of_all = [name for name in fitted.predictors if REFERENCES[name].of_all_rows]
    names = [name for name in fitted.predictors if name not in of_all]
    chosen = [choose_reference(part, names, seed) for part in fitted.train.per_target()]
    if fitted.whole is None:
        return chosen
    size = len(fitted.train.target)
    for place, part in enumerate(fitted.whole.per_target()):
        for name in of_all:
            chosen[place] = choose_by_rows(part, name, chosen[place], size, seed)
    return chosen


def _fitted(entry: Reference, rows: EncodedRows, seed: int) -> list[Predictor]:
    return [entry.fit(part, seed) for part in rows.per_target()]


def _judged_rows(fitted: list[_Fitted]) -> np.ndarray | None:
    """The positions of the judged rows among the test rows of all divisions, one after the other;
    None where they are all."""
    starts = np.cumsum([0, *(fold.test_rows for fold in fitted)])
    if all(len(fold.judged) == fold.test_rows for fold in fitted):
        return None
    pairs = zip(fitted, starts[:-1], strict=True)
    return np.concatenate([start + fold.judged for fold, start in pairs])


def standard_error(losses: np.ndarray, design: Design) -> float:
    """Of the mean of the rows' losses, float64 [rows], in their unit."""
    values = linearised(losses, design)
    return float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else 0.0
