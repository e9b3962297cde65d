"""A stand-in for the laboratory that serves measured losses in place of training."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from stages.lib.params.edits import Edit, Sections, identity, value
from stages.lib.params.families import family_of, not_tried
from stages.lib.trials.laboratory import Runs, at_most_chance
from stages.lib.trials.statistics import SIMPLE, Design
from tests.bench.null.losses import Measured

# More seeds than any search asks for; those beyond start again.
DRAWN_SEEDS = 256


@dataclass
class Stock:
    """Measured losses without gains, and which of them make up the losses of any program.

    Each candidate's losses are shifted by a constant, so that over all seeds and rows none gains
    anything; how its losses vary over seeds and rows stays what it is. A seed above chance counts
    as chance before that, as in the ledger, or what gains nothing would gain something there. With
    `harm` a candidate that costs something keeps that, and only what others gain is taken away.

    Losses of edits made together are additive: the program's own, plus what each edit adds to it.
    A value that was not measured counts as the nearest measured one of its key, the program's own
    among them.
    """

    measured: Measured
    harm: bool = False
    _parts: dict[str, tuple[int, ...]] = field(default_factory=dict)

    def parts(self, sections: Sections) -> tuple[int, ...]:
        """The candidates (counted from 1, as in `held_out`) whose edits this program is made of."""
        name = identity(sections)
        if name not in self._parts:
            self._parts[name] = self._decomposed(self.changes(sections))
        return self._parts[name]

    def changes(self, sections: Sections) -> Edit:
        """In what this program differs from the measured one, in measured values."""
        changed: Edit = {}
        for key in self._keys:
            own, new = value(self.measured.sections, key), value(sections, key)
            if new != own and key in self._values:
                near = nearest(new, [own, *self._values[key]])
                changed |= {} if near == own else {key: near}
        return changed

    def losses(self, part: int, split: str, seeds: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Those of the program (0) or a candidate at these measured seeds and rows, float64
        [seeds, rows]."""
        losses = self._pool(split)[part][np.ix_(seeds, rows)].astype("float64")
        return losses - self._shifts[split == "train"][part]

    def _pool(self, split: str) -> np.ndarray:
        return self._pools[split == "train"]

    @cached_property
    def _pools(self) -> tuple[np.ndarray, np.ndarray]:
        """Losses on held-out and on training rows, float32 [1 + candidates, seeds, rows]."""
        return self._learnt(self.measured.held_out), self._learnt(self.measured.training)

    def _learnt(self, pool: np.ndarray) -> np.ndarray:
        """With the seeds above chance at chance; what has none stays on the disk."""
        above = pool.mean(axis=2, dtype="float64") > self.measured.chance
        if not above.any():
            return pool
        learnt = np.array(pool)
        learnt[above] = self.measured.chance
        return learnt

    def true_gain(self, sections: Sections) -> float:
        """What this program gains over the measured one on all seeds and rows, in the loss's
        unit: nothing, or less."""
        return -sum(self._costs[0][part] - self._shifts[0][part] for part in self.parts(sections))

    @cached_property
    def _costs(self) -> list[np.ndarray]:
        """What each measured program's mean lies above the first one's, float64 [1 + candidates]:
        on held-out rows, and on training rows."""
        pools = self._pool("test"), self._pool("train")
        means = [np.array([loss.mean(dtype="float64") for loss in pool]) for pool in pools]
        return [of_pool - of_pool[0] for of_pool in means]

    @cached_property
    def _shifts(self) -> list[np.ndarray]:
        """What is taken off each one's losses."""
        return [np.minimum(costs, 0.0) if self.harm else costs for costs in self._costs]

    @cached_property
    def _keys(self) -> list[str]:
        return list(_dotted(self.measured.sections))

    @cached_property
    def _values(self) -> dict[str, list]:
        """The measured values of each key."""
        values: dict[str, list] = {}
        for candidate in self.measured.candidates:
            for key, new in candidate.edit.items():
                values.setdefault(key, []).append(new)
        return values

    def _decomposed(self, changes: Edit) -> tuple[int, ...]:
        """Edits that make up these changes, those of most keys first; a key that was measured only
        beside others stands for the first edit with its value."""
        edits = [candidate.edit for candidate in self.measured.candidates]
        parts = []
        for i in sorted(range(len(edits)), key=lambda i: -len(edits[i])):
            if edits[i].items() <= changes.items():
                parts.append(1 + i)
                changes = {key: new for key, new in changes.items() if key not in edits[i]}
        for key, new in changes.items():
            parts.append(1 + next(i for i, edit in enumerate(edits) if edit.get(key) == new))
        return tuple(parts)


def nearest(new: object, values: list) -> object:
    """Of numbers the one at the smallest ratio, or distance where one of two is not positive; of
    anything else the same one, or the last."""
    if new in values:
        return new
    numbers = [known for known in values if _is_number(known)]
    if not _is_number(new) or not numbers:
        return values[-1]

    def distance(known: float) -> float:
        if known > 0 and new > 0:
            return abs(math.log(known / new))
        return abs(known - new)

    return min(numbers, key=distance)


def _is_number(content: object) -> bool:
    return isinstance(content, int | float) and not isinstance(content, bool)


def _dotted(node: dict, prefix: str = "") -> Iterator[str]:
    """The dotted keys of sections, down to those that an edit may name."""
    for name, content in node.items():
        key = f"{prefix}{name}"
        if _is_key(key):
            yield key
        elif isinstance(content, dict):
            yield from _dotted(content, f"{key}.")


def _is_key(key: str) -> bool:
    if key in not_tried():
        return True
    try:
        family_of(key)
    except KeyError:
        return False
    return True


@dataclass
class StandIn:
    """What the ledger asks of a `Laboratory`, on a sample of the measured seeds and rows.

    Seeds, validation rows and test rows are drawn with replacement. Each is then independent of
    the others and of the measured mean, which is the true one. (Without replacement they would
    bring the mean back: forty of forty seeds have no error left.) A seed is the same in all
    programs, so that differences are paired, and so is a row.

    Attributes:
        planted: a candidate, counted from 1, whose true gain is `gain` and not nothing; or None.
        gain: in the loss's unit.
    """

    stock: Stock
    rng: np.random.Generator
    rows: int
    planted: int | None = None
    gain: float = 0.0
    fits: int = 0
    _losses: dict = field(default_factory=dict)

    def __post_init__(self) -> None:
        _, seeds, rows = self.stock.measured.held_out.shape
        self._seeds = self.rng.integers(seeds, size=DRAWN_SEEDS)
        self._rows = {
            split: self.rng.integers(rows, size=self.rows) for split in ("validation", "test")
        }
        self._rows["train"] = np.arange(self.stock.measured.training.shape[2])

    def runs(self, sections: Sections) -> bool:
        """Whether this program can be trained at all."""
        return self.stock.changes(sections) not in self.stock.measured.unable

    def train(self, programs: list[Sections], runs: Runs) -> None:
        """Nothing to do: all is measured."""

    def design(self, runs: Runs, *splits: str) -> Design:
        """Rows without weights and groups."""
        return SIMPLE

    def losses(self, sections: Sections, runs: Runs, split: str) -> np.ndarray:
        """The loss of each seed's networks on each row of a split, float64 [seeds, rows]."""
        parts = self.stock.parts(sections)
        key = parts, runs, split, self._planted(sections)
        if key not in self._losses:
            base = self._of(0, runs, split)
            sum_of_parts = base + sum(self._of(part, runs, split) - base for part in parts)
            self._losses[key] = sum_of_parts - self._planted(sections)
        return self._losses[key]

    def chance_losses(self, runs: Runs, split: str) -> np.ndarray:
        """The best constant's, which all of these programs are far below, float64 [rows]."""
        return np.full(len(self._rows[split]), self.stock.measured.chance)

    def learnt_losses(self, sections: Sections, runs: Runs, split: str) -> np.ndarray:
        """Those of seeds above chance are chance's."""
        losses = self.losses(sections, runs, split)
        return at_most_chance(losses, self.chance_losses(runs, split), None)

    def means(self, sections: Sections, runs: Runs, split: str) -> np.ndarray:
        """The mean of those losses over the rows, float64 [seeds]."""
        return self.losses(sections, runs, split).mean(axis=1)

    def statuses(self, sections: Sections, runs: Runs) -> list[str]:
        """How each run ended."""
        return ["completed"] * len(runs)

    def true_gain(self, sections: Sections) -> float:
        """What this program gains over the measured one on all seeds and rows, in the loss's
        unit."""
        return self.stock.true_gain(sections) + self._planted(sections)

    def _planted(self, sections: Sections) -> float:
        """The planted gain, where this program has the whole edit."""
        if self.planted is None:
            return 0.0
        edit = self.stock.measured.candidates[self.planted - 1].edit
        return self.gain if edit.items() <= self.stock.changes(sections).items() else 0.0

    def _of(self, part: int, runs: Runs, split: str) -> np.ndarray:
        """The drawn losses of one measured program, float64 [seeds, rows]."""
        seeds = self._seeds[np.array(runs.seeds) % DRAWN_SEEDS]
        return self.stock.losses(part, split, seeds, self._rows[split])
