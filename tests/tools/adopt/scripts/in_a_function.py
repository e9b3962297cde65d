"""Everything in a function, and a rate that throws the weights about."""

import numpy as np
from keras import Input, Model
from keras.layers import Dense
from keras.optimizers import Adam


def main():
    rng = np.random.default_rng(31)
    x = rng.normal(size=(600, 6))
    y = np.sin(x[:, 0]) + 0.5 * x[:, 1] * x[:, 2] + 0.1 * rng.normal(size=600)
    train, held_out = slice(0, 400), slice(400, None)
    inputs = Input((6,))
    hidden = Dense(32, activation="relu")(inputs)
    model = Model(inputs, Dense(1)(Dense(16, activation="relu")(hidden)))
    optimizer = Adam(0.5)
    model.compile(optimizer, "mse")
    model.fit(x[train], y[train], validation_data=(x[held_out], y[held_out]), epochs=20)
    print(model.predict(x[held_out])[:3])


if __name__ == "__main__":
    main()
