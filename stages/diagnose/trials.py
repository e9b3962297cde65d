"""Programs trained beside each other on the same seeds, and their loss row by row."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from stages.diagnose.program import Sections, checked, edited, identity
from stages.diagnose.subject import Data
from stages.files import SPLITS, UserError
from stages.mlp import link
from stages.mlp.arms import Arm, Table, train_all
from stages.mlp.program import Program, program
from stages.mlp.step import Graphs
from stages.transforms import frame

# -ln 1e-7: what a certain and wrong class prediction costs (see link.EPSILON).
WORST_LOG_LOSS = float(-np.log(link.EPSILON))


@dataclass(frozen=True)
class Trial:
    """One program at one seed: its loss row by row, float64 [rows] by split, and its status."""

    losses: dict[str, np.ndarray]
    status: str
    epochs_run: int


@dataclass
class Laboratory:
    """Trains programs on demand, each once a seed, and remembers what came out.

    subject: the data and its card. tick: called with the number of fits that ended. rows: at most
    so many training rows, a seeded sample, are trained on (None: all of them).
    """

    subject: Data
    rows: int | None = None
    tick: Callable[[int], None] = lambda fits: None
    fits: int = 0
    _graphs: Graphs = field(default_factory=Graphs)
    _tables: dict[str, Table] = field(default_factory=dict)
    _trials: dict[tuple[str, int], Trial] = field(default_factory=dict)

    @cached_property
    def frames(self) -> dict:
        """The raw splits, training rows sampled."""
        tables = dict(self.subject.tables)
        if self.rows is not None and self.rows < len(tables["train"]):
            tables["train"] = tables["train"].sample(self.rows, random_state=0).sort_index()
        return tables

    @cached_property
    def judge(self) -> "Judge":
        return Judge(self.subject, self.frames)

    def runs(self, sections: Sections) -> bool:
        """Whether this program can be trained at all (some combinations have no shapes)."""
        try:
            self._program(sections)
        except UserError:
            return False
        return True

    def train(self, programs: list[Sections], seeds: list[int]) -> None:
        """Train every program that is not yet known at every seed, all in one go."""
        arms, keys = [], []
        for sections in programs:
            for seed in seeds:
                key = identity(sections), seed
                if key not in self._trials and key not in keys:
                    keys.append(key)
                    seeded = edited(sections, {"train.seed": seed})
                    arms.append(Arm(self._program(seeded), self._table(seeded)))
        outcomes = train_all(arms, self._tables, self._ticked, self._graphs)
        for key, arm, outcome in zip(keys, arms, outcomes, strict=True):
            state = self._states[arm.table]
            losses = {
                split: self.judge.losses(outcome.outputs[split], split, arm.program, state)
                for split in SPLITS
            }
            self._trials[key] = Trial(losses, outcome.status, outcome.epochs_run)

    def losses(self, sections: Sections, seeds: list[int], split: str) -> np.ndarray:
        """The loss of each seed's network on each row of a split, float64 [seeds, rows]."""
        self.train([sections], seeds)
        return np.stack([self._trials[identity(sections), seed].losses[split] for seed in seeds])

    def statuses(self, sections: Sections, seeds: list[int]) -> list[str]:
        return [self._trials[identity(sections), seed].status for seed in seeds]

    def _ticked(self, fits: int) -> None:
        self.fits += fits
        self.tick(fits)

    @cached_property
    def _states(self) -> dict[str, dict]:
        return {}

    def _table(self, sections: Sections) -> str:
        """The name of the table that this program's normalization gives, made when first asked
        for."""
        name = identity(sections["normalize"])
        if name not in self._tables:
            normalize, _ = checked(sections)
            state = frame.fit(self.frames["train"], self.subject.card, normalize)
            target = self.subject.card["target"]
            self._states[name] = state
            self._tables[name] = Table(
                {split: frame.apply(state, self.frames[split]) for split in SPLITS},
                {split: frame.apply_target(state, self.frames[split][target]) for split in SPLITS},
            )
        return name

    def _program(self, sections: Sections) -> Program:
        table = self._tables[self._table(sections)]
        _, train = checked(sections)
        card = self.subject.card
        return program(train, card["task"], len(card["classes"]), table.x["train"].shape[1])


class Judge:
    """The task's proper loss of outputs, row by row, bounded so that seeds can be averaged.

    A classification costs at most 16.1 nats a row (Keras' bound on a probability); a squared
    error counts up to the square of the target's whole range, which no prediction within the
    range reaches: what lies beyond is equally lost, and one diverged seed would outweigh all
    others. A prediction that is not finite costs the most that a row can.
    """

    def __init__(self, subject: Data, frames: dict) -> None:
        card = subject.card
        self.task = card["task"]
        if self.task == "regression":
            self.targets = {
                split: frames[split][card["target"]].to_numpy("float64") for split in SPLITS
            }
            values = np.concatenate(list(self.targets.values()))
            self.worst = float(np.ptp(values) ** 2)
        else:
            codes = {name: code for code, name in enumerate(card["classes"])}
            self.targets = {
                split: frames[split][card["target"]].map(codes).to_numpy("int64")
                for split in SPLITS
            }
            self.worst = WORST_LOG_LOSS

    def losses(self, outputs: np.ndarray, split: str, plan: Program, state: dict) -> np.ndarray:
        """Nats or squared target units of each row, float64 [rows], from outputs [rows, units]."""
        outputs = outputs.astype("float64")
        if self.task == "regression":
            return self.of_values(frame.invert_target(state, link.values(outputs)), split)
        with np.errstate(invalid="ignore"):
            return self.of_shares(link.probabilities(plan.contract, outputs), split)

    def of_shares(self, shares: np.ndarray, split: str) -> np.ndarray:
        """The same from class probabilities, float64 [rows, classes]."""
        own = np.take_along_axis(shares, self.targets[split][:, None], axis=1)[:, 0]
        return self._bounded(-np.log(own))

    def of_values(self, values: np.ndarray, split: str) -> np.ndarray:
        """The same from predicted targets, float64 [rows]."""
        with np.errstate(over="ignore", invalid="ignore"):
            return self._bounded((values - self.targets[split]) ** 2)

    def _bounded(self, losses: np.ndarray) -> np.ndarray:
        return np.minimum(np.where(np.isfinite(losses), losses, self.worst), self.worst)
