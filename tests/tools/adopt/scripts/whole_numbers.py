"""Whole numbers beside a 0/1 column, no validation rows, and a target far from zero."""

import numpy as np
from tensorflow import keras

rng = np.random.default_rng(4)
x = np.column_stack(
    [rng.integers(20000, 90000, 500), rng.integers(0, 2, 500), rng.integers(18, 80, 500)]
)
y = 0.002 * x[:, 0] + 30 * x[:, 1] + rng.normal(0, 5, 500)
model = keras.Sequential(
    [keras.Input((3,)), keras.layers.Dense(16, activation="relu"), keras.layers.Dense(1)]
)
model.compile(optimizer="adam", loss="mse")
model.fit(x, y, epochs=20, verbose=0)
print(model.predict(x[:3]))
