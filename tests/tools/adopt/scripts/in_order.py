"""Rows sorted by their class, and never shuffled."""

import keras
import numpy as np
from keras.layers import Activation, Dense

keras.utils.set_random_seed(0)
rng = np.random.default_rng(29)
x = rng.normal(size=(600, 3))
y = np.digitize(x[:, 0] + 0.3 * rng.normal(size=600), [-0.5, 0.5])
order = np.concatenate([np.argsort(y[:400], kind="stable"), np.arange(400, 600)])
x, y = x[order], keras.utils.to_categorical(y[order])
model = keras.Sequential([Dense(16), Activation("relu"), Dense(3), Activation("softmax")])
model.compile("sgd", "categorical_crossentropy")
model.fit(x[:400], y[:400], 10, 15, validation_data=(x[400:], y[400:]), shuffle=False)
