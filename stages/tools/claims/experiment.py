"""Comparisons of programs on scenarios of known floor: all of them trained at once."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

import numpy as np

from stages.generate import scenarios
from stages.generate.card import card
from stages.lib.core.splits import SPLITS
from stages.lib.mlp.arms import Arm, Table, train_all
from stages.lib.mlp.batches import Part
from stages.lib.mlp.epoch import Engine
from stages.lib.mlp.fit import train, train_arms
from stages.lib.mlp.optimizers import OPTIMIZERS
from stages.lib.mlp.probes import Probe
from stages.lib.mlp.program import Program, program
from stages.lib.mlp.step import Graphs
from stages.lib.params.data import Synthetic
from stages.lib.params.edits import Edit, Sections, checked, edited, identity
from stages.lib.transforms import frame
from stages.lib.trials.laboratory import Judge
from stages.lib.trials.statistics import Paired
from stages.lib.trials.subject import Data


@dataclass(frozen=True)
class World:
    """Where programs are compared: a scenario, and how many rows of it they see."""

    scenario: str
    rows: int
    validation_rows: int
    test_rows: int
    features: int
    classes: int = 2
    label_noise: float = 0.0
    noise_sd: float = 1.0


@dataclass(frozen=True)
class Condition:
    """One comparison: `worse` and `better` are what the claim takes them for.

    Each side is one edit of the program, or several, of which the one with the lowest validation
    loss is taken. measure: an entry of MEASURES. x and series: where it stands in a figure over
    numbers. either: an effect in either direction bears the claim out.
    """

    label: str
    world: World
    worse: tuple[Edit, ...]
    better: tuple[Edit, ...]
    measure: str = "held_out"
    series: str = ""
    x: float | None = None
    either: bool = False


@dataclass(frozen=True)
class Result:
    """Mean proper losses of one program, float64 [replicates], by split; diverged: how many."""

    losses: dict[str, np.ndarray]
    diverged: int


@dataclass(frozen=True)
class Measure:
    """What is compared. words: what it is called. of: one value a replicate, float64 [replicates],
    of an edit in a world. unit: None for that of the loss. least: the smallest effect that
    matters, in `unit`, or as a share of the chance loss (None: the settings' share)."""

    words: str
    of: Callable[["Experiment", World, Edit], np.ndarray]
    unit: str | None = None
    least: float | None = None


MEASURES: dict[str, Measure] = {
    "held_out": Measure("held-out loss", lambda lab, *at: lab.result(*at).losses["test"]),
    "training": Measure("training loss", lambda lab, *at: lab.result(*at).losses["train"]),
    "gap": Measure("held-out less training loss", lambda lab, *at: lab.gap(*at)),
    "wobble": Measure(
        "late change of the loss by epoch", lambda lab, *at: lab.wobble(*at), None, 0.001
    ),
    # A gradient a hundred times smaller, a quarter of the units: effects that nobody overlooks.
    "gradient": Measure(
        "first kernel's gradient at the start", lambda lab, *at: lab.inside(*at)["gradient"],
        "decades below 1", 2.0,
    ),
    "flat": Measure(
        "flat activations at the start", lambda lab, *at: lab.inside(*at)["flat"], "share", 0.25
    ),
    "copies": Measure(
        "units of the first layer that copy another, trained",
        lambda lab, *at: lab.inside(*at)["copies"], "share", 0.25,
    ),
}  # fmt: skip
# Share of the epochs, the last ones, over which the wobble is taken.
LATE = 0.25
# A gradient that is smaller than this moves no float32 weight of a usual size, in any number of
# steps.
NO_GRADIENT = 1e-12


@dataclass
class Experiment:
    """Trains each program once on each replicate of a world. tick: called with fits that ended."""

    base: Sections
    seed: int
    replicates: int
    tick: Callable[[int], None] = lambda fits: None
    _data: dict[tuple[World, int], Data] = field(default_factory=dict)
    _judges: dict[tuple[World, int], Judge] = field(default_factory=dict)
    _states: dict[str, dict] = field(default_factory=dict)
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
        outcomes = iter(train_all(arms, self._tables, self.tick, Graphs()))
        given = iter(arms)
        for world, name in new:
            losses = {split: np.zeros(self.replicates) for split in SPLITS}
            diverged = 0
            for k in range(self.replicates):
                arm, outcome = next(given), next(outcomes)
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

    def card(self, world: World) -> dict:
        """The first replicate's card."""
        return self._drawn(world, 0).card

    def histories(self, world: World, edit: Edit) -> tuple[list[list[dict]], np.ndarray]:
        """Each replicate's history (see `fit.train`) with every loss the trained one, and its
        proper loss on the test rows, float64 [replicates]."""
        arms = [self._arm(world, edit, k) for k in range(self.replicates)]
        engine, parts = _engine(arms, self._tables)
        fits = train(
            engine,
            [arm.program.initial() for arm in arms],
            parts,
            [arm.program.course for arm in arms],
            lambda outputs, split, rows: np.nan,
        )
        outputs, _ = engine.evaluate(engine.start([fit.arrays for fit in fits]), parts["test"])
        self.tick(len(arms))
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
            self._inside[key] = self._looked_into(world, edit)
        return self._inside[key]

    def _looked_into(self, world: World, edit: Edit) -> dict[str, np.ndarray]:
        arms = [self._arm(world, edit, k) for k in range(self.replicates)]
        engine, parts = _engine(arms, self._tables)
        arrays = [arm.program.initial() for arm in arms]
        rate = engine.rates(0, np.ones((engine.steps, len(arms))))[0]
        layers = Probe(engine).measure(engine.start(arrays), 0, rate)
        fits = train_arms(engine, arrays, parts["validation"], [arm.program.course for arm in arms])
        self.tick(len(arms))
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

    def _arm(self, world: World, edit: Edit, replicate: int) -> Arm:
        seed = (self.seed + replicate) % 2**32
        sections = edited(self.base, edit | {"train.seed": seed})
        name = self._table(world, sections, replicate)
        _, given = checked(sections)
        facts = self._drawn(world, replicate).card
        inputs = self._tables[name].x["train"].shape[1]
        return Arm(program(given, facts["task"], len(facts["classes"]), inputs), name)

    def _table(self, world: World, sections: Sections, replicate: int) -> str:
        name = f"{world}/{replicate}/{identity(sections['normalize'])}"
        if name not in self._tables:
            normalize, _ = checked(sections)
            data = self._drawn(world, replicate)
            state = frame.fit(data.tables["train"], data.card, normalize)
            self._states[name] = state
            self._tables[name] = Table(
                {split: frame.apply(state, data.tables[split]) for split in SPLITS},
                {split: frame.apply_target(state, data.tables[split]) for split in SPLITS},
            )
        return name

    def _drawn(self, world: World, replicate: int) -> Data:
        if (world, replicate) not in self._data:
            data = draw(world, self.seed + replicate)
            self._data[world, replicate] = data
            self._judges[world, replicate] = Judge(data, data.tables)
        return self._data[world, replicate]


def draw(world: World, seed: int) -> Data:
    """A fresh table of the world's scenario, its rows in three splits. Raises UserError where the
    scenario cannot be drawn so."""
    counts = {
        "train": world.rows,
        "validation": world.validation_rows,
        "test": world.test_rows,
    }
    given = Synthetic(
        scenario=world.scenario,
        rows=sum(counts.values()),
        features=world.features,
        classes=world.classes,
        class_shares=None,
        label_noise=world.label_noise,
        noise_sd=world.noise_sd,
        targets=2,  # of no scenario here
    )
    dataset = scenarios.draw(given, seed)
    parts, start = {}, 0
    for split, count in counts.items():
        parts[split] = np.arange(start, start + count)
        start += count
    tables = {
        split: dataset.table.iloc[rows].reset_index(drop=True) for split, rows in parts.items()
    }
    return Data(card("synthetic", dataset, parts), tables)


def measured(experiment: Experiment, condition: Condition, least: float) -> dict:
    """A condition's effect: how much more `worse` has of the measure than `better`, paired over
    the replicates, with its 95 % interval (Student's t) and what follows from it.

    `scale` is what one unit of a figure's axis is: the chance loss, or 1 for what is no loss.
    outcome: supports when the whole interval lies beyond the smallest effect that matters, reversed
    when it lies as far on the other side, contradicts when the effect is smaller than what matters
    or of the other sign, else open.
    """
    world, measure = condition.world, MEASURES[condition.measure]
    chosen = [experiment.best(world, side) for side in (condition.worse, condition.better)]
    worse, better = (measure.of(experiment, world, edit) for edit in chosen)
    difference = worse - better
    count = len(difference)
    effect = Paired(
        float(difference.mean()), float(difference.std(ddof=1) / np.sqrt(count)), count - 1
    )
    low, high = effect.interval()
    facts = experiment.card(world)
    chance = facts["chance"]["test"]
    scale = chance if measure.unit is None else 1.0
    matters = scale * (least if measure.least is None else measure.least)
    return {
        "label": condition.label,
        "series": condition.series,
        "x": condition.x,
        "measure": measure.words,
        "unit": measure.unit or facts["unit"],
        "data": _described(world, facts["columns"]),
        "worse": float(worse.mean()),
        "better": float(better.mean()),
        "effect": effect.mean,
        "low": low,
        "high": high,
        "matters": matters,
        "scale": scale,
        "floor": facts["floor"]["population"]["value"],
        "chance": chance,
        "diverged": [experiment.result(world, edit).diverged for edit in chosen],
        "chosen": [
            edit if len(side) > 1 else {}
            for edit, side in zip(chosen, (condition.worse, condition.better), strict=True)
        ],
        "outcome": _outcome(low, high, matters, condition.either),
    }


def _outcome(low: float, high: float, matters: float, either: bool) -> str:
    if low > matters or (either and high < -matters):
        return "supports"
    if high < -matters:
        return "reversed"
    inside = low > -matters if either else True
    return "contradicts" if high < matters and inside else "open"


def _described(world: World, columns: list[dict]) -> str:
    """The data in words."""
    noise = f", {world.label_noise:.0%} of the labels drawn anew" if world.label_noise else ""
    name = world.scenario.replace("_", " ")
    return f"{name}, {world.rows:,} rows, {len(columns)} columns{noise}"


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
    optimizer = OPTIMIZERS[first.params.optimizer]
    engine = Engine(
        first.network,
        first.contract,
        first.params.optimizer,
        {name: getattr(first.params, name) for name in optimizer.constants},
        [replace(arm.program.replica, part=k) for k, arm in enumerate(arms)],
        parts["train"],
        first.params.batch_size,
    )
    return engine, parts
