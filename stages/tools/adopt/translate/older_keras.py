"""Configurations of tf.keras 2, as Keras 3 writes them. A further difference is one row."""

from typing import Any

from stages.lib.keras_fit.layers import LAYERS
from stages.tools.adopt.translate.captured import Content

# Arguments that Keras 2 writes and Keras 3 does not take, by class; '' for every class. None of
# them changes what is computed from an array of rows.
_GONE: dict[str, tuple[str, ...]] = {
    "": ("batch_input_shape",),
    "Embedding": ("input_length",),
    "MultiHeadAttention": ("query_shape", "key_shape", "value_shape"),
    "SeparableConv1D": ("groups", "kernel_initializer", "kernel_regularizer", "kernel_constraint"),
    "SeparableConv2D": ("groups", "kernel_initializer", "kernel_regularizer", "kernel_constraint"),
    "DepthwiseConv1D": ("filters", "groups", "kernel_initializer", "kernel_regularizer",
                        "kernel_constraint"),
    "DepthwiseConv2D": ("filters", "groups", "kernel_initializer", "kernel_regularizer",
                        "kernel_constraint"),
    "Conv1DTranspose": ("groups",),
    "Conv2DTranspose": ("groups",),
    "Conv3DTranspose": ("groups",),
    **dict.fromkeys(("LSTM", "GRU", "SimpleRNN"), ("time_major", "implementation")),
}  # fmt: skip
# (class, argument, what Keras 3 calls it)
_RENAMED = (("LeakyReLU", "alpha", "negative_slope"),)
# Arguments that Keras 2 writes as a list of one number, and Keras 3 takes as a number.
_SINGLE = (("BatchNormalization", "axis"),)


def as_keras_3(content: Content) -> Content:
    """The same content, where it came from Keras 2, in the form of Keras 3."""
    if not content.versions.get("keras", "").startswith("2."):
        return content
    changed: dict[str, Any] = {
        "layers": [
            layer.model_copy(update={"config": _of_class(layer.name, _converted(layer.config))})
            for layer in content.layers
        ],
        "optimizer": content.optimizer.model_copy(
            update={"config": _optimizer(content.optimizer.config)}
        ),
    }
    if content.model is not None:
        config = _converted(content.model.config)
        changed["model"] = content.model.model_copy(update={"config": config})
    return content.model_copy(update=changed)


def _converted(node: Any) -> Any:
    """The node with every configuration of a class in it converted."""
    if isinstance(node, list):
        return [_converted(item) for item in node]
    if not isinstance(node, dict):
        return node
    found = {key: _converted(item) for key, item in node.items()}
    name, config = found.get("class_name"), found.get("config")
    if isinstance(name, str) and isinstance(config, dict):
        found["config"] = _of_class(name, config)
        # Before TensorFlow 2.13 a layer inside of a layer is written without the module, by which
        # Keras 3 finds it.
        if name in LAYERS:
            found.setdefault("module", "keras.layers")
    return found


def _of_class(name: str, config: dict[str, Any]) -> dict[str, Any]:
    gone = (*_GONE[""], *_GONE.get(name, ()))
    kept = {key: value for key, value in config.items() if key not in gone}
    for keras_class, old, new in _RENAMED:
        if keras_class == name and old in kept:
            kept[new] = kept.pop(old)
    for keras_class, argument in _SINGLE:
        value = kept.get(argument)
        if keras_class == name and isinstance(value, list) and len(value) == 1:
            [kept[argument]] = value
    return kept


def _optimizer(config: dict[str, Any]) -> dict[str, Any]:
    """`decay` of an optimizer divides the rate by 1 + decay * step, which is a schedule today
    (tf.keras.optimizers.legacy; keras.optimizers.schedules.InverseTimeDecay)."""
    decay, rate = config.get("decay"), config.get("learning_rate")
    kept = {key: value for key, value in config.items() if key != "decay"}
    if isinstance(decay, float) and decay > 0 and isinstance(rate, int | float):
        schedule = {"initial_learning_rate": rate, "decay_steps": 1, "decay_rate": decay,
                    "staircase": False}  # fmt: skip
        kept["learning_rate"] = {"class_name": "InverseTimeDecay", "config": schedule}
    return kept
