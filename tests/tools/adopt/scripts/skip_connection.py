"""A residual block of dense layers; the rate is far too high."""

import numpy as np
from tensorflow import keras

L = keras.layers
rng = np.random.default_rng(8)
x = rng.normal(size=(1000, 8))
y = np.sin(x[:, 0]) + 0.5 * x[:, 1] + rng.normal(0, 0.1, 1000)
inputs = keras.Input((8,))
h = L.Dense(32, activation="relu")(inputs)
g = L.Dense(32, activation="relu")(h)
h = L.Add()([h, L.Dense(32)(g)])
model = keras.Model(inputs, L.Dense(1)(L.Activation("relu")(h)))
model.compile(optimizer=keras.optimizers.Adam(0.3), loss="mse")
model.fit(x, y, epochs=25, verbose=0)
