"""Early stopping that takes the second epoch for the end."""

import keras
import numpy as np
from keras import layers

rng = np.random.default_rng(23)
x = rng.normal(size=(600, 5))
y = (np.sin(2 * x[:, 0]) + x[:, 1] > 0).astype(int)
model = keras.Sequential()
model.add(layers.Input((5,)))
model.add(layers.Dense(32, activation="relu"))
model.add(layers.Dense(1, activation="sigmoid"))
model.compile(loss="binary_crossentropy", optimizer="adam")
stop = keras.callbacks.EarlyStopping(monitor="val_loss", min_delta=0.1, patience=0)
history = model.fit(
    x[:400], y[:400], validation_data=(x[400:], y[400:]), epochs=40, callbacks=[stop]
)
print(len(history.history["loss"]))
