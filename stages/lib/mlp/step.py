"""What is compiled: the steps of a block and the evaluation, for one graph.

All that differs between the replicas of a graph comes in as tensors, so whoever trains the same
graph again, at the same shapes, compiles nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import NamedTuple

import numpy as np

from stages.lib.mlp.batches import Block
from stages.lib.mlp.losses import LOSSES, Rows, declared_logits, over_rows
from stages.lib.mlp.network import Batch, Network, Noise, Pass, forward
from stages.lib.mlp.optimizers import OPTIMIZERS, Slots, Step, Update
from stages.lib.mlp.penalties import PENALTIES
from stages.lib.mlp.runtime import Tensor, tf
from stages.lib.mlp.workers import SINGLE, Workers
from stages.lib.params.contract import Contract


class State(NamedTuple):
    """Flat parameters [R, P], the optimizer's slots, each [R, P], and moving averages [R, M], all
    float32: tensors, or arrays on their way to the next call."""

    params: Tensor
    slots: Slots
    moving: Tensor


class Settings(NamedTuple):
    """What differs between replicas beside their rates, each with R entries first.

    view, seed and part: int32 [R], the replica's positions among the views, the seeds and the
    tables of its batches. keep and deviation: as `Noise` has them. penalties: the factor of each of
    `GraphSpec.penalties`, float32 [R, 1], or [R, layers] where layers differ. The clips: float32
    [R, 1], infinite where they are off.
    """

    view: Tensor
    seed: Tensor
    part: Tensor
    keep: Tensor
    deviation: Tensor
    penalties: tuple[Tensor, ...]
    clip_value: Tensor
    clip_norm: Tensor
    clip_global_norm: Tensor


class AtStep(NamedTuple):
    """What differs from step to step, with axes of epochs, steps and replicas first.

    rate: float32 [..., K], what the optimizer takes. shrink, memory and share: float32 [..., 1], by
    what the weights are multiplied, the share that the average of the weights keeps of itself, and
    by what the gradients summed so far are multiplied to be stepped along; 0: not yet.
    """

    rate: Tensor
    shrink: Tensor
    memory: Tensor
    share: Tensor


@dataclass(frozen=True)
class GraphSpec:
    """What is fixed in a graph, with the constants of loss and optimizer. Of noise, penalties (l1,
    l2), decay, sums of gradients, averages and clips (value, norm, global_norm), what no replica
    asks for is left out of it."""

    network: Network
    contract: Contract
    optimizer_name: str
    constants: tuple[tuple[str, float], ...]
    noisy: bool
    penalties: tuple[str, ...]
    decays: bool
    accumulates: bool
    averages: bool
    clips: frozenset[str]

    @cached_property
    def optimizer(self) -> Update:
        return OPTIMIZERS[self.optimizer_name]

    def row_losses(
        self,
        done: Pass,
        y: Tensor,
        factors: Tensor | None = None,
        batch_mean: Callable[[Tensor], Tensor] = over_rows,
    ) -> Tensor:
        """The trained loss of each row, float32 [R, rows], for y [R, rows, width], times its
        factor, float32 [R, rows], if there are any. batch_mean: as `Rows` has it."""
        row, source = self.contract.loss_row, self.contract.source_of_logits
        logits = {"inputs": done.logits, "outputs": done.output, "": None}[source]
        output = declared_logits(row, done.output) if source == "outputs" else done.output
        losses = LOSSES[row.name](Rows(y, output, logits, dict(self.constants), batch_mean))
        return losses if factors is None else losses * factors

    def penalty(self, parts: list[Tensor], factors: tuple[Tensor, ...]) -> Tensor:
        """What the kernels cost, float32 [R], at these factors of `penalties`, float32 [R, 1 or
        layers] each."""
        kernels = [
            part
            for name, part in zip(self.network.arrays, parts, strict=True)
            if name.endswith("kernel")
        ]
        terms = []
        for name, factor in zip(self.penalties, factors, strict=True):
            sums = [tf.reduce_sum(PENALTIES[name](kernel), axis=1) for kernel in kernels]
            if factor.shape[1] == 1:
                terms.append(factor[:, 0] * tf.add_n(sums))
            else:
                terms += [factor[:, i] * of_kernel for i, of_kernel in enumerate(sums)]
        return tf.add_n(terms)

    @property
    def initial_slots(self) -> tuple[float, ...]:
        """What each slot starts at: the optimizer's, the summed gradient, and last the average of
        the weights."""
        return (*self.optimizer.initial, *[0.0] * self.accumulates, *[0.0] * self.averages)

    def update(self, state: State, gradient: Tensor, rate: Tensor) -> tuple[Tensor, Slots]:
        """New params and the optimizer's slots, each float32 [R, P], after a step along the flat
        gradient."""
        shapes = tuple(self.network.arrays.values())
        constants = dict(self.constants)
        slots = state.slots[: len(self.optimizer.initial)]
        return self.optimizer.update(Step(state.params, slots, gradient, rate, constants, shapes))

    def block(
        self,
        state: State,
        carry: tuple[Tensor, ...],
        settings: Settings,
        block: Block,
        steps: AtStep,
        watch: bool,
        workers: Workers,
    ) -> tuple[State, tuple[Tensor, ...], Tensor]:
        """The steps of one block in a loop that stays in compiled code (see `Engine.run` and
        `Engine.replay`).

        Each epoch starts from this carry. Returns the state after each epoch, its carry, and
        whether all of its weights are finite, each with an axis of epochs first.
        """

        def take(
            epoch: Tensor, i: Tensor, state: State, carry: tuple[Tensor, ...]
        ) -> tuple[Tensor, State, tuple[Tensor, ...]]:
            batch = Batch(block.weights[i], block.counts[i], workers)
            factors = None if block.factors is None else block.factors[:, epoch, i]
            bits = block.bits[:, epoch, i] if self.noisy else None
            rows = block.x[:, epoch, i], block.y[:, epoch, i], bits, factors

            def step(state: State) -> tuple[State, Tensor]:
                at = AtStep(*(numbers[epoch, i] for numbers in steps))
                return self._step(state, settings, batch, rows, at)

            new, loss = workers.run(step, (state,))
            if not watch:
                return i + 1, new, (carry[0] + loss * batch.count,)
            taken, loss_failed = carry
            alive = tf.equal(taken, tf.cast(block.first + i, tf.int32))
            finite = tf.math.is_finite(loss)
            good = alive & finite & _finite(new)
            carry = taken + tf.cast(good, tf.int32), loss_failed | (alive & ~finite)
            return i + 1, select(good, new, state), carry

        count: Tensor = block.steps
        zero = tf.constant(0, count.dtype)

        def one_epoch(
            epoch: Tensor, state: State, ends: list[tf.TensorArray]
        ) -> tuple[Tensor, State, list[tf.TensorArray]]:
            _, state, of_epoch = tf.while_loop(
                lambda i, state, carry: i < count,
                lambda i, state, carry: take(epoch, i, state, carry),
                (zero, state, carry),
            )
            values = tf.nest.flatten((state, of_epoch, _finite(state)))
            place = tf.cast(epoch, tf.int32)
            ends = [end.write(place, value) for end, value in zip(ends, values, strict=True)]
            return epoch + 1, state, ends

        epochs = block.x.shape[1]
        shapes = (state, carry, carry[0] > 0)
        arrays = [
            tf.TensorArray(value.dtype, epochs, element_shape=value.shape)
            for value in tf.nest.flatten(shapes)
        ]
        _, _, arrays = tf.while_loop(
            lambda epoch, state, ends: epoch < block.epochs, one_epoch, (zero, state, arrays)
        )
        ended: tuple[State, tuple[Tensor, ...], Tensor] = tf.nest.pack_sequence_as(
            shapes, [array.stack() for array in arrays]
        )
        return ended

    def _step(
        self,
        state: State,
        settings: Settings,
        batch: Batch,
        rows: tuple[Tensor, Tensor, Tensor | None, Tensor | None],
        at: AtStep,
    ) -> tuple[State, Tensor]:
        """One step on one batch; the loss, float32 [R], is that before the step.

        rows: x and y [views, rows, ...], bits [seeds, rows, units] or None, factors [views, rows]
        or None; what has weight 0 does not count. As in Keras, a weighted loss is divided by the
        rows, and batch normalization takes each row once.
        """
        x, y, bits, factors = rows
        # One view for all needs no copies: a matrix product repeats it by itself.
        x = tf.gather(x, settings.view) if x.shape[0] > 1 else x
        y = tf.gather(y, settings.view)
        factors = None if factors is None else tf.gather(factors, settings.view)
        noise = None
        if bits is not None:
            drawn = tf.cast(tf.gather(bits, settings.seed), tf.int32)
            noise = Noise(drawn, settings.keep, settings.deviation)
        parts = tf.split(state.params, self.network.sizes, axis=1)
        with tf.GradientTape() as tape:
            tape.watch(parts)
            done = forward(self.network, parts, state.moving, x, noise, batch)
            losses = self.row_losses(done, y, factors, batch.mean)
            loss = tf.reduce_sum(losses * batch.weights, axis=1) / batch.count
            objective = tf.reduce_sum(loss)
            if self.penalties:
                penalty = self.penalty(parts, settings.penalties)
                objective += tf.reduce_sum(penalty) / batch.workers.count
        gradients = tape.gradient(
            objective, parts, unconnected_gradients=tf.UnconnectedGradients.ZERO
        )
        if batch.workers.count > 1:
            both = batch.workers.total(tf.concat([*gradients, loss[:, None]], axis=1))
            *gradients, loss = tf.split(both, [*self.network.sizes, 1], axis=1)
            loss = loss[:, 0]
        params, slots = self._stepped(state, gradients, settings, at)
        if self.averages:
            slots = (*slots, at.memory * state.slots[-1] + (1 - at.memory) * params)
        return State(params, slots, done.moving), loss

    def _stepped(
        self, state: State, gradients: list[Tensor], settings: Settings, at: AtStep
    ) -> tuple[Tensor, Slots]:
        """New params and slots, but for the average of the weights: a step along the gradients, or
        along the mean of those summed up, if it is time for one."""
        if not self.accumulates:
            return self._decayed_and_stepped(state, self._clip(gradients, settings), at)
        kept = state.slots[: len(self.optimizer.initial)]
        summed = state.slots[len(kept)] + tf.concat(gradients, axis=1)
        means = tf.split(summed * at.share, self.network.sizes, axis=1)
        stepped = self._decayed_and_stepped(state, self._clip(means, settings), at)
        params, slots = tf.nest.map_structure(
            lambda new, old: tf.where(at.share > 0, new, old), stepped, (state.params, kept)
        )
        return params, (*slots, tf.where(at.share > 0, 0.0, summed))

    def _decayed_and_stepped(
        self, state: State, gradient: Tensor, at: AtStep
    ) -> tuple[Tensor, Slots]:
        if self.decays:
            # Before the step and apart from it, as in Keras.
            state = state._replace(params=state.params * at.shrink)
        return self.update(state, gradient, at.rate)

    def _clip(self, gradients: list[Tensor], settings: Settings) -> Tensor:
        """The flat gradient [R, P], clipped as Keras clips: by value, by the norm of each array,
        or by the norm of the whole."""
        if "norm" in self.clips:
            gradients = [_to_norm(gradient, settings.clip_norm) for gradient in gradients]
        flat = tf.concat(gradients, axis=1)
        if "global_norm" in self.clips:
            flat = _to_norm(flat, settings.clip_global_norm)
        if "value" in self.clips:
            flat = tf.clip_by_value(flat, -settings.clip_value, settings.clip_value)
        return flat

    def evaluation(
        self,
        params: Tensor,
        moving: Tensor,
        part: Tensor | None,
        x: Tensor,
        y: Tensor,
        factors: Tensor | None,
        batch: int,
    ) -> tuple[Tensor, Tensor]:
        """Outputs float32 [R, rows, units] and summed trained losses float32 [R] for x and y
        [tables, rows, ...] and factors [tables, rows] or None; `part` is the table of each replica,
        int32 [R], or None for one that all share. A loss of whole batches is taken by batches of so
        many neighbouring rows."""
        parts = tf.split(params, self.network.sizes, axis=1)
        replicas = tf.zeros_like(params[:, 0], tf.int32)
        x = x if part is None else tf.gather(x, part)
        tables = replicas if part is None else part
        y = tf.gather(y, tables)
        factors = None if factors is None else tf.gather(factors, tables)
        done = forward(self.network, parts, moving, x)
        mean = (
            partial(mean_by_batches, batch=batch) if self.contract.loss_row.of_batch else over_rows
        )
        return done.output, tf.reduce_sum(self.row_losses(done, y, factors, mean), axis=1)


class Compiled:
    """The functions of one graph. Each is compiled once for every combination of shapes."""

    def __init__(self, spec: GraphSpec, workers: Workers) -> None:
        # XLA fuses what lies between the matrix products into a few loops: three times faster
        # than TensorFlow's own kernels for one small network, and as much for many. It cannot
        # compile a sum over processes.
        is_single = workers.count == 1
        function = partial(tf.function, autograph=False)
        block = partial(spec.block, workers=workers)
        self.run = function(partial(block, watch=False), jit_compile=is_single)
        self.watch = function(partial(block, watch=True), jit_compile=is_single)
        self.evaluate = function(spec.evaluation, reduce_retracing=True)


@dataclass(frozen=True)
class GraphCache:
    """Compiled functions by graph, for engines that follow one another or stand side by side."""

    workers: Workers = SINGLE
    _compiled: dict[GraphSpec, Compiled] = field(default_factory=dict)

    def get(self, spec: GraphSpec) -> Compiled:
        """The functions of this graph, compiled when they are first called."""
        return self._compiled.setdefault(spec, Compiled(spec, self.workers))


def subset_state(state: State, replicas: np.ndarray) -> State:
    """The state of these replicas only, by their positions."""
    subset: State = tf.nest.map_structure(lambda tensor: tf.gather(tensor, replicas), state)
    return subset


def _finite(state: State) -> Tensor:
    """Whether all of a replica's weights and averages are finite, bool [R]."""
    finite = tf.reduce_all(tf.math.is_finite(state.params), axis=1)
    return finite & tf.reduce_all(tf.math.is_finite(state.moving), axis=1)


def select(choice: Tensor, new: State, old: State) -> State:
    """The replicas of `new` where `choice`, bool [R], and of `old` elsewhere."""
    choice = tf.convert_to_tensor(choice)
    selected: State = tf.nest.map_structure(lambda a, b: tf.where(choice[:, None], a, b), new, old)
    return selected


def mean_by_batches(values: Tensor, batch: int) -> Tensor:
    """The mean over each row's batch, for values [R, rows, ...] of batches of so many neighbouring
    rows, of which the last may have fewer: of the same shape."""
    rows = tf.shape(values)[1]
    batches = (rows + batch - 1) // batch
    others = [[0, 0]] * (len(values.shape) - 2)
    filled = tf.pad(values, [[0, 0], [0, batches * batch - rows], *others])
    inner = tf.concat([tf.shape(values)[:1], [batches, batch], tf.shape(values)[2:]], axis=0)
    sums = tf.reduce_sum(tf.reshape(filled, inner), axis=2)
    counts = tf.minimum(batch, rows - batch * tf.range(batches))
    counts = tf.reshape(tf.cast(counts, values.dtype), [1, batches, *[1] * len(others)])
    return tf.repeat(sums / counts, batch, axis=1)[:, :rows]


def _to_norm(gradient: Tensor, limit: Tensor) -> Tensor:
    """Scaled down, replica by replica, to a norm of at most `limit`, float32 [R, 1]."""
    norm = tf.norm(gradient, axis=1, keepdims=True)
    # A limit that is off is infinite; the quotient of two infinities would be NaN.
    return gradient * tf.where(norm > limit, limit / norm, np.float32(1))
