"""Models built anew from what was captured of them, in our Keras."""

from collections import defaultdict
from pathlib import Path

import keras
import numpy as np

from stages.tools.adopt.translate.captured import Captured


def rebuilt(captured: Captured) -> keras.Model:
    """The model of a bundle, with the weights that stand there."""
    weights = defaultdict(list)
    if captured.content.model is None:
        layers = [
            keras.saving.deserialize_keras_object(
                {"module": "keras.layers", "class_name": one.name, "config": one.config,
                 "registered_name": None}
            )
            for one in captured.content.layers
        ]  # fmt: skip
        model = keras.Sequential([keras.Input(captured.x.shape[1:]), *layers])
        for key, array in captured.weights.items():
            weights[layers[int(key.split(".")[0])].name].append(array)
    else:
        content = captured.content.model.model_dump()
        model = keras.saving.deserialize_keras_object(content, safe_mode=True)
        for key, array in captured.weights.items():
            weights[key.split("/")[0]].append(array)
    for layer in model.layers:
        if layer.weights and layer.name in weights:
            layer.set_weights(weights.pop(layer.name))
    assert not weights
    return model


def differences(captured: Captured, folder: Path, name: str) -> list[float]:
    """How far the outputs of the rebuilt model lie from those in NAME.I.npy, at most."""
    given = captured.xs[0] if captured.content.model is None else list(captured.xs)
    found = rebuilt(captured).predict(given, verbose=0)
    found = found if isinstance(found, list) else [found]
    wanted = [np.load(folder / f"{name}.{i}.npy") for i in range(len(found))]
    return [float(np.abs(a - b).max()) for a, b in zip(found, wanted, strict=True)]
