"""Handwritten digits from tf.data, with a learning rate that learns next to nothing."""

import numpy as np
import tensorflow as tf
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

tf.keras.utils.set_random_seed(3)
images, labels = load_digits(return_X_y=True)
images = (images / 16.0).astype(np.float32)
x_train, x_test, y_train, y_test = train_test_split(
    images, labels, test_size=0.3, random_state=0, stratify=labels
)
train_ds = tf.data.Dataset.from_tensor_slices((x_train, y_train)).shuffle(2000, seed=1).batch(64)
test_ds = tf.data.Dataset.from_tensor_slices((x_test, y_test)).batch(64)

inputs = tf.keras.Input(shape=(64,))
hidden = tf.keras.layers.Dense(64, activation="relu")(inputs)
outputs = tf.keras.layers.Dense(10)(hidden)
model = tf.keras.Model(inputs, outputs)
model.compile(
    optimizer=tf.keras.optimizers.SGD(learning_rate=1e-4, momentum=0.5),
    loss=tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=["accuracy"],
)
history = model.fit(train_ds, validation_data=test_ds, epochs=20)
