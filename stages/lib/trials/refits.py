"""A program trained again at some seeds, with its history, and what these networks predict."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np
import pandas as pd

from stages.lib.core.splits import SPLITS
from stages.lib.mlp import ensemble
from stages.lib.mlp.arms import Arm
from stages.lib.mlp.batches import Part
from stages.lib.mlp.epoch import Engine
from stages.lib.mlp.fit import Fit, Score, train
from stages.lib.mlp.program import Program
from stages.lib.params.edits import Sections
from stages.lib.transforms import frame
from stages.lib.transforms.state import NormalizationState
from stages.lib.trials.laboratory import Judge, Laboratory

# What there is of each network: its training, or its outputs.
Item = TypeVar("Item")


@dataclass(frozen=True)
class Refits:
    """The networks of one program at some seeds, trained beside each other on the split itself, as
    the laboratory trains them.

    Attributes:
        program: of the first network. state: what its inputs are normalized by.
        engine: that trained them. fits: what came out, a network each, those of a seed whose
            predictions are averaged one after the other.
        members: so many networks a seed.
        judge: of the split's rows.
        parts: the splits as the program takes them.
    """

    program: Program
    state: NormalizationState
    engine: Engine
    fits: list[Fit]
    members: int
    judge: Judge
    parts: dict[str, Part]

    def curves(self, split: str) -> list[np.ndarray]:
        """The proper loss on the training or validation rows before training and after each
        epoch, in the task's unit, float64 [epochs + 1], a seed each: of several networks the mean
        of their losses. NaN without rows."""
        column = {"train": "training_proper", "validation": "validation_proper"}[split]
        histories = [ensemble.history(fits) for fits in self._by_seed(self.fits)]
        return [np.array([row[column] for row in history]) for history in histories]

    def predictions(self, table: pd.DataFrame) -> np.ndarray:
        """Probabilities of the classes or labels, or values in target units, for the rows of a raw
        table with its targets: float64 [seeds, rows, classes or targets]."""
        x, y = frame.apply(self.state, table), frame.apply_target(self.state, table)
        part = Part(x, y, self.program.contract.encode)
        outputs, _ = self.engine.evaluate(self._kept, [part])
        return np.stack(
            [
                self.judge.predictions(each, self.program, self.state)
                for each in self._by_seed([*outputs])
            ]
        )

    def _by_seed(self, networks: Sequence[Item]) -> list[Sequence[Item]]:
        """What there is of each network, as what there is of each seed's."""
        starts = range(0, len(networks), self.members)
        return [networks[start : start + self.members] for start in starts]

    @cached_property
    def _kept(self):  # type: ignore[no-untyped-def]
        return self.engine.start([fit.arrays for fit in self.fits])


def refit(laboratory: Laboratory, sections: Sections, seeds: tuple[int, ...]) -> Refits:
    """Train a chain of layers at these seeds, and keep the histories and the weights.

    Raises:
        TypeError: the program is a Keras model.
    """
    by_seed = laboratory.arms(sections, seeds)
    arms = [arm for of_seed in by_seed for arm in of_seed if isinstance(arm, Arm)]
    if len(arms) < len(seeds):
        raise TypeError("expected a chain of layers")
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
    parts_of_splits = {split: parts[split] for split in SPLITS}
    return Refits(program, state, engine, fits, len(by_seed[0]), judge, parts_of_splits)


def _score(
    judge: Judge, program: Program, state: NormalizationState, parts: dict[str, Part]
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
