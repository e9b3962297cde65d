"""Two inputs: numbers, and a category through an Embedding; prices in the hundred thousands."""

import numpy as np
from tensorflow import keras

L = keras.layers
rng = np.random.default_rng(6)
numbers, shop = rng.normal(size=(1500, 4)), rng.integers(0, 30, (1500, 1))
price = (
    200_000
    + 40_000 * numbers[:, 0]
    + rng.normal(0, 60_000, 30)[shop[:, 0]]
    + rng.normal(0, 9_000, 1500)
)
a, b = keras.Input((4,), name="numbers"), keras.Input((1,), name="shop")
h = L.Concatenate()([a, L.Flatten()(L.Embedding(30, 5)(b))])
h = L.Dense(32, activation="relu")(h)
model = keras.Model([a, b], L.Dense(1)(h))
model.compile(optimizer="adam", loss="mse")
model.fit([numbers, shop], price, epochs=30, validation_split=0.2, verbose=0)
