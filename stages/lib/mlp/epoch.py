"""R replicas of one network: their epochs as compiled calls, and their evaluation.

State goes in, and comes out as it was after every epoch of a call: an epoch that
diverged can be run again from the state before it, watched step by step, with the same bits.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from stages.lib.mlp.batches import Batches, Part
from stages.lib.mlp.network import BITS, Network
from stages.lib.mlp.nominal import step_seconds
from stages.lib.mlp.runtime import Tensor, tf
from stages.lib.mlp.shuffle import UNLIMITED
from stages.lib.mlp.step import AtStep, GraphCache, GraphSpec, Settings, State
from stages.lib.params.contract import Contract
from stages.lib.vocabulary.optimizers import CLIPS
from stages.lib.vocabulary.regularizers import PENALTIES

# Values of one activation held at once while evaluating: 2^22 float32 are 16 MiB.
EVALUATION_VALUES = 2**22
# Of epochs that take no longer than this together, one call trains all.
CALL_SECONDS = 0.1


# A number of all layers, or one of each.
OfLayers = float | tuple[float, ...]


@dataclass(frozen=True)
class Replica:
    """What may differ between the fits of one graph. Rates are shares; a clip is None for off, and
    so is the momentum of the average of the weights. A rate of dropout or a deviation of Gaussian
    noise counts in the layers that have one. accumulation_steps: batches whose gradients make one
    step of the optimizer.

    `part` is the position of the replica's table among those the engine holds (raw and scaled
    inputs, say).
    """

    seed: int
    learning_rate: float
    dropout: OfLayers = 0.0
    alpha_dropout: OfLayers = 0.0
    gaussian_noise: OfLayers = 0.0
    l1: OfLayers = 0.0
    l2: OfLayers = 0.0
    weight_decay: float = 0.0
    clip_value: float | None = None
    clip_norm: float | None = None
    clip_global_norm: float | None = None
    ema_momentum: float | None = None
    accumulation_steps: int = 1
    part: int = 0


@dataclass(frozen=True)
class Epochs:
    """Some epochs that were run.

    states: after each of them, of arrays [most_epochs, R, ...]: the last ones of fewer epochs mean
    nothing. running: the training losses float32 [epochs, R] (the mean over the rows of the
    weighted loss of each batch before its step, dropout on, penalty left out: what Keras' history
    shows, without it). finite: whether loss and weights are, bool [epochs, R].
    """

    states: State
    running: np.ndarray
    finite: np.ndarray

    def state(self, epoch: int) -> State:
        """The state after one of them."""
        state: State = tf.nest.map_structure(lambda array: array[epoch], self._sliced)
        return state

    @cached_property
    def _sliced(self) -> State:
        """The states as what is sliced fast: many small ones as arrays, a large one where it is."""
        if self.states.params.shape[0] == 1:
            return self.states
        arrays: State = tf.nest.map_structure(np.asarray, self.states)
        return arrays


class Watched(NamedTuple):
    """The end of a replay: steps taken before each replica's first non-finite one, int [R], and
    whether it was the loss (else the weights) that was not finite, bool [R]."""

    state: State
    steps: np.ndarray
    loss: np.ndarray


class Evaluated(NamedTuple):
    """Some rows of a split: their outputs float32 [R, rows, units], and their trained losses
    summed, float64 [R]; of several epochs each with an axis of epochs first, and which these
    are."""

    epochs: slice
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
        self._batch_size, self._buffer_bytes = batch_size, buffer_bytes
        self.network, self.replicas, self.parts = network, replicas, parts
        self._learning_rate = self._column("learning_rate")
        self._weight_decay = self._column("weight_decay")
        momenta = [replica.ema_momentum or 0.0 for replica in replicas]
        self._ema_momentum = np.array(momenta)[:, None]
        self._accumulation_steps = self._column("accumulation_steps").astype(int)
        rates = _narrowed(self._amounts("dropout", "alpha_dropout"))
        keep = np.round((1 - rates) * BITS).clip(1).astype("int32")
        deviation = _narrowed(self._amounts("gaussian_noise")).astype("float32")
        clips = {name: self._column(f"clip_{name}").astype("float32") for name in CLIPS}
        factors = {name: self._of_layers(name).astype("float32") for name in PENALTIES}
        factors = {name: _narrowed(factor) for name, factor in factors.items() if factor.any()}
        self.spec = GraphSpec(
            network,
            contract,
            optimizer,
            tuple(constants.items()),
            # Without noise anywhere, no random bits are drawn and no product is taken.
            noisy=bool((keep < BITS).any() or deviation.any()),
            penalties=tuple(factors),
            decays=bool(self._weight_decay.any()),
            accumulates=bool((self._accumulation_steps > 1).any()),
            averages=bool(self._ema_momentum.any()),
            clips=frozenset(name for name, limit in clips.items() if np.isfinite(limit).any()),
        )
        self._graphs = graphs or GraphCache()
        self.workers = self._graphs.workers
        self._compiled = self._graphs.get(self.spec)
        views = list(dict.fromkeys((replica.seed, replica.part) for replica in replicas))
        units = network.random_units if self.spec.noisy else 0
        batch = min(batch_size, len(parts[0].x))
        seconds = step_seconds(sum(network.sizes), batch, len(replicas))
        seconds *= -(-len(parts[0].x) // batch)
        # Several processes wait for each other at every step, which no nominal speed says; and one
        # that is lost takes the epochs of the call with it.
        most = 1 if self.workers.count > 1 else int(CALL_SECONDS / seconds)
        self._batches = Batches(parts, views, batch_size, units, buffer_bytes, self.workers, most)
        seeds = self._batches.seeds
        self._settings = Settings(
            tf.constant([views.index((replica.seed, replica.part)) for replica in replicas]),
            tf.constant([seeds.index(replica.seed) for replica in replicas]),
            tf.constant([replica.part for replica in replicas]),
            tf.constant(keep[:, None]),
            tf.constant(deviation[:, None]),
            tuple(tf.constant(factor) for factor in factors.values()),
            *(tf.constant(limit) for limit in clips.values()),
        )
        self.steps = self._batches.steps
        # The most epochs that `run` takes at once.
        self.most_epochs = self._batches.epochs

    def _column(self, name: str) -> np.ndarray:
        """One setting of all replicas, float64 [R, 1]; infinity where it is off (None)."""
        settings = [getattr(replica, name) for replica in self.replicas]
        return np.array([[np.inf if value is None else value] for value in settings])

    def _of_layers(self, name: str) -> np.ndarray:
        """One setting of all replicas and layers, float64 [R, layers]."""
        layers = len(self.network.layers)
        settings = [np.broadcast_to(getattr(r, name), layers) for r in self.replicas]
        return np.array(settings, "float64")

    def _amounts(self, *keys: str) -> np.ndarray:
        """These noises' rates or deviations in the order in which the network has them, float64
        [R, noises]."""
        columns = [self._of_layers(key)[:, i] for key, i in self.network.noises if key in keys]
        return np.stack(columns, axis=1) if columns else np.zeros((len(self.replicas), 0))

    def subset(self, replicas: np.ndarray) -> "Engine":
        """An engine of these of the replicas only, by their positions, on the same tables."""
        return Engine(
            self.network,
            self.spec.contract,
            self.spec.optimizer_name,
            dict(self.spec.constants),
            [self.replicas[r] for r in replicas],
            self.parts,
            self._batch_size,
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
        vectors = (np.asarray(array[replica]) for array in (state.params, state.moving))
        return self.network.unflatten(*vectors)

    def final_arrays(self, state: State, replica: int) -> dict[str, np.ndarray]:
        """The arrays that training ends with, as in Keras: those averaged over the steps, if the
        replica averages them."""
        if self.replicas[replica].ema_momentum is None:
            return self.arrays(state, replica)
        return self.arrays(state._replace(params=state.slots[-1]), replica)

    def rates(self, epoch: int, factors: np.ndarray) -> np.ndarray:
        """What the optimizer's update takes at each step from this epoch on, float64 [steps, R, K],
        at the schedules' factors, float64 [steps, R]."""
        step = self._batches_before(epoch, factors) // self._accumulation_steps + 1
        return self.spec.optimizer.rate(
            self._learning_rate * factors[:, :, None], step, dict(self.spec.constants)
        )

    def _batches_before(self, epoch: int, factors: np.ndarray) -> np.ndarray:
        """How many batches came before each one from this epoch on, int [steps, 1, 1]."""
        return epoch * self.steps + np.arange(len(factors))[:, None, None]

    def run(self, state: State, epoch: int, factors: np.ndarray) -> Epochs:
        """The epochs from this one on, counted from 0, at the schedules' factors, float64
        [epochs * steps, R]; `most_epochs` at most."""
        carry = (np.zeros(len(self.replicas), "float32"),)
        states, (totals,), finite = self._blocks(self._compiled.run, state, carry, epoch, factors)
        count = len(factors) // self.steps
        running = totals.numpy()[:count] / self._batches.rows
        return Epochs(states, running, np.isfinite(running) & finite.numpy()[:count])

    def replay(self, state: State, epoch: int, factors: np.ndarray) -> Watched:
        """The same epoch from the same state; each replica stays where it was before its first
        step with a non-finite loss or weight."""
        count = len(self.replicas)
        carry = (np.zeros(count, "int32"), np.zeros(count, "bool"))
        states, (steps, loss), _ = self._blocks(self._compiled.watch, state, carry, epoch, factors)
        return Watched(after_epoch(states, 0), steps.numpy()[0], loss.numpy()[0])

    def _blocks(
        self,
        call: Callable[..., tuple[State, tuple[Any, ...], Tensor]],
        state: State,
        carry: tuple[Any, ...],
        epoch: int,
        factors: np.ndarray,
    ) -> tuple[State, tuple[Any, ...], Tensor]:
        """All blocks of some epochs, one after the other, through a compiled `GraphSpec.block`."""
        rates = self.rates(epoch, factors)
        shrinks = 1 - self._weight_decay * self._learning_rate * factors[:, :, None]
        before, every = self._batches_before(epoch, factors), self._accumulation_steps
        # Keras' average starts at the weights after the first step.
        memory = self._ema_momentum * (before >= every)
        shares = ((before + 1) % every == 0) / every
        epochs = len(factors) // self.steps
        for block in self._batches.blocks_of(epoch, epochs):
            of_epoch = np.minimum(np.arange(self._batches.block) + block.first, self.steps - 1)
            of_call = np.minimum(np.arange(self.most_epochs), epochs - 1)[:, None]
            steps = of_call * self.steps + of_epoch
            # As arrays, or every new number of steps would be compiled anew.
            numbers: dict[str, Any] = {
                name: np.array(getattr(block, name)) for name in ("first", "steps", "epochs")
            }
            traced = block._replace(**numbers)
            numbers_of_steps = (rates, shrinks, memory, shares)
            at = AtStep(*(array.astype("float32")[steps] for array in numbers_of_steps))
            states, carries, finite = call(state, carry, self._settings, traced, at)
            # Only an epoch that is the call's one has several blocks.
            state, carry = after_epoch(states, 0), tuple(ends[0] for ends in carries)
        return states, carries, finite

    def watched_losses(self, states: State, parts: list[Part]) -> np.ndarray:
        """What Keras' callbacks watch: the mean trained loss with the penalty, after each of some
        epochs, of arrays [E, R, ...], on a split that has rows: float64 [E, R]."""
        total = np.zeros(states.params.shape[:2])
        for block in self.evaluated(states, parts):
            total[block.epochs] += block.losses
        total /= len(parts[0].x)
        for k in range(len(total)):
            total[k] += self.penalty(after_epoch(states, k))
        return total

    def evaluate(self, state: State, parts: list[Part]) -> tuple[np.ndarray, np.ndarray]:
        """Outputs float32 [R, rows, units] and the mean trained loss float64 [R] on a split, given
        as each of the engine's tables has it: without dropout, with the moving averages, and
        without the penalty. Weighted losses are divided by the rows, as in Keras, and a loss of
        whole batches is the mean over those of `batch_size` neighbouring rows. Of no rows the
        loss is NaN."""
        if not len(parts[0].x):
            count, units = len(self.replicas), self.network.layers[-1].units
            return np.zeros((count, 0, units), "float32"), np.full(count, np.nan)
        blocks = list(self.evaluated(one_epoch(state), parts))
        total = np.zeros(len(self.replicas))
        for block in blocks:
            total = total + block.losses[0]
        return np.concatenate([b.outputs[0] for b in blocks], axis=1), total / len(parts[0].x)

    def evaluated(self, states: State, parts: list[Part]) -> Iterator[Evaluated]:
        """The same after each of some epochs, of arrays [E, R, ...], for some epochs and rows at a
        time, and for this process's share of all rows."""
        count = len(self.replicas)
        most = EVALUATION_VALUES // (self.network.widest * count)
        # By the replicas, not the epochs: a sum must not depend on how many epochs a call had.
        block = max(64, most)
        rows_of_part = len(parts[0].x)
        batch = self._batch_size if self.spec.contract.loss_row.of_batch else 1
        block = max(1, block // batch) * batch
        of_batches = self.workers.share(-(-rows_of_part // batch))
        share = slice(of_batches.start * batch, min(of_batches.stop * batch, rows_of_part))
        together = max(1, most // min(block, max(1, share.stop - share.start)))
        for first in range(0, len(states.params), together):
            epochs = slice(first, min(first + together, len(states.params)))
            number = epochs.stop - epochs.start
            params, moving = (
                tf.reshape(array[epochs], [number * count, -1])
                for array in (states.params, states.moving)
            )
            table_of_replica = tf.tile(self._settings.part, [number]) if len(parts) > 1 else None
            for start in range(share.start, share.stop, block):
                rows = slice(start, min(start + block, share.stop))
                x = tf.constant(np.stack([part.inputs(rows) for part in parts]))
                y = tf.constant(np.stack([part.targets(rows) for part in parts]))
                factors = row_factors(parts, rows)
                output, loss = self._compiled.evaluate(
                    params, moving, table_of_replica, x, y, factors, batch
                )
                yield Evaluated(
                    epochs,
                    rows,
                    output.numpy().reshape(number, count, *output.shape[1:]),
                    loss.numpy().reshape(number, count).astype("float64"),
                )

    def per_replica(self, tensor: Tensor) -> Tensor:
        """[parts, ...] as [R, ...]: for each replica that of its own table."""
        return tf.gather(tensor, self._settings.part)

    def penalty(self, state: State) -> np.ndarray:
        """The penalty of the kernels in the trained loss's unit, float64 [R]."""
        if not self.spec.penalties:
            return np.zeros(len(self.replicas))
        parts = tf.split(state.params, self.network.sizes, axis=1)
        penalty: np.ndarray = self.spec.penalty(parts, self._settings.penalties).numpy()
        return penalty.astype("float64")


def _narrowed(settings: np.ndarray) -> np.ndarray:
    """Settings [R, layers] as [R, 1] where no replica's layers differ; of no layers, zeros."""
    if not settings.shape[1]:
        return np.zeros((len(settings), 1))
    return settings[:, :1] if (settings == settings[:, :1]).all() else settings


def after_epoch(states: State, epoch: int) -> State:
    """The state after this one of some epochs, of arrays [E, R, ...]."""
    state: State = tf.nest.map_structure(lambda tensor: tensor[epoch], states)
    return state


def one_epoch(state: State) -> State:
    """A state as that after one epoch, of arrays [1, R, ...]."""
    states: State = tf.nest.map_structure(lambda tensor: tensor[None], state)
    return states


def row_factors(parts: list[Part], rows: slice) -> Tensor | None:
    """The factors of these rows, float32 [parts, rows], or None without weights."""
    factors = [of_rows for part in parts if (of_rows := part.factors(rows)) is not None]
    return tf.constant(np.stack(factors)) if factors else None
