"""House prices in full units as the target of a network whose outputs start near zero."""

import keras
import numpy as np


class Regressor(keras.Model):
    def __init__(self, units):
        super().__init__()
        self.hidden = keras.layers.Dense(units, activation="relu")
        self.out = keras.layers.Dense(1)

    def call(self, inputs):
        return self.out(self.hidden(inputs))


keras.utils.set_random_seed(2)
rng = np.random.default_rng(3)
x = rng.normal(size=(900, 6)).astype("float32")
price = 250_000 + 40_000 * x[:, 0] - 25_000 * x[:, 1] + 15_000 * np.maximum(x[:, 2], 0)
price = price + rng.normal(0, 8_000, len(x))

model = Regressor(32)
model.compile(optimizer=keras.optimizers.Adam(), loss=keras.losses.MeanSquaredError())
model.fit(x[:600], price[:600], validation_data=(x[600:], price[600:]), epochs=30)
