"""The dense layers of a chain, each with what follows it up to the next one."""

from dataclasses import dataclass
from typing import Any

from stages.lib.core.errors import UserError
from stages.lib.params.layer import LAYER_KEYS
from stages.lib.params.named import name_of
from stages.lib.vocabulary.activations import ACTIVATIONS
from stages.lib.vocabulary.initializers import BIAS_DEFAULT, KERNEL_DEFAULT
from stages.lib.vocabulary.layers import layer_roles
from stages.tools.adopt.translate.activations import activation, layer_activation
from stages.tools.adopt.translate.initializers import initializer, penalties
from stages.tools.adopt.translate.keras_object import KerasObject
from stages.tools.adopt.translate.layers import check_dense, check_normalization, dropout_rate


@dataclass
class Block:
    """One Dense layer and what follows it up to the next one.

    Attributes:
        dense: the layer.
        position: of the Dense among the model's layers.
        activation, batch_normalization, dropout, kernel_initializer, bias_initializer, l1, l2: as
            params.yaml has them.
        normalization_position, activation_position: of the batch normalization, and of an
            activation that is a layer of its own, among the layers, or None.
    """

    dense: KerasObject
    position: int
    activation: str | dict[str, Any] = "linear"
    batch_normalization: str = "none"
    normalization_position: int | None = None
    activation_position: int | None = None
    dropout: float = 0.0
    kernel_initializer: Any = None
    bias_initializer: Any = None
    l1: float = 0.0
    l2: float = 0.0

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
        if role == "dropout":
            _add_dropout(result[-1], layer, unsupported)
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


# The orders that the network knows: normalization, activation, dropout; or activation,
# normalization, dropout.


def _add_dropout(block: Block, layer: KerasObject, unsupported: list[str]) -> None:
    if block.dropout:
        raise _order_error(layer, "a second Dropout")
    block.dropout = dropout_rate(layer, unsupported)


def _add_normalization(
    block: Block, layer: KerasObject, position: int, unsupported: list[str]
) -> None:
    if block.batch_normalization != "none" or block.dropout:
        received = "one after a Dropout" if block.dropout else "a second BatchNormalization"
        raise _order_error(layer, received)
    after = block.activation != "linear"
    block.batch_normalization = "after_activation" if after else "before_activation"
    block.normalization_position = position
    check_normalization(layer, unsupported)


def _add_activation(block: Block, layer: KerasObject, position: int) -> None:
    activation = layer_activation(layer)
    name = name_of(activation)
    if name == "linear":
        return
    if block.activation != "linear":
        raise _order_error(layer, f"a second activation, {name}")
    if block.dropout and not ACTIVATIONS[name].homogeneous:
        raise _order_error(layer, f"{name} after a Dropout")
    block.activation = activation
    block.activation_position = position


def _order_error(layer: KerasObject, received: str) -> UserError:
    return UserError(
        layer.label,
        "after a Dense layer its batch normalization and activation, then its "
        "dropout, each at most once",
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
