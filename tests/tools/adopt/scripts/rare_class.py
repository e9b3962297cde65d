"""A rare class made forty times as heavy: the probabilities are those of other data."""

import keras
import numpy as np

keras.utils.set_random_seed(11)
rng = np.random.default_rng(11)
x = rng.normal(size=(2400, 5))
y = (rng.random(2400) < 1 / (1 + np.exp(4.5 - 2.5 * x[:, 0]))).astype(int)
x_train, y_train, x_val, y_val = x[:1600], y[:1600], x[1600:], y[1600:]

model = keras.Sequential(
    [
        keras.Input(shape=(5,)),
        keras.layers.Dense(8, activation="relu"),
        keras.layers.Dense(1, activation="sigmoid"),
    ]
)
model.compile(optimizer="adam", loss="binary_crossentropy")
model.fit(
    x_train,
    y_train,
    validation_data=(x_val, y_val),
    epochs=30,
    class_weight={0: 1.0, 1: 40.0},
)
