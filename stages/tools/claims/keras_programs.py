"""The three programs in plain Keras, as the advice shows them.

They take x float32 [rows, columns], already scaled where the program scales, and labels float32
[rows, 1].
"""

from collections.abc import Callable

import keras
import numpy as np
from keras import layers


def program_1() -> keras.Model:
    return keras.Sequential(
        [layers.Dense(32, activation="relu"), layers.Dense(1, activation="sigmoid")]
    )


def program_2() -> keras.Model:
    return keras.Sequential(
        [
            layers.Dense(32, activation="relu", kernel_initializer="he_normal"),
            layers.Dense(1, activation="sigmoid", kernel_initializer="he_normal"),
        ]
    )


def program_3() -> keras.Model:
    return keras.Sequential(
        [
            layers.Dense(64, activation="relu", kernel_initializer="he_normal"),
            layers.Dropout(0.2),
            layers.Dense(32, activation="relu", kernel_initializer="he_normal"),
            layers.Dropout(0.2),
            layers.Dense(1, activation="sigmoid", kernel_initializer="he_normal"),
        ]
    )


KERAS_PROGRAMS: dict[str, Callable[[], keras.Model]] = {
    "1": program_1,
    "2": program_2,
    "3": program_3,
}


def fit(
    name: str, arrays: dict[str, np.ndarray], seed: int, epochs: int, batch_size: int
) -> dict[str, float]:
    """Train a program as its author would; its losses in nats (see `programs.LOSSES`).

    Args:
        arrays: x_train, x_test float32 [rows, columns], y_train, y_test int32 [rows, 1].
    """
    keras.utils.set_random_seed(seed)
    model = KERAS_PROGRAMS[name]()
    model.compile(optimizer=keras.optimizers.Adam(0.001), loss="binary_crossentropy")
    train = arrays["x_train"], arrays["y_train"].astype("float32")
    test = arrays["x_test"], arrays["y_test"].astype("float32")
    history = model.fit(*train, epochs=epochs, batch_size=batch_size, verbose=0)
    return {
        "running": float(history.history["loss"][-1]),
        "training": float(model.evaluate(*train, verbose=0)),
        "held_out": float(model.evaluate(*test, verbose=0)),
    }
