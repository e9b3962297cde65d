"""A chain of Keras layers, as configurations, in the words of params.yaml; without TensorFlow.

What the pipeline's network cannot be is refused in a line that names the layer; what it can be but
for a detail is translated, and the detail named as unsupported.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from stages.lib.core.errors import UserError
from stages.tools.adopt.translate.blocks import Block, blocks
from stages.tools.adopt.translate.keras_object import KerasObject
from stages.tools.adopt.translate.layers import check_layer

# What params.yaml has once for all hidden layers: the attribute of a block, and what it is.
_OF_ALL_HIDDEN = (
    ("activation", "an activation"),
    ("batch_normalization", "a batch normalization"),
    ("dropout", "a dropout rate"),
    ("kernel", "a kernel_initializer"),
    ("bias", "a bias_initializer"),
    ("l2", "an L2 penalty"),
)
# And once for all layers.
_OF_ALL = (("kernel", "kernel_initializer"), ("bias", "bias_initializer"), ("l2", "L2"))


@dataclass(frozen=True)
class Chain:
    """A network.

    Attributes:
        edits: dotted keys of params.yaml and their values.
        unsupported: what has no counterpart, a line each.
        blocks: the dense layers in their order.
    """

    edits: dict[str, Any]
    unsupported: list[str]
    blocks: list[Block]

    @property
    def units(self) -> int:
        """Of the output layer."""
        units: int = self.blocks[-1].dense.config["units"]
        return units

    def arrays(self, weights: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """The weights under the names of stages/lib/mlp/network.py.

        Args:
            weights: float32 by 'POSITION.NAME'.

        Raises:
            KeyError: for one that is missing.
        """
        trainable: dict[str, np.ndarray] = {}
        moving: dict[str, np.ndarray] = {}
        for i, block in enumerate(self.blocks):
            kernel = weights[f"{block.position}.kernel"]
            trainable[f"layer_{i}.kernel"] = kernel
            # A layer without a bias is one whose bias batch normalization takes away again.
            zeros = np.zeros(kernel.shape[1], "float32")
            trainable[f"layer_{i}.bias"] = weights.get(f"{block.position}.bias", zeros)
            if block.normalization_position is None:
                continue
            for names, arrays in (
                (("gamma", "beta"), trainable),
                (("moving_mean", "moving_variance"), moving),
            ):
                for name in names:
                    arrays[f"layer_{i}.{name}"] = weights[f"{block.normalization_position}.{name}"]
        return trainable | moving


def translate_chain(layers: list[KerasObject]) -> Chain:
    """The edits that make params.yaml's network this one. Raises UserError naming the layer."""
    unsupported: list[str] = []
    for layer in layers:
        check_layer(layer, unsupported)
    found = blocks(layers, unsupported)
    if not found:
        raise UserError("", "a Dense layer", "a model without one")
    *hidden, output = found
    if output.batch_normalization != "none" or output.dropout:
        what = "Dropout" if output.dropout else "BatchNormalization"
        raise UserError(output.label, "nothing but an activation after the output layer", what)
    for attribute, what in _OF_ALL_HIDDEN:
        for block in hidden[1:]:
            _check_same(hidden[0], block, attribute, what)
    first = hidden[0] if hidden else output
    for attribute, what in _OF_ALL:
        at_output, other = getattr(output, attribute), getattr(first, attribute)
        if at_output != other:
            unsupported.append(
                f"{output.label}: {what} {at_output!r} of its own; "
                f"it is taken as the hidden layers', {other!r}"
            )
    edits = {
        "train.layers": [block.dense.config["units"] for block in hidden],
        "train.kernel_initializer": first.kernel,
        "train.bias_initializer": first.bias,
        "train.l2": first.l2,
        "train.output_units": output.dense.config["units"],
        "train.output_activation": output.activation,
    }
    if hidden:
        edits |= {
            "train.activation": first.activation,
            "train.batch_normalization": first.batch_normalization,
            "train.dropout": first.dropout,
        }
    else:
        edits |= {"train.batch_normalization": "none", "train.dropout": 0.0}
    return Chain(edits, list(dict.fromkeys(unsupported)), found)


def _check_same(first: Block, block: Block, attribute: str, what: str) -> None:
    wanted, value = getattr(first, attribute), getattr(block, attribute)
    if value != wanted:
        raise UserError(
            block.label,
            f"{what} as in {first.label}, {wanted!r}, since params.yaml has one for all "
            "hidden layers",
            f"{value!r}",
        )
