"""Two classes from tf.data, batch normalization, AdamW with a cosine schedule: healthy."""

import keras
import numpy as np
import tensorflow as tf
from sklearn.datasets import load_breast_cancer

keras.utils.set_random_seed(8)
x, y = load_breast_cancer(return_X_y=True)
order = np.random.default_rng(0).permutation(len(x))
x, y = x[order], y[order]
n_train = 380
normalizer = keras.layers.Normalization()
normalizer.adapt(x[:n_train])

batch_size, epochs = 32, 20
train = tf.data.Dataset.from_tensor_slices((x[:n_train], y[:n_train])).batch(batch_size)
valid = tf.data.Dataset.from_tensor_slices((x[n_train:], y[n_train:])).batch(batch_size)

inputs = keras.Input(shape=(30,))
z = normalizer(inputs)
z = keras.layers.Dense(16, use_bias=False)(z)
z = keras.layers.BatchNormalization()(z)
z = keras.layers.ReLU()(z)
outputs = keras.layers.Dense(1, activation="sigmoid")(z)
model = keras.Model(inputs, outputs)
schedule = keras.optimizers.schedules.CosineDecay(
    3e-3, decay_steps=epochs * int(np.ceil(n_train / batch_size))
)
model.compile(
    optimizer=keras.optimizers.AdamW(schedule, weight_decay=1e-3),
    loss=keras.losses.BinaryCrossentropy(label_smoothing=0.05),
)
model.fit(train, validation_data=valid, epochs=epochs)
