"""A batch of all rows and a handful of epochs: a dozen steps."""

import numpy as np
import tensorflow as tf

EPOCHS = 12
rng = np.random.default_rng(17)
x = rng.normal(size=(600, 5)).astype("float32")
y = (x[:, 0] + x[:, 1] * x[:, 2] > 0).astype("int64")
x_fit, x_val, y_fit, y_val = x[:400], x[400:], y[:400], y[400:]

inputs = tf.keras.Input((5,))
outputs = tf.keras.layers.Dense(2, activation="softmax")(
    tf.keras.layers.Dense(32, activation="relu")(inputs)
)
model = tf.keras.Model(inputs, outputs)
model.compile(
    optimizer=tf.keras.optimizers.Adam(), loss=tf.keras.losses.SparseCategoricalCrossentropy()
)
model.fit(
    x_fit,
    y_fit,
    validation_data=(x_val, y_val),
    epochs=EPOCHS,
    batch_size=400,  # all at once
)
