"""What the layers look like at a moment of training: activation, gradient and update scales."""

import numpy as np
import pandas as pd

from stages.lib.artifacts.training import STATISTICS
from stages.lib.mlp.epoch import Engine, row_factors
from stages.lib.mlp.network import Batch, forward
from stages.lib.mlp.runtime import Tensor, tf
from stages.lib.mlp.step import State

# Rows of the fixed sample that the probes look at: enough for stable shares, cheap at any size.
ROWS = 512
# An activation whose slope is below this passes on less than a hundredth of a gradient: saturated
# for sigmoid and tanh, switched off for relu.
FLAT_SLOPE = 0.01


def is_probed(epoch: int, epochs: int) -> bool:
    """Whether to look after this many epochs: at 0, 1, 2, 5, 10, 20, 50, ... and at the end."""
    digits = str(epoch)
    return epoch in (0, epochs) or (digits[0] in "125" and set(digits[1:]) <= {"0"})


class Probe:
    """Statistics of every layer on the first rows of the training split.

    flat_share: share of (row, unit) pairs whose activation slope is below 0.01. dead_share: share
    of units that are flat on every row. gradient_rms: root mean square of the loss's gradient by
    the kernel. update_ratio: norm of the next step's change of the kernel over the kernel's norm,
    at the given learning rate. All without dropout.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._measure = tf.function(self._statistics, autograph=False)

    def measure(self, state: State, epoch: int, rate: np.ndarray) -> pd.DataFrame:
        """One row a layer and replica; `rate` is what the optimizer's next update takes,
        float64 [R, K]."""
        values = self._measure(state, tf.constant(rate.astype("float32"))).numpy()
        layers, _, replicas = values.shape
        return pd.DataFrame(
            [
                {"replica": r, "epoch": epoch, "layer": i + 1}
                | dict(zip(STATISTICS, values[i, :, r].tolist(), strict=True))
                for r in range(replicas)
                for i in range(layers)
            ]
        )

    def _statistics(self, state: State, rate: Tensor) -> Tensor:
        """float32 [layers, statistics, R]."""
        engine, network = self.engine, self.engine.network
        x = engine.per_replica(np.stack([part.inputs(slice(ROWS)) for part in engine.parts]))
        y = engine.per_replica(np.stack([part.targets(slice(ROWS)) for part in engine.parts]))
        factors = row_factors(engine.parts, slice(ROWS))
        factors = None if factors is None else engine.per_replica(factors)
        parts = tf.split(state.params, network.sizes, axis=1)
        with tf.GradientTape() as tape:
            tape.watch(parts)
            ones = tf.ones(x.shape[1])
            forward_pass = forward(
                network, parts, state.moving, x, batch=Batch(ones, tf.reduce_sum(ones))
            )
            losses = engine.spec.row_losses(forward_pass, y, factors)
            loss = tf.reduce_sum(tf.reduce_mean(losses, axis=1))
        gradients = tape.gradient(loss, parts, unconnected_gradients=tf.UnconnectedGradients.ZERO)
        changed, _ = engine.spec.update(state, tf.concat(gradients, axis=1), rate)
        changed = tf.split(changed, network.sizes, axis=1)
        kernels = [i for i, name in enumerate(network.arrays) if name.endswith("kernel")]
        arrays = network.arrays_of(parts)
        rows = []
        for layer, kernel in enumerate(kernels):
            flat = self._flat(layer, forward_pass.before[layer], arrays[layer])
            after = forward_pass.after[layer]
            weight = _rms(parts[kernel])
            rows.append(
                [
                    tf.reduce_mean(after, axis=[1, 2]),
                    tf.math.reduce_std(after, axis=[1, 2]),
                    tf.reduce_mean(flat, axis=[1, 2]),
                    tf.reduce_mean(tf.reduce_min(flat, axis=1), axis=1),
                    _rms(gradients[kernel]),
                    weight,
                    tf.math.divide_no_nan(_rms(changed[kernel] - parts[kernel]), weight),
                ]
            )
        return tf.convert_to_tensor(rows)

    def _flat(self, layer: int, before: Tensor, arrays: dict[str, Tensor]) -> Tensor:
        """1.0 where the layer's activation has next to no slope, else 0.0, [R, rows, units]."""
        with tf.GradientTape() as tape:
            tape.watch(before)
            after = self.engine.network.layers[layer].activate(before, arrays)
        slope = tape.gradient(after, before)
        return tf.cast(tf.abs(slope) < FLAT_SLOPE, tf.float32)


def _rms(values: Tensor) -> Tensor:
    return tf.sqrt(tf.reduce_mean(tf.square(values), axis=1))
