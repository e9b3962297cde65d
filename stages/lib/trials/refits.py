"""A program trained again at some seeds, with its history, and what these networks predict."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, Protocol, TypeVar

import numpy as np
import pandas as pd

from stages.lib.keras_fit import arms as keras_arms
from stages.lib.keras_fit import deployed
from stages.lib.keras_fit.arms import KerasArm
from stages.lib.keras_fit.build import keras_model
from stages.lib.keras_fit.fit import KerasFit, block, predict
from stages.lib.keras_fit.program import KerasProgram
from stages.lib.mlp import ensemble
from stages.lib.mlp.arms import Arm, Contracted
from stages.lib.mlp.backends import THREADS_AT_ONCE
from stages.lib.mlp.batches import Part
from stages.lib.mlp.epoch import Engine
from stages.lib.mlp.fit import Fit, Score, train
from stages.lib.mlp.program import Program
from stages.lib.params.edits import Sections
from stages.lib.transforms import frame
from stages.lib.transforms.state import NormalizationState
from stages.lib.trials.laboratory import Judge, Laboratory
from stages.lib.trials.programs import prediction_seconds

# What there is of each network: its training, or its outputs.
Item = TypeVar("Item")
# The columns of a history with the proper loss of a split.
COLUMNS = {"train": "training_proper", "validation": "validation_proper"}


class Refits(Protocol):
    """The networks of one program at some seeds, trained on the split itself."""

    @property
    def judge(self) -> Judge:
        """Of the split's rows."""

    def curves(self, split: str) -> list[np.ndarray]:
        """The proper loss on the training or validation rows before training and after each
        epoch, in the task's unit, float64 [epochs + 1], a seed each: of several networks the mean
        of their losses. NaN without rows."""

    def predictions(self, table: pd.DataFrame) -> np.ndarray:
        """Probabilities of the classes or labels, or values in target units, for the rows of a raw
        table with its targets: float64 [seeds, rows, classes or targets]."""

    def seconds(self, rows: int) -> float:
        """What predicting so many rows takes, at nominal speeds."""


@dataclass(frozen=True)
class KerasRefits:
    """The fits of a Keras model.

    Attributes:
        program: of the first fit. state: what its inputs are normalized by.
        fits: what came out, one for each seed.
        judge: of the split's rows.
    """

    program: KerasProgram
    state: NormalizationState
    fits: list[KerasFit]
    judge: Judge

    def curves(self, split: str) -> list[np.ndarray]:
        """See `Refits`."""
        return [np.array([row[COLUMNS[split]] for row in fit.history]) for fit in self.fits]

    def predictions(self, table: pd.DataFrame) -> np.ndarray:
        """See `Refits`."""
        x = self.program.split(frame.apply(self.state, table))
        each = []
        for fit in self.fits:
            deployed.assign(self._model, fit.arrays)
            outputs = predict(self._model, x, block(self.program), self.program.contract.units)
            each.append(self.judge.predictions([outputs], self.program, self.state))
        return np.stack(each)

    def seconds(self, rows: int) -> float:
        """See `Refits`."""
        return prediction_seconds(self.program, rows, len(self.fits))

    @cached_property
    def _model(self) -> Any:
        return keras_model(self.program.model)


@dataclass(frozen=True)
class ChainRefits:
    """The networks of a chain of layers, trained beside each other, as the laboratory trains them.

    Attributes:
        program: of the first network. state: what its inputs are normalized by.
        engine: that trained them. fits: what came out, a network each, those of a seed whose
            predictions are averaged one after the other.
        members: so many networks a seed.
        judge: of the split's rows.
    """

    program: Program
    state: NormalizationState
    engine: Engine
    fits: list[Fit]
    members: int
    judge: Judge

    def curves(self, split: str) -> list[np.ndarray]:
        """See `Refits`."""
        histories = [ensemble.history(fits) for fits in self._by_seed(self.fits)]
        return [np.array([row[COLUMNS[split]] for row in history]) for history in histories]

    def predictions(self, table: pd.DataFrame) -> np.ndarray:
        """See `Refits`."""
        x, y = frame.apply(self.state, table), frame.apply_target(self.state, table)
        part = Part(x, y, self.program.contract.encode)
        outputs, _ = self.engine.evaluate(self._kept, [part])
        return np.stack(
            [
                self.judge.predictions(each, self.program, self.state)
                for each in self._by_seed([*outputs])
            ]
        )

    def seconds(self, rows: int) -> float:
        """See `Refits`."""
        return prediction_seconds(self.program, rows, len(self.fits))

    def _by_seed(self, networks: Sequence[Item]) -> list[Sequence[Item]]:
        """What there is of each network, as what there is of each seed's."""
        starts = range(0, len(networks), self.members)
        return [networks[start : start + self.members] for start in starts]

    @cached_property
    def _kept(self):  # type: ignore[no-untyped-def]
        return self.engine.start([fit.arrays for fit in self.fits])


def refit(
    laboratory: Laboratory, programs: Sequence[Sections], seeds: tuple[int, ...]
) -> list[Refits]:
    """Train each of the programs at these seeds, and keep the histories and the weights."""
    arms = [laboratory.arms(sections, seeds) for sections in programs]
    if isinstance(arms[0][0][0], KerasArm):
        return _of_models(laboratory, arms)
    with ThreadPoolExecutor(THREADS_AT_ONCE) as pool:
        return [*pool.map(partial(_of_chain, laboratory), arms)]


def _of_chain(laboratory: Laboratory, by_seed: Sequence[Sequence[Any]]) -> Refits:
    """by_seed: the arms of one program."""
    arms: list[Arm] = [arm for of_seed in by_seed for arm in of_seed]
    program = arms[0].program
    table, state = laboratory.table(arms[0])
    parts = table.parts(program)
    engine = program.engine_of(
        [arm.program.replica for arm in arms], [parts["train"]], laboratory.graphs
    )
    judge = laboratory.judges[0]
    fits = train(
        engine,
        [arm.program.initial() for arm in arms],
        {split: [parts[split]] for split in ("train", "validation")},
        [arm.program.fit_config for arm in arms],
        _score(judge, program, state, parts),
    )
    return ChainRefits(program, state, engine, fits, len(by_seed[0]), judge)


def _of_models(laboratory: Laboratory, programs: Sequence[Sequence[Sequence[Any]]]) -> list[Refits]:
    """programs: the arms of each by seed. All are fitted in one go, in processes."""
    judge = laboratory.judges[0]
    jobs, owners = [], []
    for owner, by_seed in enumerate(programs):
        arms: list[KerasArm] = [arm for of_seed in by_seed for arm in of_seed]
        table, state = laboratory.table(arms[0])
        score = _score(judge, arms[0].program, state, table.parts(arms[0].program))
        of_program = keras_arms.jobs_of(arms, table, score)
        jobs += of_program
        owners += [owner] * len(of_program)
    fits: list[list[KerasFit]] = [[] for _ in programs]
    for owner, of_job in zip(owners, keras_arms.fit_jobs(jobs, laboratory.backend), strict=True):
        fits[owner] += of_job
    return [
        KerasRefits(by_seed[0][0].program, laboratory.table(by_seed[0][0])[1], of_program, judge)
        for by_seed, of_program in zip(programs, fits, strict=True)
    ]


def _score(
    judge: Judge, program: Contracted, state: NormalizationState, parts: dict[str, Part]
) -> Score:
    """The proper losses of some rows, summed; weighted so that divided by the rows they give the
    weighted mean."""

    def score(outputs: np.ndarray, split: str, rows: slice) -> float:
        losses = judge.losses(outputs, split, program, state, rows)
        weights = parts[split].weights
        if weights is None:
            return float(losses.sum())
        return float((losses * weights[rows]).sum() * len(weights) / weights.sum())

    return score
