"""Comparisons of programs on scenarios of known floor: all of them trained at once."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from stages.lib.artifacts.card import Card
from stages.lib.core.splits import SPLITS
from stages.lib.mlp.arms import Arm, Table, train_all
from stages.lib.mlp.batches import Part
from stages.lib.mlp.epoch import Engine
from stages.lib.mlp.fit import train, train_arms
from stages.lib.mlp.probes import Probe
from stages.lib.mlp.program import Program, program
from stages.lib.mlp.step import GraphCache
from stages.lib.params.edits import Edit, Sections, checked, edited, identity
from stages.lib.transforms.fitted import normalize_splits
from stages.lib.transforms.state import NormalizationState
from stages.lib.trials.laboratory import Judge
from stages.lib.trials.subject import Data
from stages.tools.claims.world import World, draw


@dataclass(frozen=True)
class Result:
    """Mean proper losses of one program, float64 [replicates], by split; diverged: how many."""

    losses: dict[str, np.ndarray]
    diverged: int


# Share of the epochs, the last ones, over which the wobble is taken.
LATE = 0.25
# A gradient that is smaller than this moves no float32 weight of a usual size, in any number of
# steps.
NO_GRADIENT = 1e-12


@dataclass
class Experiment:
    """Trains each program once on each replicate of a world.

    base: the program that edits change. seed: of the first replicate; the others follow.
    on_progress: called with the number of fits that ended.
    """

    base: Sections
    seed: int
    replicates: int
    on_progress: Callable[[int], object] = lambda fits: None
    _data: dict[tuple[World, int], Data] = field(default_factory=dict)
    _judges: dict[tuple[World, int], Judge] = field(default_factory=dict)
    _states: dict[str, NormalizationState] = field(default_factory=dict)
    _tables: dict[str, Table] = field(default_factory=dict)
    _results: dict[tuple[World, str], Result] = field(default_factory=dict)
    _inside: dict[tuple[World, str], dict[str, np.ndarray]] = field(default_factory=dict)

    def train(self, wanted: Iterable[tuple[World, Edit]]) -> None:
        """Train what is not yet known, all in one go."""
        new = {(world, identity(edit)): edit for world, edit in wanted}
        new = {key: edit for key, edit in new.items() if key not in self._results}
        arms = [
            self._arm(world, edit, k)
            for (world, _), edit in new.items()
            for k in range(self.replicates)
        ]
        outcomes = iter(train_all(arms, self._tables, self._report, GraphCache()))
        trained = iter(arms)
        for world, name in new:
            losses = {split: np.zeros(self.replicates) for split in SPLITS}
            diverged = 0
            for k in range(self.replicates):
                arm, outcome = next(trained), next(outcomes)
                diverged += outcome.status == "diverged"
                for split in SPLITS:
                    rows = self._judges[world, k].losses(
                        outcome.outputs[split], split, arm.program, self._states[arm.table]
                    )
                    losses[split][k] = rows.mean()
            self._results[world, name] = Result(losses, diverged)

    def result(self, world: World, edit: Edit) -> Result:
        """What a program came to."""
        self.train([(world, edit)])
        return self._results[world, identity(edit)]

    def gap(self, world: World, edit: Edit) -> np.ndarray:
        """Held-out less training loss, float64 [replicates]."""
        losses = self.result(world, edit).losses
        return losses["test"] - losses["train"]

    def best(self, world: World, edits: tuple[Edit, ...]) -> Edit:
        """The edit with the lowest mean validation loss."""
        self.train((world, edit) for edit in edits)
        return min(
            edits,
            key=lambda edit: self._results[world, identity(edit)].losses["validation"].mean(),
        )

    def card(self, world: World) -> Card:
        """The first replicate's card."""
        return self._drawn(world, 0).card

    def histories(self, world: World, edit: Edit) -> tuple[list[list[dict[str, Any]]], np.ndarray]:
        """Each replicate's history (see `fit.train`) with every loss the trained one, and its
        proper loss on the test rows, float64 [replicates]."""
        arms = [self._arm(world, edit, k) for k in range(self.replicates)]
        engine, parts = _engine(arms, self._tables)
        fits = train(
            engine,
            [arm.program.initial() for arm in arms],
            parts,
            [arm.program.fit_config for arm in arms],
            lambda outputs, split, rows: np.nan,
        )
        outputs, _ = engine.evaluate(engine.start([fit.arrays for fit in fits]), parts["test"])
        self.on_progress(len(arms))
        held_out = [
            self._judges[world, k]
            .losses(outputs[k], "test", arm.program, self._states[arm.table])
            .mean()
            for k, arm in enumerate(arms)
        ]
        return [fit.history for fit in fits], np.array(held_out)

    def inside(self, world: World, edit: Edit) -> dict[str, np.ndarray]:
        """What the layers look like, float64 [replicates] each.

        Before training: gradient, the decades by which the root mean square of the loss's gradient
        by the first kernel lies below 1 (12 where there is none); flat, the share of hidden
        activations whose slope is below 0.01 (see `Probe`). After it: copies, the share of the
        first layer's units whose incoming weights are another unit's too, to a thousandth of their
        size.
        """
        key = world, identity(edit)
        if key not in self._inside:
            self._inside[key] = self._look_inside(world, edit)
        return self._inside[key]

    def _look_inside(self, world: World, edit: Edit) -> dict[str, np.ndarray]:
        arms = [self._arm(world, edit, k) for k in range(self.replicates)]
        engine, parts = _engine(arms, self._tables)
        arrays = [arm.program.initial() for arm in arms]
        rate = engine.rates(0, np.ones((engine.steps, len(arms))))[0]
        layers = Probe(engine).measure(engine.start(arrays), 0, rate)
        configs = [arm.program.fit_config for arm in arms]
        fits = train_arms(engine, arrays, parts["validation"], configs)
        self.on_progress(len(arms))
        hidden = layers[layers["layer"] < layers["layer"].max()]
        first = layers.loc[layers["layer"] == 1].sort_values("replica")["gradient_rms"].to_numpy()
        return {
            "gradient": -np.log10(np.maximum(first, NO_GRADIENT)),
            "flat": hidden.groupby("replica")["flat_share"].mean().to_numpy(),
            "copies": np.array([_copies(fit.arrays["layer_0.kernel"]) for fit in fits]),
        }

    def wobble(self, world: World, edit: Edit) -> np.ndarray:
        """Mean change of the validation loss from one late epoch to the next, float64
        [replicates], in the trained loss's unit."""
        histories, _ = self.histories(world, edit)
        changes = []
        for history in histories:
            losses = np.array([row["validation_loss"] for row in history])
            late = losses[-max(3, round(LATE * len(losses))) :]
            changes.append(np.abs(np.diff(late)).mean())
        return np.array(changes)

    def arrays(self, world: World, edit: Edit, replicate: int) -> dict[str, np.ndarray]:
        """x and y of the training and test rows of a replicate, as the program takes them."""
        arm = self._arm(world, edit, replicate)
        table = self._tables[arm.table]
        return {f"{kind}_{split}": getattr(table, kind)[split] for kind in "xy" for split in SPLITS}

    def _report(self, fits: int) -> None:
        self.on_progress(fits)

    def _arm(self, world: World, edit: Edit, replicate: int) -> Arm:
        seed = (self.seed + replicate) % 2**32
        sections = edited(self.base, edit | {"train.seed": seed})
        name = self._table(world, sections, replicate)
        _, train_settings = checked(sections)
        card = self._drawn(world, replicate).card
        inputs = self._tables[name].x["train"].shape[1]
        return Arm(program(train_settings, card.task, inputs), name)

    def _table(self, world: World, sections: Sections, replicate: int) -> str:
        name = f"{world}/{replicate}/{identity(sections['normalize'])}"
        if name not in self._tables:
            normalize, _ = checked(sections)
            data = self._drawn(world, replicate)
            fitted = normalize_splits(data.tables, data.card, normalize)
            self._states[name] = fitted.state
            self._tables[name] = Table(fitted.x, fitted.y)
        return name

    def _drawn(self, world: World, replicate: int) -> Data:
        if (world, replicate) not in self._data:
            data = draw(world, self.seed + replicate)
            self._data[world, replicate] = data
            self._judges[world, replicate] = Judge(data, data.tables)
        return self._data[world, replicate]


def _copies(kernel: np.ndarray) -> float:
    """Share of the columns of a kernel [inputs, units] that another column equals."""
    size = np.abs(kernel).max()
    apart = np.abs(kernel[:, :, None] - kernel[:, None, :]).max(axis=0)
    same = apart <= 1e-3 * size
    return float((same.sum(axis=1) > 1).mean())


def _engine(arms: list[Arm], tables: dict[str, Table]) -> tuple[Engine, dict[str, list[Part]]]:
    """The arms of one program, each on its own table, and their splits."""
    first: Program = arms[0].program
    parts = {
        split: [
            Part(tables[arm.table].x[split], first.contract.encode(tables[arm.table].y[split]))
            for arm in arms
        ]
        for split in SPLITS
    }
    replicas = [replace(arm.program.replica, part=k) for k, arm in enumerate(arms)]
    return first.engine_of(replicas, parts["train"], GraphCache()), parts
