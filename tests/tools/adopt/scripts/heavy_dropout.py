"""Nine units of ten are dropped, and the penalty pulls what is left to zero."""

import numpy as np
from tensorflow import keras

L = keras.layers
rng = np.random.default_rng(19)
x = rng.normal(size=(600, 4))
y = 2 * x[:, 0] - x[:, 1] + np.abs(x[:, 2]) + 0.2 * rng.normal(size=600)

model = keras.Sequential(
    [
        keras.Input((4,)),
        L.Dense(24, activation="relu", kernel_regularizer=keras.regularizers.l2(0.3)),
        L.Dropout(0.9),
        L.Dense(12, activation="relu", kernel_regularizer=keras.regularizers.l2(0.3)),
        L.Dropout(0.9),
        L.Dense(1),
    ]
)
model.compile(optimizer=keras.optimizers.Adam(0.005), loss="mean_squared_error")
model.fit(x[:400], y[:400], validation_data=(x[400:], y[400:]), epochs=30, batch_size=16)
