"""XOR, trained too slowly: all rows there are train."""

import numpy as np
from tensorflow import keras

x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], "float32")
y = np.array([[0], [1], [1], [0]], "float32")
model = keras.Sequential()
model.add(keras.Input((2,)))
model.add(keras.layers.Dense(8, activation="tanh"))
model.add(keras.layers.Dense(1, activation="sigmoid"))
model.compile(optimizer=keras.optimizers.SGD(learning_rate=0.01), loss="binary_crossentropy")
model.fit(x, y, epochs=300, batch_size=4, verbose=0)
