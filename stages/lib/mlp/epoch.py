"""R replicas of one network: their epochs as compiled calls, and their evaluation.

State goes in and comes out as immutable tensors: keeping the state from before an epoch costs
nothing, and an epoch that diverged can be run again, watched step by step, with the same bits.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from stages.lib.mlp.batches import Batches, Part
from stages.lib.mlp.network import BITS, Network
from stages.lib.mlp.runtime import Tensor, tf
from stages.lib.mlp.shuffle import UNLIMITED
from stages.lib.mlp.step import GraphCache, GraphSpec, Settings, State
from stages.lib.params.contract import Contract
from stages.lib.vocabulary.optimizers import CLIPS

# Values of one activation held at once while evaluating: 2^22 float32 are 16 MiB.
EVALUATION_VALUES = 2**22


@dataclass(frozen=True)
class Replica:
    """What may differ between the fits of one graph. Rates are shares; a clip is None for off, and
    so is the momentum of the average of the weights.

    `part` is the position of the replica's table among those the engine holds (raw and scaled
    inputs, say).
    """

    seed: int
    learning_rate: float
    dropout: float = 0.0
    l2: float = 0.0
    weight_decay: float = 0.0
    clip_value: float | None = None
    clip_norm: float | None = None
    clip_global_norm: float | None = None
    ema_momentum: float | None = None
    part: int = 0


class Watched(NamedTuple):
    """The end of a replay: steps taken before each replica's first non-finite one, int [R], and
    whether it was the loss (else the weights) that was not finite, bool [R]."""

    state: State
    steps: np.ndarray
    loss: np.ndarray


class Evaluated(NamedTuple):
    """Some rows of a split: their outputs float32 [R, rows, units], and their trained losses
    summed, float64 [R]."""

    rows: slice
    outputs: np.ndarray
    losses: np.ndarray


class Engine:
    """R replicas of one network, trained side by side on tables of the same shape.

    Each replica draws its row order and dropout masks from its seed, so replicas of the same seed
    see the same rows and masks and differ by their settings and their table alone. Of the tables
    all have weights or none has. `graphs` may be shared between engines, which saves compiling.
    `buffer_bytes` of inputs are shuffled together.
    """

    def __init__(
        self,
        network: Network,
        contract: Contract,
        optimizer: str,
        constants: dict[str, float],
        replicas: list[Replica],
        parts: list[Part],
        batch_size: int,
        graphs: GraphCache | None = None,
        buffer_bytes: int = UNLIMITED,
    ) -> None:
        self._buffer_bytes = buffer_bytes
        self.network, self.replicas, self.parts = network, replicas, parts
        self._learning_rate = self._column("learning_rate")
        self._weight_decay = self._column("weight_decay")
        momenta = [replica.ema_momentum or 0.0 for replica in replicas]
        self._ema_momentum = np.array(momenta)[:, None]
        keep = np.round((1 - self._column("dropout")) * BITS).clip(1).astype("int32")
        clips = {name: self._column(f"clip_{name}").astype("float32") for name in CLIPS}
        l2 = self._column("l2")[:, 0].astype("float32")
        self.spec = GraphSpec(
            network,
            contract,
            optimizer,
            tuple(constants.items()),
            # Without a mask anywhere, no random bits are drawn and no product is taken.
            masks=bool((keep < BITS).any() and network.dropout_units),
            penalized=bool(l2.any()),
            decays=bool(self._weight_decay.any()),
            averages=bool(self._ema_momentum.any()),
            clips=frozenset(name for name, limit in clips.items() if np.isfinite(limit).any()),
        )
        self._graphs = graphs or GraphCache()
        self.workers = self._graphs.workers
        self._compiled = self._graphs.get(self.spec)
        views = list(dict.fromkeys((replica.seed, replica.part) for replica in replicas))
        units = network.dropout_units if self.spec.masks else 0
        self._batches = Batches(parts, views, batch_size, units, buffer_bytes, self.workers)
        seeds = self._batches.seeds
        self._settings = Settings(
            tf.constant([views.index((replica.seed, replica.part)) for replica in replicas]),
            tf.constant([seeds.index(replica.seed) for replica in replicas]),
            tf.constant([replica.part for replica in replicas]),
            tf.constant(keep[:, :, None]),
            tf.constant(l2),
            *(tf.constant(limit) for limit in clips.values()),
        )
        self.steps = self._batches.steps

    def _column(self, name: str) -> np.ndarray:
        """One setting of all replicas, float64 [R, 1]; infinity where it is off (None)."""
        settings = [getattr(replica, name) for replica in self.replicas]
        return np.array([[np.inf if value is None else value] for value in settings])

    def subset(self, replicas: np.ndarray) -> "Engine":
        """An engine of these of the replicas only, by their positions, on the same tables."""
        return Engine(
            self.network,
            self.spec.contract,
            self.spec.optimizer_name,
            dict(self.spec.constants),
            [self.replicas[r] for r in replicas],
            self.parts,
            self._batches.batch,
            self._graphs,
            self._buffer_bytes,
        )

    def start(self, arrays: list[dict[str, np.ndarray]]) -> State:
        """The state before training, from the named arrays of each replica."""
        vectors = [self.network.flatten(replica) for replica in arrays]
        params = tf.constant(np.stack([params for params, _ in vectors]))
        slots = tuple(tf.fill(params.shape, initial) for initial in self.spec.initial_slots)
        return State(params, slots, tf.constant(np.stack([moving for _, moving in vectors])))

    def arrays(self, state: State, replica: int) -> dict[str, np.ndarray]:
        """The named arrays of one replica, float32."""
        return self.network.unflatten(state.params[replica].numpy(), state.moving[replica].numpy())

    def final_arrays(self, state: State, replica: int) -> dict[str, np.ndarray]:
        """The arrays that training ends with, as in Keras: those averaged over the steps, if the
        replica averages them."""
        if self.replicas[replica].ema_momentum is None:
            return self.arrays(state, replica)
        return self.arrays(state._replace(params=state.slots[-1]), replica)

    def rates(self, epoch: int, factors: np.ndarray) -> np.ndarray:
        """What the optimizer's update takes at each step of an epoch, float64 [steps, R, K], at
        the schedules' factors, float64 [steps, R]."""
        step = epoch * self.steps + np.arange(1, self.steps + 1)[:, None, None]
        return self.spec.optimizer.rate(
            self._learning_rate * factors[:, :, None], step, dict(self.spec.constants)
        )

    def run(
        self, state: State, epoch: int, factors: np.ndarray
    ) -> tuple[State, np.ndarray, np.ndarray]:
        """One epoch, counted from 0, at the schedules' factors, float64 [steps, R].

        Returns the new state, the running training loss float32 [R] (the mean over the rows of
        the weighted loss of each batch before its step, dropout on, penalty left out: what Keras'
        history shows, without l2), and whether loss and weights are finite, bool [R].
        """
        carry = (np.zeros(len(self.replicas), "float32"),)
        state, (total,), finite = self._blocks(self._compiled.run, state, carry, epoch, factors)
        running = total.numpy() / self._batches.rows
        return state, running, np.isfinite(running) & finite.numpy()

    def replay(self, state: State, epoch: int, factors: np.ndarray) -> Watched:
        """The same epoch from the same state; each replica stays where it was before its first
        step with a non-finite loss or weight."""
        count = len(self.replicas)
        carry = (np.zeros(count, "int32"), np.zeros(count, "bool"))
        state, (steps, loss), _ = self._blocks(self._compiled.watch, state, carry, epoch, factors)
        return Watched(state, steps.numpy(), loss.numpy())

    def _blocks(
        self,
        call: Callable[..., tuple[State, tuple[Any, ...], Tensor]],
        state: State,
        carry: tuple[Any, ...],
        epoch: int,
        factors: np.ndarray,
    ) -> tuple[State, tuple[Any, ...], Tensor]:
        """All blocks of an epoch, one after the other, through a compiled `GraphSpec.block`."""
        rates = self.rates(epoch, factors).astype("float32")
        shrinks = 1 - self._weight_decay * self._learning_rate * factors[:, :, None]
        shrinks = shrinks.astype("float32")
        # Keras' average starts at the weights after the first step.
        since_first = np.arange(self.steps)[:, None, None] + epoch * self.steps > 0
        memory = (self._ema_momentum * since_first).astype("float32")
        for block in self._batches.epoch(epoch):
            steps = np.minimum(np.arange(self._batches.block) + block.first, self.steps - 1)
            # As arrays, or every new number of steps would be compiled anew.
            numbers: dict[str, Any] = {
                "first": np.array(block.first),
                "steps": np.array(block.steps),
            }
            traced = block._replace(**numbers)
            state, carry, finite = call(
                state, carry, self._settings, traced, rates[steps], shrinks[steps], memory[steps]
            )
        return state, carry, finite

    def evaluate(self, state: State, parts: list[Part]) -> tuple[np.ndarray, np.ndarray]:
        """Outputs float32 [R, rows, units] and the mean trained loss float64 [R] on a split, given
        as each of the engine's tables has it: without dropout, with the moving averages, and
        without the penalty. Weighted losses are divided by the rows, as in Keras. Of no rows the
        loss is NaN."""
        if not len(parts[0].x):
            count, units = len(self.replicas), self.network.layers[-1].units
            return np.zeros((count, 0, units), "float32"), np.full(count, np.nan)
        blocks = list(self.evaluated(state, parts))
        total = np.zeros(len(self.replicas))
        for block in blocks:
            total = total + block.losses
        return np.concatenate([block.outputs for block in blocks], axis=1), total / len(parts[0].x)

    def evaluated(self, state: State, parts: list[Part]) -> Iterator[Evaluated]:
        """The same for some rows at a time, and for this process's share of all rows."""
        block = max(64, EVALUATION_VALUES // (self.network.widest * len(self.replicas)))
        table_of_replica = self._settings.part if len(parts) > 1 else None
        share = self.workers.share(len(parts[0].x))
        for start in range(share.start, share.stop, block):
            rows = slice(start, min(start + block, share.stop))
            x = tf.constant(np.stack([part.inputs(rows) for part in parts]))
            y = tf.constant(np.stack([part.targets(rows) for part in parts]))
            factors = row_factors(parts, rows)
            output, loss = self._compiled.evaluate(
                state.params, state.moving, table_of_replica, x, y, factors
            )
            yield Evaluated(rows, output.numpy(), loss.numpy().astype("float64"))

    def per_replica(self, tensor: Tensor) -> Tensor:
        """[parts, ...] as [R, ...]: for each replica that of its own table."""
        return tf.gather(tensor, self._settings.part)

    def penalty(self, state: State) -> np.ndarray:
        """The l2 penalty in the trained loss's unit, float64 [R]."""
        if not self.spec.penalized:
            return np.zeros(len(self.replicas))
        parts = tf.split(state.params, self.network.sizes, axis=1)
        penalty: np.ndarray = self.spec.penalty(parts, self._settings.l2).numpy()
        return penalty.astype("float64")


def row_factors(parts: list[Part], rows: slice) -> Tensor | None:
    """The factors of these rows, float32 [parts, rows], or None without weights."""
    factors = [of_rows for part in parts if (of_rows := part.factors(rows)) is not None]
    return tf.constant(np.stack(factors)) if factors else None
