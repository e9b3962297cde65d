"""Initial weights so large that every tanh unit is saturated from the start."""

import argparse

import keras
from keras import initializers, layers
from sklearn.datasets import make_moons
from sklearn.model_selection import train_test_split

parser = argparse.ArgumentParser()
parser.add_argument("--stddev", type=float, default=3.0)
args = parser.parse_args()

keras.utils.set_random_seed(11)
x, y = make_moons(n_samples=1200, noise=0.25, random_state=4)
x_train, x_val, y_train, y_val = train_test_split(x, y, test_size=0.35, random_state=1)


def build_model(stddev):
    inputs = keras.Input((2,))
    x = inputs
    for units in (64, 64, 64):
        x = layers.Dense(
            units,
            activation="tanh",
            kernel_initializer=initializers.RandomNormal(stddev=stddev),
        )(x)
    outputs = layers.Dense(
        1, activation="sigmoid", kernel_initializer=initializers.RandomNormal(stddev=stddev)
    )(x)
    return keras.Model(inputs, outputs)


if __name__ == "__main__":
    model = build_model(args.stddev)
    model.compile(optimizer=keras.optimizers.Adam(1e-3), loss="binary_crossentropy")
    model.fit(x_train, y_train, batch_size=32, epochs=25, validation_data=(x_val, y_val))
