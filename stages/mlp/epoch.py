"""One epoch of R replicas as one compiled call, and their evaluation.

State goes in and comes out as immutable tensors: keeping the state from before an epoch costs
nothing, and an epoch that diverged can be run again, watched step by step, with the same bits.
"""

from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np

from stages.mlp import streams
from stages.mlp.contract import Contract
from stages.mlp.losses import LOSSES
from stages.mlp.network import BITS, Dropout, Network, Pass, forward
from stages.mlp.optimizers import OPTIMIZERS
from stages.mlp.runtime import tf

# Values of one activation held at once while evaluating: 2^22 float32 are 16 MiB.
EVALUATION_VALUES = 2**22


@dataclass(frozen=True)
class Replica:
    """What may differ between the fits of one graph. Rates are shares; a clip is None for off."""

    seed: int
    learning_rate: float
    dropout: float = 0.0
    l2: float = 0.0
    weight_decay: float = 0.0
    clip_value: float | None = None
    clip_norm: float | None = None
    clip_global_norm: float | None = None


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
    """R replicas of one network on one training set.

    x is float32 [rows, inputs] and y float32 [rows, width], both shared by all replicas. Each
    replica draws its row order and dropout masks from its seed, so replicas of the same seed see
    the same rows and masks and differ by their settings alone.
    """

    def __init__(
        self,
        network: Network,
        contract: Contract,
        optimizer: str,
        constants: dict[str, float],
        replicas: list[Replica],
        x: np.ndarray,
        y: np.ndarray,
        batch_size: int,
    ) -> None:
        self.network, self.contract, self.replicas = network, contract, replicas
        self.optimizer, self.constants = OPTIMIZERS[optimizer], constants
        self.rows = len(x)
        self.batch = min(batch_size, self.rows)
        self.steps = -(-self.rows // self.batch)
        self.x, self.y = tf.constant(x), tf.constant(y)
        self.seeds = list(dict.fromkeys(replica.seed for replica in replicas))
        self.seed_of = [self.seeds.index(replica.seed) for replica in replicas]
        self._learning_rate = self._column("learning_rate")
        self._weight_decay = self._column("weight_decay")
        keep = np.round((1 - self._column("dropout")) * BITS).astype("int32")
        # Without a mask anywhere, no random bits are drawn and no product is taken.
        self._keep = tf.constant(keep[:, :, None]) if (keep < BITS).any() else None
        l2 = self._column("l2")[:, 0].astype("float32")
        self._l2 = tf.constant(l2) if l2.any() else None
        self._run = tf.function(partial(self._epoch, watch=False), autograph=False)
        self._watch = tf.function(partial(self._epoch, watch=True), autograph=False)
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

    def run(
        self, state: State, epoch: int, factors: np.ndarray
    ) -> tuple[State, np.ndarray, np.ndarray]:
        """One epoch, counted from 0, at the schedule's factors, float64 [steps].

        Returns the new state, the running training loss float32 [R] (the mean over the rows of
        the loss of each batch before its step, dropout on, penalty left out: what Keras' history
        shows, without l2), and whether loss and weights are finite, bool [R].
        """
        state, loss, finite = self._run(state, *self._inputs(epoch, factors))
        return state, loss.numpy(), finite.numpy()

    def replay(self, state: State, epoch: int, factors: np.ndarray) -> Watched:
        """The same epoch from the same state; each replica stays where it was before its first
        step with a non-finite loss or weight."""
        state, steps, loss = self._watch(state, *self._inputs(epoch, factors))
        return Watched(state, steps.numpy(), loss.numpy())

    def _inputs(self, epoch: int, factors: np.ndarray) -> tuple:
        """Everything that the epoch's number decides, computed on the host."""
        step = epoch * self.steps + np.arange(1, self.steps + 1)[:, None, None]
        learning_rate = self._learning_rate * factors[:, None, None]
        rates = self.optimizer.rate(learning_rate, step, self.constants)
        return (
            tf.constant(streams.orders(self.seeds, epoch, self.rows)),
            tf.constant(np.array([streams.key(seed, "dropout", epoch) for seed in self.seeds])),
            tf.constant(rates.astype("float32")),
            tf.constant((1 - self._weight_decay * learning_rate).astype("float32")),
        )

    def _epoch(self, state, orders, keys, rates, shrinks, watch):
        """All full batches in a loop, then the smaller last one, as Keras does."""
        full = self.rows // self.batch

        def take(step, count, state, carry):
            rows = tf.slice(orders, [0, step * self.batch], [len(self.seeds), count])
            new, loss = self._step(state, rows, keys, step, rates[step], shrinks[step])
            if not watch:
                return new, carry + loss * count
            steps, loss_failed = carry
            alive = tf.equal(steps, step)
            finite = tf.math.is_finite(loss)
            good = alive & finite & _finite(new)
            return select(good, new, state), (
                steps + tf.cast(good, tf.int32),
                loss_failed | (alive & ~finite),
            )

        count = len(self.replicas)
        carry = (
            (tf.zeros([count], tf.int32), tf.zeros([count], tf.bool))
            if watch
            else tf.zeros([count])
        )
        _, state, carry = tf.while_loop(
            lambda step, *_: step < full,
            lambda step, state, carry: (step + 1, *take(step, self.batch, state, carry)),
            (0, state, carry),
            parallel_iterations=1,
        )
        if full < self.steps:
            state, carry = take(full, self.rows - full * self.batch, state, carry)
        if watch:
            return state, *carry
        running = carry / self.rows
        return state, running, tf.math.is_finite(running) & _finite(state)

    def _step(self, state, rows, keys, step, rate, shrink):
        """One step on the batch of `rows`, int32 [seeds, b]; the loss is that before the step."""
        x = tf.gather(self.x, rows)
        if len(self.seeds) > 1:
            x = tf.gather(x, self.seed_of)
        y = tf.gather(tf.gather(self.y, rows), self.seed_of)
        parts = tf.split(state.params, self.network.sizes, axis=1)
        with tf.GradientTape() as tape:
            tape.watch(parts)
            done = forward(
                self.network,
                parts,
                state.moving,
                x,
                self._dropout(rows.shape[1], keys, step),
                training=True,
            )
            loss = tf.reduce_mean(self.row_losses(done, y), axis=1)
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

    def _dropout(self, count: int, keys, step) -> Dropout | None:
        """Sixteen random bits a unit, Philox-keyed by seed and epoch, at a counter of the step."""
        units = self.network.dropout_units
        if self._keep is None or not units:
            return None
        counter = tf.stack([tf.constant(0, tf.uint64), tf.cast(step, tf.uint64)])
        draws = [
            tf.raw_ops.StatelessRandomUniformFullIntV2(
                shape=[-(-count * units // 4)],
                key=keys[i : i + 1],
                counter=counter,
                alg=1,  # Philox
                dtype=tf.uint64,
            )
            for i in range(len(self.seeds))
        ]
        bits = tf.reshape(tf.bitcast(tf.stack(draws), tf.uint16), [len(self.seeds), -1])
        bits = tf.reshape(bits[:, : count * units], [len(self.seeds), count, units])
        if len(self.seeds) > 1:
            bits = tf.gather(bits, self.seed_of)
        return Dropout(tf.cast(bits, tf.int32), self._keep)

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

    def evaluate(self, state: State, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Outputs float32 [R, rows, units] and the mean trained loss float64 [R], without
        dropout, with the moving averages, and without the penalty."""
        widest = max(layer.units for layer in self.network.layers)
        block = max(64, EVALUATION_VALUES // (widest * len(self.replicas)))
        outputs, total = [], 0.0
        for start in range(0, len(x), block):
            output, loss = self._evaluate(
                state.params,
                state.moving,
                tf.constant(x[start : start + block]),
                tf.constant(y[start : start + block]),
            )
            outputs.append(output.numpy())
            total = total + loss.numpy().astype("float64")
        return np.concatenate(outputs, axis=1), total / len(x)

    def _evaluation(self, params, moving, x, y):
        parts = tf.split(params, self.network.sizes, axis=1)
        done = forward(self.network, parts, moving, x[None], None, training=False)
        y = tf.repeat(y[None], len(self.replicas), axis=0)
        return done.output, tf.reduce_sum(self.row_losses(done, y), axis=1)

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
