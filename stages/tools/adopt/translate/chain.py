"""A chain of Keras layers, as configurations, in the words of params.yaml; without TensorFlow.

The allow-list of layers is LAYERS. What the pipeline's network cannot be is refused in a line that
names the layer; what it can be but for a detail is taken, and the detail told.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from stages.lib.core.errors import UserError
from stages.lib.core.text import printable
from stages.tools.adopt.translate.received import Described, number

# Keras' initializers, with the arguments that ours have too; a seed has no counterpart.
INITIALIZERS = {
    "Zeros": ("zeros", ()),
    "Ones": ("ones", ()),
    "Constant": ("constant", ("value",)),
    "RandomNormal": ("random_normal", ("mean", "stddev")),
    "RandomUniform": ("random_uniform", ("minval", "maxval")),
    "TruncatedNormal": ("truncated_normal", ("mean", "stddev")),
    "VarianceScaling": ("variance_scaling", ("scale", "mode", "distribution")),
    "GlorotNormal": ("glorot_normal", ()),
    "GlorotUniform": ("glorot_uniform", ()),
    "HeNormal": ("he_normal", ()),
    "HeUniform": ("he_uniform", ()),
    "LecunNormal": ("lecun_normal", ()),
    "LecunUniform": ("lecun_uniform", ()),
    "Orthogonal": ("orthogonal", ("gain",)),
    "OrthogonalInitializer": ("orthogonal", ("gain",)),
    "Identity": ("identity", ("gain",)),
    "IdentityInitializer": ("identity", ("gain",)),
}
# What keras.activations calls what we call so; as they are in stages/lib/mlp/activations.py.
ACTIVATIONS = (
    "linear", "relu", "leaky_relu", "relu6", "elu", "selu", "gelu", "silu", "mish", "softplus",
    "softsign", "tanh", "sigmoid", "hard_sigmoid", "exponential", "softmax",
)  # fmt: skip
RENAMED = {"swish": "silu"}
LAYERS = (
    "InputLayer", "Flatten", "Dense", "Activation", "ReLU", "LeakyReLU", "ELU", "Softmax",
    "BatchNormalization", "Dropout",
)  # fmt: skip
# A mask and these commute: f(m x) = m f(x) for m of 0 or above.
HOMOGENEOUS = ("relu", "leaky_relu", "linear")


@dataclass
class Block:
    """One Dense layer and what follows it up to the next one. positions: of the Dense and of the
    batch normalization among the layers."""

    dense: Described
    position: int
    activation: str = "linear"
    batch_normalization: str = "none"
    normalization_position: int | None = None
    dropout: float = 0.0
    kernel: Any = None
    bias: Any = None
    l2: float = 0.0

    @property
    def name(self) -> str:
        return shown(self.dense)


@dataclass(frozen=True)
class Chain:
    """edits: dotted keys of params.yaml and their values. untold: what has no counterpart.
    blocks: the dense layers in their order."""

    edits: dict[str, Any]
    untold: list[str]
    blocks: list[Block] = field(default_factory=list)

    @property
    def units(self) -> int:
        return self.blocks[-1].dense.config["units"]

    @property
    def activation(self) -> str:
        """Of the output."""
        return self.blocks[-1].activation

    def arrays(self, weights: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """The weights, float32 by 'POSITION.NAME', under the names of stages/lib/mlp/network.py."""
        found, moving = {}, {}
        for i, block in enumerate(self.blocks):
            kernel = weights[f"{block.position}.kernel"]
            found[f"layer_{i}.kernel"] = kernel
            # A layer without a bias is one whose bias batch normalization takes away again.
            none = np.zeros(kernel.shape[1], "float32")
            found[f"layer_{i}.bias"] = weights.get(f"{block.position}.bias", none)
            if block.normalization_position is not None:
                for name in ("gamma", "beta"):
                    found[f"layer_{i}.{name}"] = weights[f"{block.normalization_position}.{name}"]
                for name in ("moving_mean", "moving_variance"):
                    key = f"{block.normalization_position}.{name}"
                    moving[f"layer_{i}.{name}"] = weights[key]
        return found | moving


def shown(layer: Described) -> str:
    """layer 'dense_1' (Dense)"""
    name = printable(str(layer.config.get("name", "")))[:60]
    return f"layer {name!r} ({printable(layer.name)[:60]})"


def chain(layers: list[Described]) -> Chain:
    """The edits that make params.yaml's network this one. Raises UserError naming the layer."""
    untold: list[str] = []
    for layer in layers:
        _check(layer, untold)
    blocks = _blocks(layers, untold)
    if not blocks:
        raise UserError("expected a Dense layer. Received: a model without one")
    *hidden, output = blocks
    if output.batch_normalization != "none" or output.dropout:
        what = "Dropout" if output.dropout else "BatchNormalization"
        raise UserError(f"{output.name}: expected nothing but an activation after the output layer."
                        f" Received: {what}")  # fmt: skip
    for name, key in (
        ("activation", "an activation"), ("batch_normalization", "a batch normalization"),
        ("dropout", "a dropout rate"), ("kernel", "a kernel_initializer"),
        ("bias", "a bias_initializer"), ("l2", "an L2 penalty"),
    ):  # fmt: skip
        for block in hidden[1:]:
            _check_same(hidden[0], block, name, key)
    first = hidden[0] if hidden else output
    for name, key in (("kernel", "kernel_initializer"), ("bias", "bias_initializer"), ("l2", "L2")):
        if getattr(output, name) != getattr(first, name):
            untold.append(
                f"{output.name}: {key} {getattr(output, name)!r} of its own; it is taken as the "
                f"hidden layers', {getattr(first, name)!r}"
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
    return Chain(edits, list(dict.fromkeys(untold)), blocks)


def _check_same(first: Block, block: Block, name: str, what: str) -> None:
    ours, theirs = getattr(first, name), getattr(block, name)
    if ours != theirs:
        raise UserError(
            f"{block.name}: expected {what} as in {first.name}, {ours!r}, since params.yaml has "
            f"one for all hidden layers. Received: {theirs!r}"
        )


def _check(layer: Described, untold: list[str]) -> None:
    """Refuse what is no layer of the allow-list, or one that does not train in float32."""
    if not layer.is_keras or layer.config.get("registered_name"):
        raise UserError(f"{shown(layer)}: expected Keras' own layers. Received: a custom one")
    if layer.name not in LAYERS:
        raise UserError(
            f"{shown(layer)}: expected a chain of dense layers ({', '.join(LAYERS)}). "
            f"Received: {printable(layer.name)[:60]}"
        )
    if layer.config.get("trainable", True) is not True:
        raise UserError(f"{shown(layer)}: expected trainable=True. Received: a frozen layer")
    policy = layer.config.get("dtype")
    if isinstance(policy, dict):
        policy = _object(policy)[1].get("name")
    if policy not in (None, "float32"):
        untold.append(f"dtype {policy!r:.40}: the network computes in float32")


def _blocks(layers: list[Described], untold: list[str]) -> list[Block]:
    blocks: list[Block] = []
    for position, layer in enumerate(layers):
        if layer.name in ("InputLayer", "Flatten"):  # rows are flat already
            continue
        if layer.name == "Dense":
            blocks.append(_dense(layer, position, untold))
            continue
        if not blocks:
            raise UserError(
                f"{shown(layer)}: expected a Dense layer first. "
                f"Received: {layer.name} on the inputs"
            )
        _follow(blocks[-1], layer, position, untold)
    for block in blocks:
        if block.dense.config.get("use_bias", True) is not True:
            if block.batch_normalization != "before_activation":
                raise UserError(f"{block.name}: expected use_bias=True, or a BatchNormalization "
                                "next. Received: use_bias=False")  # fmt: skip
            untold.append(
                f"{block.name}: use_bias=False: the bias is there, and the batch normalization "
                "takes it away again"
            )
    return blocks


def _dense(layer: Described, position: int, untold: list[str]) -> Block:
    given = layer.config
    units = given.get("units")
    if isinstance(units, bool) or not isinstance(units, int) or units < 1:
        raise UserError(f"{shown(layer)}: expected a number of units. Received: {units!r:.60}")
    for name in (
        "bias_regularizer", "activity_regularizer", "kernel_constraint", "bias_constraint",
        "lora_rank", "quantization_config",
    ):  # fmt: skip
        if given.get(name) is not None:
            raise UserError(
                f"{shown(layer)}: {name}: expected none: it has no counterpart, and changes what "
                f"is trained. Received: {_brief(given[name])}"
            )
    return Block(
        layer,
        position,
        activation=_activation(layer, given.get("activation")),
        kernel=_initializer(layer, "kernel_initializer", "GlorotUniform", untold),
        bias=_initializer(layer, "bias_initializer", "Zeros", untold),
        l2=_l2(layer),
    )


def _follow(block: Block, layer: Described, position: int, untold: list[str]) -> None:
    """Take a layer that comes after the block's Dense, in the orders that the network knows:
    normalization, activation, dropout; or activation, normalization, dropout."""

    def refuse(why: str) -> UserError:
        return UserError(
            f"{shown(layer)}: expected after a Dense layer its batch normalization and activation, "
            f"then its dropout, each at most once. Received: {why}"
        )

    if layer.name == "Dropout":
        if block.dropout:
            raise refuse("a second Dropout")
        if layer.config.get("noise_shape") is not None and any(
            one is not None for one in _listed(layer.config["noise_shape"])
        ):
            raise UserError(f"{shown(layer)}: expected noise_shape=None")
        block.dropout = float(number(layer.config.get("rate"), f"{shown(layer)}: rate"))
        if layer.config.get("seed") is not None:
            untold.append(f"{shown(layer)}: seed: masks come from train.seed")
    elif layer.name == "BatchNormalization":
        if block.batch_normalization != "none" or block.dropout:
            raise refuse("one after a Dropout" if block.dropout else "a second BatchNormalization")
        after = block.activation != "linear"
        block.batch_normalization = "after_activation" if after else "before_activation"
        block.normalization_position = position
        _check_normalization(layer, untold)
    else:
        activation = _layer_activation(layer)
        if activation == "linear":
            return
        if block.activation != "linear":
            raise refuse(f"a second activation, {activation}")
        if block.dropout and activation not in HOMOGENEOUS:
            raise refuse(f"{activation} after a Dropout")
        block.activation = activation


def _listed(value: Any) -> list:
    return list(value) if isinstance(value, list | tuple) else [value]


def _check_normalization(layer: Described, untold: list[str]) -> None:
    given = layer.config
    for name in ("center", "scale"):
        if given.get(name, True) is not True:
            raise UserError(f"{shown(layer)}: expected {name}=True. Received: {given[name]!r:.40}")
    if given.get("axis", -1) not in (-1, 1, [-1], [1]):
        raise UserError(f"{shown(layer)}: expected axis=-1. Received: {given['axis']!r:.40}")
    for name, ours in (("momentum", 0.99), ("epsilon", 1e-3)):
        if given.get(name, ours) != ours:
            untold.append(f"{shown(layer)}: {name} {given[name]!r:.40}: taken as {ours}")
    for name, ours in (
        ("beta_initializer", "Zeros"), ("gamma_initializer", "Ones"),
        ("moving_mean_initializer", "Zeros"), ("moving_variance_initializer", "Ones"),
        ("beta_regularizer", None), ("gamma_regularizer", None), ("renorm", False),
    ):  # fmt: skip
        kind, _ = _object(given.get(name, ours))
        if name in given and kind != ours and given[name] != ours:
            untold.append(f"{shown(layer)}: {name} {_brief(given[name])}: taken as {ours}")


def _layer_activation(layer: Described) -> str:
    """The activation that a layer of its own is."""
    given, name = layer.config, layer.name

    def plain(key: str, wanted: Any) -> None:
        if given.get(key, wanted) not in (wanted, None):
            raise UserError(
                f"{shown(layer)}: {key}: expected {wanted!r}, as in {name.lower()}. "
                f"Received: {given[key]!r:.40}"
            )

    if name == "Activation":
        return _activation(layer, given.get("activation"))
    if name == "ReLU":
        plain("negative_slope", 0.0)
        plain("threshold", 0.0)
        most = given.get("max_value")
        if most not in (None, 6, 6.0):
            raise UserError(
                f"{shown(layer)}: max_value: expected None or 6. Received: {most!r:.40}"
            )
        return "relu" if most is None else "relu6"
    if name == "LeakyReLU":
        slope = given.get("negative_slope", given.get("alpha", 0.3))
        if (
            isinstance(slope, bool)
            or not isinstance(slope, int | float)
            or (not np.isclose(slope, 0.2, rtol=1e-6))
        ):
            raise UserError(
                f"{shown(layer)}: negative_slope: expected 0.2, the leaky_relu of params.yaml. "
                f"Received: {slope!r:.40}"
            )
        return "leaky_relu"
    if name == "ELU":
        plain("alpha", 1.0)
        return "elu"
    if _listed(given.get("axis", -1)) not in ([-1], [1]):
        raise UserError(f"{shown(layer)}: axis: expected -1. Received: {given['axis']!r:.40}")
    return "softmax"


def _activation(layer: Described, given: Any) -> str:
    if isinstance(given, dict):
        given = _object(given)[0] if given.get("class_name") != "function" else given.get("config")
    name = "linear" if given is None else given
    name = RENAMED.get(name, name) if isinstance(name, str) else name
    if name not in ACTIVATIONS:
        raise UserError(
            f"{shown(layer)}: activation: expected one of {', '.join(ACTIVATIONS)}. "
            f"Received: {_brief(given)}"
        )
    return name


def _object(given: Any) -> tuple[str | None, dict]:
    """Class name and configuration of a serialized Keras object, or of its bare name."""
    if isinstance(given, str):
        return "".join(word.capitalize() for word in given.split("_")), {}
    if isinstance(given, dict) and isinstance(given.get("class_name"), str):
        config = given.get("config")
        return given["class_name"], config if isinstance(config, dict) else {}
    return None, {}


def _brief(given: Any) -> str:
    kind, config = _object(given)
    return printable(f"{kind}({config})" if kind and config else str(kind or given))[:80]


def _initializer(layer: Described, key: str, default: str, untold: list[str]) -> Any:
    given = layer.config.get(key, default)
    kind, config = _object(given)
    if kind not in INITIALIZERS:
        raise UserError(
            f"{shown(layer)}: {key}: expected one of Keras' initializers "
            f"({', '.join(name for name, _ in INITIALIZERS.values())}). Received: {_brief(given)}"
        )
    name, arguments = INITIALIZERS[kind]
    if config.get("seed") is not None:
        untold.append(f"{shown(layer)}: {key} seed: weights come from train.seed")
    found = {}
    for argument in arguments:
        if argument not in config:
            continue
        value = config[argument]
        where = f"{shown(layer)}: {key}: {argument}"
        found[argument] = value if isinstance(value, str) else number(value, where)
    return {"name": name, **found} if found else name


def _l2(layer: Described) -> float:
    given = layer.config.get("kernel_regularizer")
    if given is None:
        return 0.0
    kind, config = _object(given)
    if kind in ("L2", "L1L2") and not config.get("l1"):
        return float(number(config.get("l2", 0.01), f"{shown(layer)}: kernel_regularizer"))
    raise UserError(
        f"{shown(layer)}: kernel_regularizer: expected L2, which train.l2 is. "
        f"Received: {_brief(given)}"
    )
