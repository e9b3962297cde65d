"""One column without a second axis, far from zero, and a target like it."""

import keras
import numpy as np

x = np.linspace(90.0, 130.0, 400)
y = x + 3.0 * np.sin(x / 4.0)
x_train, y_train = x[::2], y[::2]
validation = (x[1::2], y[1::2])
model = keras.Sequential(
    [keras.Input((1,)), keras.layers.Dense(16, activation="tanh"), keras.layers.Dense(1)]
)
model.compile(optimizer="adam", loss="mse")
model.fit(x_train, y_train, validation_data=validation, epochs=30, batch_size=8, verbose=0)
