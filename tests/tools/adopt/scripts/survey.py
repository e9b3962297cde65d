"""A survey whose answers stand for different numbers of people: nothing is wrong."""

import keras
import numpy as np

keras.utils.set_random_seed(12)
rng = np.random.default_rng(12)
x = rng.normal(size=(1500, 4)).astype("float32")
people = rng.gamma(2.0, 3.0, size=1500)
z = x[:, 0] - 0.5 * x[:, 1] * x[:, 2]
y = np.digitize(z + 0.3 * rng.logistic(size=1500), [-0.5, 0.5])
train, val = slice(1000), slice(1000, None)

model = keras.Sequential(
    [
        keras.Input(shape=(4,)),
        keras.layers.Dense(32, activation="relu"),
        keras.layers.Dense(16, activation="relu"),
        keras.layers.Dense(3, activation="softmax"),
    ]
)
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", weighted_metrics=["acc"])
model.fit(
    x[train],
    y[train],
    sample_weight=people[train],
    validation_data=(x[val], y[val], people[val]),
    epochs=25,
)
