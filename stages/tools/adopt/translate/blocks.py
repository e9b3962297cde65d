"""The dense layers of a chain, each with what follows it up to the next one."""

from dataclasses import dataclass, field
from typing import Any

from stages.lib.core.errors import UserError
from stages.lib.params.layer import LAYER_KEYS
from stages.lib.params.named import name_of
from stages.lib.vocabulary.activations import ACTIVATIONS
from stages.lib.vocabulary.initializers import BIAS_DEFAULT, KERNEL_DEFAULT
from stages.lib.vocabulary.layers import LAYERS, layer_roles, noises
from stages.tools.adopt.translate.activations import activation, layer_activation
from stages.tools.adopt.translate.initializers import initializer, penalties
from stages.tools.adopt.translate.keras_object import KerasObject
from stages.tools.adopt.translate.layers import check_dense, check_normalization, noise_amount


@dataclass
class Block:
    """One Dense layer and what follows it up to the next one.

    Attributes:
        dense: the layer.
        position: of the Dense among the model's layers.
        positions: of its normalizations and of an activation that is a layer of its own, among the
            layers, by their keys.

    The others are the keys of params.yaml.
    """

    dense: KerasObject
    position: int
    activation: str | dict[str, Any] = "linear"
    batch_normalization: str = "none"
    layer_normalization: str = "none"
    gaussian_noise: float = 0.0
    dropout: float = 0.0
    alpha_dropout: float = 0.0
    kernel_initializer: Any = None
    bias_initializer: Any = None
    l1: float = 0.0
    l2: float = 0.0
    positions: dict[str, int] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """How a message calls it."""
        return self.dense.label

    @property
    def units(self) -> int:
        """Of the dense layer."""
        units: int = self.dense.config["units"]
        return units

    @property
    def settings(self) -> dict[str, Any]:
        """Each of LAYER_KEYS."""
        return {key: getattr(self, key) for key in LAYER_KEYS}


def blocks(layers: list[KerasObject], unsupported: list[str]) -> list[Block]:
    """The blocks of a chain of known layers, in their order.

    Raises:
        UserError: naming the layer, for an order that the network does not have.
    """
    result: list[Block] = []
    roles = layer_roles()
    for position, layer in enumerate(layers):
        role = roles[layer.name]
        if role == "shape":  # rows are flat already
            continue
        if role == "dense":
            result.append(_block(layer, position, unsupported))
            continue
        if not result:
            raise UserError(layer.label, "a Dense layer first", f"{layer.name} on the inputs")
        if role == "noise":
            _add_noise(result[-1], layer, unsupported)
        elif role == "normalization":
            _add_normalization(result[-1], layer, position, unsupported)
        else:
            _add_activation(result[-1], layer, position)
    for block in result:
        _check_bias(block, unsupported)
    return result


def _block(layer: KerasObject, position: int, unsupported: list[str]) -> Block:
    check_dense(layer)
    factors = penalties(layer)
    return Block(
        layer,
        position,
        activation=activation(layer),
        kernel_initializer=initializer(layer, "kernel_initializer", KERNEL_DEFAULT, unsupported),
        bias_initializer=initializer(layer, "bias_initializer", BIAS_DEFAULT, unsupported),
        l1=factors["l1"],
        l2=factors["l2"],
    )


# The order that the network knows: a normalization, the activation, a normalization, and the
# noises in their order.


def _add_noise(block: Block, layer: KerasObject, unsupported: list[str]) -> None:
    keys = [row.key for row in noises()]
    own = LAYERS[layer.name].key
    if any(block.settings[key] for key in keys[keys.index(own) :]):
        raise _order_error(layer, f"a second {layer.name}, or one after a later noise")
    setattr(block, own, noise_amount(layer, unsupported))


def _add_normalization(
    block: Block, layer: KerasObject, position: int, unsupported: list[str]
) -> None:
    key, noise = LAYERS[layer.name].key, _noise_of(block)
    place = "before_activation" if block.activation == "linear" else "after_activation"
    if key in block.positions or noise:
        received = f"one after a {noise}" if noise else f"a second {layer.name}"
        raise _order_error(layer, received)
    if place in (block.batch_normalization, block.layer_normalization):
        raise _order_error(layer, "a second normalization at one place")
    setattr(block, key, place)
    block.positions[key] = position
    check_normalization(layer, unsupported)


def _noise_of(block: Block) -> str:
    """The class of a block's first noise, or ''."""
    return next((row.name for row in noises() if block.settings[row.key]), "")


def _add_activation(block: Block, layer: KerasObject, position: int) -> None:
    activation = layer_activation(layer)
    name = name_of(activation)
    if name == "linear":
        return
    if block.activation != "linear":
        raise _order_error(layer, f"a second activation, {name}")
    noise = _noise_of(block)
    masked = noise == "Dropout" and not block.alpha_dropout and ACTIVATIONS[name].homogeneous
    if noise and not masked:
        raise _order_error(layer, f"{name} after a {noise}")
    block.activation = activation
    block.positions["activation"] = position


def _order_error(layer: KerasObject, received: str) -> UserError:
    return UserError(
        layer.label,
        "after a Dense layer its normalization and activation, then its noise "
        f"({', '.join(row.name for row in noises())}), each at most once",
        received,
    )


def _check_bias(block: Block, unsupported: list[str]) -> None:
    """A layer without a bias is one whose bias the batch normalization after it takes away."""
    if block.dense.config.get("use_bias", True) is True:
        return
    if block.batch_normalization != "before_activation":
        raise UserError(
            block.label, "use_bias=True, or a BatchNormalization next", "use_bias=False"
        )
    unsupported.append(
        f"{block.label}: use_bias=False: the bias is there, and the batch normalization takes it "
        "away again"
    )
