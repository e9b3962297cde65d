"""Two numbers at once."""

import keras
import numpy as np

keras.utils.set_random_seed(9)
rng = np.random.default_rng(1)
x = rng.normal(size=(800, 5))
y = np.column_stack([np.sin(x[:, 0]) + x[:, 1], x[:, 2] * x[:, 3]]) + rng.normal(0, 0.1, (800, 2))

inputs = keras.Input((5,))
outputs = keras.layers.Dense(2)(keras.layers.Dense(32, activation="relu")(inputs))
model = keras.Model(inputs, outputs)
model.compile(optimizer="adam", loss="mse")
model.fit(x[:500], y[:500], validation_data=(x[500:], y[500:]), epochs=30, batch_size=16)
