"""R replicas of one network: their epochs as compiled calls, and their evaluation.

State goes in and comes out as immutable tensors: keeping the state from before an epoch costs
nothing, and an epoch that diverged can be run again, watched step by step, with the same bits.
"""

from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np

from stages.mlp.batches import Batches, Block, Part
from stages.mlp.contract import Contract
from stages.mlp.losses import LOSSES
from stages.mlp.network import BITS, Dropout, Network, Pass, forward
from stages.mlp.optimizers import OPTIMIZERS
from stages.mlp.runtime import tf

# Values of one activation held at once while evaluating: 2^22 float32 are 16 MiB.
EVALUATION_VALUES = 2**22


@dataclass(frozen=True)
class Replica:
    """What may differ between the fits of one graph. Rates are shares; a clip is None for off.

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
    part: int = 0


class State(NamedTuple):
    """Flat parameters [R, P], the optimizer's slots, each [R, P], and moving averages [R, M]."""

    params: "tf.Tensor"
    slots: tuple
    moving: "tf.Tensor"


class Watched(NamedTuple):
    """The end of a replay: steps taken before each replica's first non-finite one, int [R], and
    whether it was the loss (else the weights) that was not finite, bool [R]."""

    state: State
    steps: np.ndarray
    loss: np.ndarray


class Engine:
    """R replicas of one network, trained side by side on tables of the same shape.

    Each replica draws its row order and dropout masks from its seed, so replicas of the same seed
    see the same rows and masks and differ by their settings and their table alone.
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
    ) -> None:
        self.network, self.contract, self.replicas = network, contract, replicas
        self.optimizer, self.constants = OPTIMIZERS[optimizer], constants
        self.parts = parts
        self._learning_rate = self._column("learning_rate")
        self._weight_decay = self._column("weight_decay")
        keep = np.round((1 - self._column("dropout")) * BITS).clip(1).astype("int32")
        # Without a mask anywhere, no random bits are drawn and no product is taken.
        self._keep = tf.constant(keep[:, :, None]) if (keep < BITS).any() else None
        l2 = self._column("l2")[:, 0].astype("float32")
        self._l2 = tf.constant(l2) if l2.any() else None
        views = list(dict.fromkeys((replica.seed, replica.part) for replica in replicas))
        units = 0 if self._keep is None else network.dropout_units
        self._batches = Batches(parts, views, batch_size, units)
        self._view_of = [views.index((replica.seed, replica.part)) for replica in replicas]
        self._seed_of = [self._batches.seeds.index(replica.seed) for replica in replicas]
        self.steps = self._batches.steps
        # XLA fuses what lies between the matrix products into a few loops: three times faster
        # than TensorFlow's own kernels for one small network, and as much for many.
        compiled = partial(tf.function, autograph=False, jit_compile=True)
        self._run = compiled(partial(self._block, watch=False))
        self._watch = compiled(partial(self._block, watch=True))
        self._evaluate = tf.function(self._evaluation, reduce_retracing=True, autograph=False)

    def _column(self, name: str) -> np.ndarray:
        """One setting of all replicas, float64 [R, 1]; infinity where it is off (None)."""
        settings = [getattr(replica, name) for replica in self.replicas]
        return np.array([[np.inf if value is None else value] for value in settings])

    def start(self, arrays: list[dict[str, np.ndarray]]) -> State:
        """The state before training, from the named arrays of each replica."""
        vectors = [self.network.flatten(one) for one in arrays]
        params = tf.constant(np.stack([params for params, _ in vectors]))
        slots = tuple(tf.fill(params.shape, initial) for initial in self.optimizer.initial)
        return State(params, slots, tf.constant(np.stack([moving for _, moving in vectors])))

    def arrays(self, state: State, replica: int) -> dict[str, np.ndarray]:
        """The named arrays of one replica, float32."""
        return self.network.unflatten(state.params[replica].numpy(), state.moving[replica].numpy())

    def rates(self, epoch: int, factors: np.ndarray) -> np.ndarray:
        """What the optimizer's update takes at each step of an epoch, float64 [steps, R, 1], at
        the schedules' factors, float64 [steps, R]."""
        step = epoch * self.steps + np.arange(1, self.steps + 1)[:, None, None]
        return self.optimizer.rate(self._learning_rate * factors[:, :, None], step, self.constants)

    def run(
        self, state: State, epoch: int, factors: np.ndarray
    ) -> tuple[State, np.ndarray, np.ndarray]:
        """One epoch, counted from 0, at the schedules' factors, float64 [steps, R].

        Returns the new state, the running training loss float32 [R] (the mean over the rows of
        the loss of each batch before its step, dropout on, penalty left out: what Keras' history
        shows, without l2), and whether loss and weights are finite, bool [R].
        """
        carry = (np.zeros(len(self.replicas), "float32"),)
        state, (total,), finite = self._blocks(self._run, state, carry, epoch, factors)
        running = total.numpy() / self._batches.rows
        return state, running, np.isfinite(running) & finite.numpy()

    def replay(self, state: State, epoch: int, factors: np.ndarray) -> Watched:
        """The same epoch from the same state; each replica stays where it was before its first
        step with a non-finite loss or weight."""
        count = len(self.replicas)
        carry = (np.zeros(count, "int32"), np.zeros(count, "bool"))
        state, (steps, loss), _ = self._blocks(self._watch, state, carry, epoch, factors)
        return Watched(state, steps.numpy(), loss.numpy())

    def _blocks(self, call, state: State, carry: tuple, epoch: int, factors: np.ndarray) -> tuple:
        """All blocks of an epoch, one after the other, through a compiled `_block`."""
        rates = self.rates(epoch, factors).astype("float32")
        shrinks = 1 - self._weight_decay * self._learning_rate * factors[:, :, None]
        shrinks = shrinks.astype("float32")
        for block in self._batches.epoch(epoch):
            steps = np.minimum(np.arange(self._batches.block) + block.first, self.steps - 1)
            # As arrays, or every new number of steps would be compiled anew.
            block = block._replace(first=np.array(block.first), count=np.array(block.count))
            state, carry, finite = call(state, carry, block, rates[steps], shrinks[steps])
        return state, carry, finite

    def _block(self, state, carry, block: Block, rates, shrinks, watch: bool):
        """The steps of one block in a loop that stays in compiled code."""

        def take(i, state, carry):
            weights = block.weights[i]
            new, loss = self._step(
                state, block.x[:, i], block.y[:, i], weights, block.bits[:, i], rates[i], shrinks[i]
            )
            if not watch:
                return i + 1, new, (carry[0] + loss * tf.reduce_sum(weights),)
            steps, loss_failed = carry
            alive = tf.equal(steps, tf.cast(block.first + i, tf.int32))
            finite = tf.math.is_finite(loss)
            good = alive & finite & _finite(new)
            carry = steps + tf.cast(good, tf.int32), loss_failed | (alive & ~finite)
            return i + 1, select(good, new, state), carry

        start = tf.constant(0, block.count.dtype)
        _, state, carry = tf.while_loop(
            lambda i, state, carry: i < block.count, take, (start, state, carry)
        )
        return state, carry, _finite(state)

    def _step(self, state, x, y, weights, bits, rate, shrink):
        """One step on one batch; the loss, float32 [R], is that before the step.

        x and y are [views, batch, ...], bits [seeds, batch, units]; rows of weight 0 do not count.
        """
        # One view for all needs no copies: a matrix product repeats it by itself.
        x = tf.gather(x, self._view_of) if len(set(self._view_of)) > 1 else x
        y = tf.gather(y, self._view_of)
        dropout = None
        if self._keep is not None and self.network.dropout_units:
            dropout = Dropout(tf.cast(tf.gather(bits, self._seed_of), tf.int32), self._keep)
        parts = tf.split(state.params, self.network.sizes, axis=1)
        with tf.GradientTape() as tape:
            tape.watch(parts)
            done = forward(self.network, parts, state.moving, x, dropout, weights)
            rows = self.row_losses(done, y)
            loss = tf.reduce_sum(rows * weights, axis=1) / tf.reduce_sum(weights)
            objective = tf.reduce_sum(loss)
            if self._l2 is not None:
                objective += tf.reduce_sum(self._penalty(parts))
        gradients = tape.gradient(
            objective, parts, unconnected_gradients=tf.UnconnectedGradients.ZERO
        )
        gradient = self._clipped(gradients)
        params = state.params
        if self._weight_decay.any():
            params = params * shrink  # before the step and apart from it, as in Keras
        params, slots = self.optimizer.update(params, state.slots, gradient, rate, self.constants)
        return State(params, slots, done.moving), loss

    def row_losses(self, done: Pass, y):
        """The trained loss of each row, float32 [R, rows], for y [R, rows, width]."""
        logits = self.contract.loss_takes_logits
        output = done.logits if logits else done.output
        return LOSSES[self.contract.loss].rows(y, output, logits)

    def _penalty(self, parts):
        """l2 times the sum of squared kernel weights, float32 [R]."""
        kernels = [
            part
            for name, part in zip(self.network.arrays, parts, strict=True)
            if name.endswith("kernel")
        ]
        return self._l2 * tf.add_n([tf.reduce_sum(tf.square(k), axis=1) for k in kernels])

    def _clipped(self, gradients: list):
        """The flat gradient [R, P], clipped as Keras clips: by value, by the norm of each array,
        or by the norm of the whole."""
        value, norm, whole = (
            self._column(name).astype("float32")
            for name in ("clip_value", "clip_norm", "clip_global_norm")
        )
        if np.isfinite(norm).any():
            gradients = [_to_norm(gradient, norm) for gradient in gradients]
        flat = tf.concat(gradients, axis=1)
        if np.isfinite(whole).any():
            flat = _to_norm(flat, whole)
        if np.isfinite(value).any():
            flat = tf.clip_by_value(flat, -value, value)
        return flat

    def evaluate(self, state: State, parts: list[Part]) -> tuple[np.ndarray, np.ndarray]:
        """Outputs float32 [R, rows, units] and the mean trained loss float64 [R] on a split, given
        as each of the engine's tables has it: without dropout, with the moving averages, and
        without the penalty."""
        widest = max(layer.units for layer in self.network.layers)
        block = max(64, EVALUATION_VALUES // (widest * len(self.replicas)))
        rows = len(parts[0].x)
        outputs, total = [], 0.0
        for start in range(0, rows, block):
            x = tf.constant(np.stack([part.x[start : start + block] for part in parts]))
            y = tf.constant(np.stack([part.y[start : start + block] for part in parts]))
            output, loss = self._evaluate(state.params, state.moving, x, y)
            outputs.append(output.numpy())
            total = total + loss.numpy().astype("float64")
        return np.concatenate(outputs, axis=1), total / rows

    def each(self, tensor):
        """[parts, ...] as [R, ...]: to each replica that of its own table."""
        return tf.gather(tensor, [replica.part for replica in self.replicas])

    def _evaluation(self, params, moving, x, y):
        parts = tf.split(params, self.network.sizes, axis=1)
        x = self.each(x) if len(self.parts) > 1 else x
        done = forward(self.network, parts, moving, x)
        return done.output, tf.reduce_sum(self.row_losses(done, self.each(y)), axis=1)

    def penalty(self, state: State) -> np.ndarray:
        """The l2 penalty in the trained loss's unit, float64 [R]."""
        if self._l2 is None:
            return np.zeros(len(self.replicas))
        parts = tf.split(state.params, self.network.sizes, axis=1)
        return self._penalty(parts).numpy().astype("float64")


def _finite(state: State):
    """Whether all of a replica's weights and averages are finite, bool [R]."""
    finite = tf.reduce_all(tf.math.is_finite(state.params), axis=1)
    return finite & tf.reduce_all(tf.math.is_finite(state.moving), axis=1)


def select(choice, new: State, old: State) -> State:
    """The replicas of `new` where `choice`, bool [R], and of `old` elsewhere."""
    choice = tf.convert_to_tensor(choice)
    return tf.nest.map_structure(lambda a, b: tf.where(choice[:, None], a, b), new, old)


def _to_norm(gradient, limit: np.ndarray):
    """Scaled down, replica by replica, to a norm of at most `limit`, float32 [R, 1]."""
    norm = tf.norm(gradient, axis=1, keepdims=True)
    # A limit that is off is infinite; the quotient of two infinities would be NaN.
    return gradient * tf.where(norm > limit, limit / norm, 1.0)
