"""A chain of Keras layers, as configurations, in the words of params.yaml; without TensorFlow.

What the pipeline's network cannot be is refused in a line that names the layer; what it can be but
for a detail is translated, and the detail named as unsupported.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from stages.lib.core.errors import UserError
from stages.lib.params.layer import LAYER_KEYS
from stages.lib.params.named import name_of
from stages.lib.vocabulary.activations import ACTIVATIONS
from stages.lib.vocabulary.layers import LAYERS
from stages.tools.adopt.translate.blocks import Block, blocks
from stages.tools.adopt.translate.keras_object import KerasObject
from stages.tools.adopt.translate.layers import check_layer

# What the output layer has from the section `train` too.
_OF_OUTPUT = ("kernel_initializer", "bias_initializer", "l1", "l2")
# The arrays of a normalization, by its key: Keras' name of each, and ours.
_OF_NORMALIZATION = {
    "batch_normalization": {
        name: name for name in ("gamma", "beta", "moving_mean", "moving_variance")
    },
    "layer_normalization": {"gamma": "layer_gamma", "beta": "layer_beta"},
}


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
        return self.blocks[-1].units

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
            for name in ACTIVATIONS[name_of(block.activation)].trained:
                trainable[f"layer_{i}.{name}"] = weights[f"{block.positions['activation']}.{name}"]
            for key, names in _OF_NORMALIZATION.items():
                for name, ours in names.items() if key in block.positions else ():
                    arrays = moving if name.startswith("moving") else trainable
                    arrays[f"layer_{i}.{ours}"] = weights[f"{block.positions[key]}.{name}"]
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
    after = [
        row.name
        for row in LAYERS.values()
        if row.key and output.settings[row.key] not in ("none", 0.0)
    ]
    if after:
        what = ", ".join(after)
        raise UserError(output.label, "nothing but an activation after the output layer", what)
    if not isinstance(output.activation, str) or ACTIVATIONS[output.activation].trained:
        raise UserError(
            output.label,
            "an output activation without arguments of its own, and not trained",
            f"{output.activation}",
        )
    of_output = {key: output.settings[key] for key in _OF_OUTPUT}
    nothing = {row.key: output.settings[row.key] for row in LAYERS.values() if row.key}
    of_hidden = _of_most(hidden) if hidden else nothing
    edits = {
        "train.layers": [_entry(block, of_output | of_hidden) for block in hidden],
        **{f"train.{key}": value for key, value in of_output.items()},
        "train.output_units": output.units,
        "train.output_activation": output.activation,
        **{f"train.{key}": value for key, value in of_hidden.items()},
    }
    return Chain(edits, list(dict.fromkeys(unsupported)), found)


def _of_most(hidden: list[Block]) -> dict[str, Any]:
    """What most hidden layers have of the keys that no output layer has."""
    keys = (key for key in LAYER_KEYS if key not in _OF_OUTPUT)
    values = {key: [block.settings[key] for block in hidden] for key in keys}
    return {key: max(of_key, key=of_key.count) for key, of_key in values.items()}


def _entry(block: Block, section: dict[str, Any]) -> int | dict[str, Any]:
    """The entry of train.layers of a hidden layer: its units, and what it has for itself."""
    own = {key: value for key, value in block.settings.items() if value != section[key]}
    return {"units": block.units, **own} if own else block.units
