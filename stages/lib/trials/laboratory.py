"""Programs trained beside each other on the same seeds, and their loss row by row."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, islice, product
from typing import Any

import numpy as np

from stages.lib.artifacts.network import Status
from stages.lib.core.errors import UserError
from stages.lib.core.splits import SPLITS
from stages.lib.mlp import ensemble, link
from stages.lib.mlp.arms import Contracted, Outcome, Table, table_of
from stages.lib.mlp.step import GraphCache
from stages.lib.params.edits import Sections, checked, edited, identity
from stages.lib.params.model import is_model
from stages.lib.transforms.fitted import normalize_splits
from stages.lib.transforms.state import NormalizationState
from stages.lib.trials.folds import Frames, divisions
from stages.lib.trials.programs import (
    AnyArm,
    AnyJob,
    AnyLoad,
    AnyProgram,
    arms_of,
    history_seconds,
    job_of,
    load_of,
    program_of,
    train_all,
)
from stages.lib.trials.shortened import shortened
from stages.lib.trials.statistics import Design, joined
from stages.lib.trials.subject import Data

# -ln 1e-7: what a certain and wrong class prediction costs (see link.EPSILON).
WORST_LOG_LOSS = float(-np.log(link.EPSILON))

# All rows of a split.
EVERY = slice(None)


@dataclass(frozen=True)
class Runs:
    """How often programs are trained: with each seed on each of the first `folds` divisions of
    the rows."""

    seeds: tuple[int, ...]
    folds: int = 1

    def __len__(self) -> int:
        return len(self.seeds) * self.folds

    def __iter__(self) -> Iterator[tuple[int, int]]:
        """(seed, fold)"""
        return product(self.seeds, range(self.folds))


@dataclass(frozen=True)
class Trial:
    """One program at one seed on one fold: its loss row by row, float64 [rows] by split, and its
    status. Of an ensemble the loss is that of its averaged prediction."""

    losses: dict[str, np.ndarray]
    status: Status
    epochs_run: int


@dataclass
class Laboratory:
    """Trains programs on demand, each once a seed and fold, and remembers what came out.

    Attributes:
        subject: the data and its card.
        rows: at most so many training rows, a seeded sample, are trained on (None: all of them).
            Folds are the divisions of its rows, the first of them the split itself.
        epochs: a factor of every program's epochs (`shortened`).
        on_progress: called with the number of fits that ended.
        backend: an entry of `BACKENDS`.
        most_folds: at most so many divisions. divided: divisions to take instead of these.
        fits, spent: how many were trained, and what that takes at nominal speeds, in seconds.
    """

    subject: Data
    rows: int | None = None
    on_progress: Callable[[int], object] = lambda fits: None
    backend: str = "threads"
    most_folds: int | None = None
    divided: list[Frames] | None = None
    epochs: float = 1.0
    fits: int = 0
    spent: float = 0.0
    _graphs: GraphCache = field(default_factory=GraphCache)
    _tables: dict[str, Table] = field(default_factory=dict)
    _trials: dict[tuple[str, int, int], Trial] = field(default_factory=dict)
    _compiled: set[Any] = field(default_factory=set)

    @cached_property
    def folds(self) -> list[Frames]:
        """The divisions of the rows. Of a table large enough to be sampled there is one, and of
        a scenario, whose floor is known for its test rows alone, and of rows in the order of time,
        which no other division would train on earlier rows alone."""
        if self.divided is not None:
            return self.divided
        tables = dict(self.subject.tables)
        if self.rows is not None and self.rows < len(tables["train"]):
            train = self.subject.counting(tables)["train"]
            rows = min(self.rows, len(train))
            tables["train"] = train.sample(rows, random_state=0).sort_index()
            return [tables]
        whole = self.subject.card.floor is not None or self.subject.ordered
        if whole or not len(tables["test"]):
            return [tables]
        every = divisions(tables, self.subject.targets, self.subject.groups)
        return every[: self.most_folds]

    @property
    def frames(self) -> Frames:
        """The split itself, training rows sampled."""
        return self.folds[0]

    @cached_property
    def judges(self) -> list["Judge"]:
        """A judge a fold."""
        return [Judge(self.subject, frames) for frames in self.folds]

    def runs(self, sections: Sections, fold: int = 0) -> bool:
        """Whether this program can be trained at all (some combinations have no shapes)."""
        try:
            self._program(sections, fold)
        except UserError:
            return False
        return True

    def train(self, programs: list[Sections], runs: Runs) -> None:
        """Train every program that is not yet known in every run, all in one go."""
        missing: dict[tuple[str, int, int], list[AnyArm]] = {}
        for sections in programs:
            missing |= self._missing(sections, runs)
        if not missing:
            return
        arms = [*chain.from_iterable(missing.values())]
        load = self._load(programs, arms)
        self.spent += load.seconds
        self._compiled |= load.graphs
        outcomes = iter(train_all(arms, self._tables, self._ticked, self._graphs, self.backend))
        for key, of_trial in missing.items():
            ended = [*islice(outcomes, len(of_trial))]
            self._trials[key] = self.trial(of_trial, ended, key[-1])

    def seconds(self, programs: list[Sections], runs: Runs) -> float:
        """What `train` would take, at nominal speeds."""
        missing: dict[tuple[str, int, int], list[AnyArm]] = {}
        for sections in programs:
            missing |= self._missing(sections, runs)
        return self._load(programs, [*chain.from_iterable(missing.values())]).seconds

    def affordable(
        self, first: list[Sections], programs: list[Sections], runs: Runs, seconds: float
    ) -> list[bool]:
        """Which of the programs can be trained beside the first ones within these seconds, at
        nominal speeds: the earlier ones before the later ones."""
        load = self._load([*first, *programs], [])
        for sections in first:
            load.add([*chain.from_iterable(self._missing(sections, runs).values())])
        fits = []
        for sections in programs:
            arms = [*chain.from_iterable(self._missing(sections, runs).values())]
            load.add(arms)
            fits.append(not arms or load.seconds <= seconds)
            if not fits[-1]:
                load.remove(arms)
        return fits

    def arms(self, sections: Sections, seeds: tuple[int, ...]) -> list[list[AnyArm]]:
        """One program's arms at these seeds, on the split itself: at each seed one for each network
        whose predictions are averaged."""
        return [self._arms(sections, seed, 0) for seed in seeds]

    def refit_seconds(self, sections: Sections, seeds: tuple[int, ...]) -> float:
        """On one core, at nominal speeds, of training the program at these seeds on the split
        itself and of evaluating it after each epoch, compiling left out."""
        rows = {split: len(table) for split, table in self.frames.items()}
        return history_seconds(self._program(sections, 0), rows, len(seeds))

    def table(self, arm: AnyArm) -> tuple[Table, NormalizationState]:
        """What an arm is trained on, and what normalized it."""
        return self._tables[arm.table], self._states[arm.table]

    @property
    def graphs(self) -> GraphCache:
        """What was compiled so far."""
        return self._graphs

    def job(self, sections: Sections, seeds: tuple[int, ...]) -> AnyJob:
        """One program's fits at these seeds, on the split itself, to be trained together and
        beside no other: what comes out then does not depend on which others there are."""
        return job_of([*chain.from_iterable(self.arms(sections, seeds))], self._tables)

    def trial(self, arms: Sequence[AnyArm], outcomes: Sequence[Outcome], fold: int = 0) -> Trial:
        """What training the arms of one program at one seed left, judged row by row."""
        judge, state = self.judges[fold], self._states[arms[0].table]
        losses = {}
        for split in SPLITS:
            outputs = [outcome.outputs[split] for outcome in outcomes]
            predicted = judge.predictions(outputs, arms[0].program, state)
            losses[split] = judge.of_predictions(predicted, split)
        return Trial(
            losses,
            ensemble.status([outcome.status for outcome in outcomes]),
            max(outcome.epochs_run for outcome in outcomes),
        )

    def losses(self, sections: Sections, runs: Runs, split: str) -> np.ndarray:
        """The loss of each seed's networks on each row of a split, float64 [seeds, rows].

        Training and test rows are those of all folds, one after the other; a validation row has
        the mean loss of the folds' networks.
        """
        self.train([sections], runs)
        name = identity(sections)
        folds = [
            np.stack([self._trials[name, seed, fold].losses[split] for seed in runs.seeds])
            for fold in range(runs.folds)
        ]
        return np.mean(folds, axis=0) if split == "validation" else np.concatenate(folds, axis=1)

    def chance_losses(self, runs: Runs, split: str) -> np.ndarray:
        """The loss of the best constant, learnt on each fold's training rows, on the rows that
        `losses` has, float64 [rows]."""
        folds = [
            judge.constant_losses(split, self.subject.weights(frames).get("train"))
            for judge, frames in zip(self.judges, self.folds[: runs.folds], strict=False)
        ]
        return np.mean(folds, axis=0) if split == "validation" else np.concatenate(folds)

    def learnt_losses(self, sections: Sections, runs: Runs, split: str) -> np.ndarray:
        """As `losses`, on the scale of what was learnt: a seed whose mean loss is no better than
        chance has learnt nothing, and has the losses of the best constant instead."""
        weights = self.design(runs, split).weights
        return at_most_chance(
            self.losses(sections, runs, split), self.chance_losses(runs, split), weights
        )

    def means(self, sections: Sections, runs: Runs, split: str) -> np.ndarray:
        """The mean of those losses over the rows, by their weights, float64 [seeds]."""
        losses = self.losses(sections, runs, split)
        return np.average(losses, axis=1, weights=self.design(runs, split).weights)

    def lowest_mean(self, split: str) -> float:
        """The smallest mean loss on a split of any program trained so far on the split itself, each
        the mean over its seeds."""
        weights = self.subject.design(self.frames[split]).weights
        by_program: dict[str, list[float]] = {}
        for (name, _, fold), trial in self._trials.items():
            if fold == 0:
                average = float(np.average(trial.losses[split], weights=weights))
                by_program.setdefault(name, []).append(average)
        return min(float(np.mean(means)) for means in by_program.values())

    def design(self, runs: Runs, *splits: str) -> Design:
        """The weights and groups of those rows, those of the splits one after the other."""
        return joined(
            self.subject.design(frames[split])
            for split in splits
            for frames in self.folds[: 1 if split == "validation" else runs.folds]
        )

    def statuses(self, sections: Sections, runs: Runs) -> list[str]:
        """completed, stopped_early or diverged, run by run."""
        return [self._trials[identity(sections), *run].status for run in runs]

    def _missing(self, sections: Sections, runs: Runs) -> dict[tuple[str, int, int], list[AnyArm]]:
        """The arms of a program in those of the runs in which it is not yet known."""
        name = identity(sections)
        return {
            (name, seed, fold): self._arms(sections, seed, fold)
            for seed, fold in runs
            if (name, seed, fold) not in self._trials
        }

    def _load(self, programs: list[Sections], arms: list[AnyArm]) -> AnyLoad:
        """The load of these arms of the programs."""
        load = load_of(any(map(is_model, programs)), self._tables, self._compiled)
        load.add(arms)
        return load

    def _ticked(self, fits: int) -> None:
        self.fits += fits
        self.on_progress(fits)

    @cached_property
    def _states(self) -> dict[str, NormalizationState]:
        return {}

    def _table(self, sections: Sections, fold: int) -> str:
        """The name of the table that this program's normalization and class weights give, made
        when first asked for."""
        name = identity([sections["normalize"], sections["train"]["class_weight"], fold])
        if name not in self._tables:
            normalize, train = checked(sections)
            frames = self.folds[fold]
            w = self.subject.weights(frames)
            data = normalize_splits(frames, self.subject.card, normalize)
            self._states[name] = data.state
            self._tables[name] = table_of(train, self.subject.task, data.x, data.y, w)
        return name

    def _arms(self, sections: Sections, seed: int, fold: int) -> list[AnyArm]:
        seeded = shortened(edited(sections, {"train.seed": seed}), self.epochs)
        return arms_of(self._program(seeded, fold), self._table(seeded, fold))

    def _program(self, sections: Sections, fold: int) -> AnyProgram:
        state = self._states[self._table(sections, fold)]
        return program_of(checked(sections)[1], self.subject.task, state)


def at_most_chance(
    losses: np.ndarray, chance: np.ndarray, weights: np.ndarray | None
) -> np.ndarray:
    """Losses [seeds, rows] in which the seeds whose mean is above that of `chance` [rows] have the
    losses of `chance`: the best constant is always to be had, so a loss above it is no measure of
    what a network knows. weights: of the rows, float64 [rows]."""
    if not losses.shape[1]:
        return losses
    above = np.average(losses, axis=1, weights=weights) > np.average(chance, weights=weights)
    return np.where(above[:, None], chance, losses)


class Judge:
    """The task's proper loss of outputs, row by row, bounded so that seeds can be averaged.

    A classification costs at most 16.1 nats a row (Keras' bound on a probability); a squared
    error counts up to the square of the target's whole range, which no prediction within the
    range reaches: what lies beyond is equally lost, and one diverged seed would outweigh all
    others. A prediction that is not finite costs the most that a row can. Of several targets each
    is bounded by itself, and a row's loss is the mean of theirs.
    """

    def __init__(self, subject: Data, frames: Frames) -> None:
        self.task = subject.task
        tables = {split: frames[split][subject.targets] for split in SPLITS}
        if self.task.is_regression:
            self.targets = {split: table.to_numpy("float64") for split, table in tables.items()}
            self._bounds = np.ptp(np.concatenate(list(self.targets.values())), axis=0) ** 2
        else:
            if self.task.has_classes:
                codes = {name: code for code, name in enumerate(subject.card.classes)}
                tables = {
                    split: table.apply(lambda t: t.map(codes)) for split, table in tables.items()
                }
            self.targets = {split: table.to_numpy("int64") for split, table in tables.items()}
            self._bounds = np.full(len(subject.targets), WORST_LOG_LOSS)
        self.worst = float(self._bounds.mean())

    def losses(
        self,
        outputs: np.ndarray,
        split: str,
        plan: Contracted,
        state: NormalizationState,
        rows: slice = EVERY,
    ) -> np.ndarray:
        """Nats or squared target units of each row, float64 [rows], from outputs [rows, units] of
        these rows of the split."""
        return self.of_predictions(self.predictions([outputs], plan, state), split, rows)

    def predictions(
        self, outputs: Sequence[np.ndarray], plan: Contracted, state: NormalizationState
    ) -> np.ndarray:
        """What the outputs [rows, units] of networks say on average: probabilities of the classes
        or labels, float64 [rows, classes], or values in target units, float64 [rows, targets]."""
        return ensemble.predictions(plan.contract, state, outputs)

    def of_predictions(
        self, predictions: np.ndarray, split: str, rows: slice = EVERY
    ) -> np.ndarray:
        """The loss of each row, float64 [rows], from what `predictions` gives of these rows."""
        of = self.of_values if self.task.is_regression else self.of_shares
        return of(predictions, split, rows)

    def constant_losses(self, split: str, weights: np.ndarray | None) -> np.ndarray:
        """The loss on each row of the best constant: the shares of the classes or labels, or the
        means, of the training rows by their weights. float64 [rows]."""
        target, rows = self.targets["train"], len(self.targets[split])
        if self.task.has_classes:
            counts = np.bincount(target[:, 0], weights, minlength=len(self.task.classes))
            best = counts / counts.sum()
        else:
            best = np.average(target, axis=0, weights=weights)
        constant = np.repeat(np.asarray(best, "float64")[None], rows, axis=0)
        if self.task.is_regression:
            return self.of_values(constant, split)
        return self.of_shares(np.clip(constant, link.EPSILON, 1 - link.EPSILON), split)

    def of_shares(self, shares: np.ndarray, split: str, rows: slice = EVERY) -> np.ndarray:
        """The same from probabilities of the classes or labels, float64 [rows, classes]."""
        return self._rows(link.log_losses(self.task.kind, shares, self.targets[split][rows]))

    def of_values(self, values: np.ndarray, split: str, rows: slice = EVERY) -> np.ndarray:
        """The same from predicted targets, float64 [rows, targets]."""
        return self._rows(link.squared_errors(values, self.targets[split][rows]))

    def _rows(self, losses: np.ndarray) -> np.ndarray:
        """The bounded loss of each row, from those of its targets."""
        bounded = np.minimum(np.where(np.isfinite(losses), losses, self._bounds), self._bounds)
        rows = bounded.mean(axis=1)
        # Exactly, whatever the order of the sum: readers count the rows that are lost.
        rows[(bounded >= self._bounds).all(axis=1)] = self.worst
        return np.asarray(rows)
