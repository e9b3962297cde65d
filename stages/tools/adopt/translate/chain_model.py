"""A chain of layers that params.yaml has no words for, as the model that Keras itself trains."""

from dataclasses import replace
from typing import Any

from stages.lib.core.errors import UserError
from stages.tools.adopt.translate.captured import Captured, Input, ModelConfiguration, Output
from stages.tools.adopt.translate.keras_object import brief

INPUT = "x"


def as_model(captured: Captured) -> Captured:
    """The same program with its chain as a Functional's configuration; x stays as the layers that
    were applied to it left it.

    Args:
        captured: a chain.

    Returns:
        The layers in one line from the input on, under names of their own, and the weights by these
        names.

    Raises:
        UserError: for a layer with a function of the script's own.
    """
    content, width = captured.content, captured.x.shape[1]
    taken = {INPUT}
    layers = [_layer("InputLayer", {"batch_shape": [None, width], "dtype": "float32"}, INPUT, None)]
    names = []
    tensor = _tensor(INPUT, width)
    for layer in content.layers:
        activation = layer.config.get("activation")
        if isinstance(activation, str) and not activation.isidentifier():
            raise UserError(f"{layer.label}: activation", "one of Keras' own", brief(activation))
        wanted, i = str(layer.config.get("name") or layer.name.lower())[:200], 0
        name = wanted
        while name in taken:
            i += 1
            name = f"{wanted}_{i}"
        taken.add(name)
        names.append(name)
        layers.append(_layer(layer.name, layer.config, name, tensor, layer.module))
        units = layer.config.get("units")
        width = units if isinstance(units, int) else width
        tensor = _tensor(name, width)
    config = {
        "name": "model",
        "trainable": True,
        "layers": layers,
        "input_layers": [[INPUT, 0, 0]],
        "output_layers": [[names[-1], 0, 0]],
    }
    # One of each, whatever a bundle describes: a chain has no more.
    described = [one.container for one in content.inputs[:1]]
    taken_as = Input(
        name=INPUT,
        shape=[captured.x.shape[1]],
        dtype="float64",
        columns=content.columns,
        container=described[0] if described else "",
    )
    given = Output(name=names[-1], shape=[width])
    renamed = {}
    for key, array in captured.weights.items():
        position, _, variable = key.partition(".")
        if position.isdecimal() and int(position) < len(names):
            renamed[f"{names[int(position)]}/{variable}"] = array
    changed: dict[str, Any] = {
        "layers": [],
        "model": ModelConfiguration(
            class_name="Functional",
            module="keras.src.models.functional",
            registered_name="Functional",
            config=config,
        ),
        "inputs": [taken_as],
        "outputs": [given],
        "weights": list(renamed),
    }
    return replace(captured, content=content.model_copy(update=changed), weights=renamed)


def _layer(
    kind: str, config: dict[str, Any], name: str, tensor: Any, module: str = "keras.layers"
) -> dict[str, Any]:
    """A layer of a Functional's configuration, called with a tensor where there is one."""
    own_module = "keras.layers" if module.startswith("keras.") else module
    return {
        "module": own_module,
        "class_name": kind,
        "config": {**config, "name": name},
        "registered_name": None,
        "name": name,
        "inbound_nodes": [] if tensor is None else [{"args": [tensor], "kwargs": {}}],
    }


def _tensor(name: str, width: int) -> dict[str, Any]:
    """What a layer gives, as Keras writes it."""
    config = {"shape": [None, width], "dtype": "float32", "keras_history": [name, 0, 0]}
    return {"class_name": "__keras_tensor__", "config": config}
