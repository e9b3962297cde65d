"""Models of many shapes, captured in whatever environment this runs in.

python models.py CAPTURE_FOLDER OUT: NAME.ledger of each, and NAME.I.npy, which its output I gives.
"""

import os
import sys

import numpy as np

try:
    if os.environ.get("KERAS_BACKEND", "tensorflow") != "tensorflow":
        raise ImportError
    from tensorflow import keras
except ImportError:
    import keras

L = keras.layers
random = np.random.default_rng(0)
X = random.normal(size=(40, 6)).astype("float32")
IDS = random.integers(0, 9, (40, 5))
Y = X[:, :1] + X[:, 1:2]


def layer_of(name):
    """A preprocessing layer, which TensorFlow 2.5 has in another place."""
    return getattr(L, name, None) or getattr(L.experimental.preprocessing, name)


def compiled(model, loss="mse", **more):
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss=loss, **more)
    return model


def chain():
    model = keras.Sequential(
        [
            keras.Input((6,)), L.Dense(5, "relu", kernel_initializer="he_normal"),
            L.BatchNormalization(), L.Dropout(0.2), L.Dense(4), L.PReLU(), L.LayerNormalization(),
            L.Dense(3, kernel_regularizer=keras.regularizers.l2(0.01)), L.Activation("tanh"),
            L.Dense(1, "sigmoid"),
        ]
    )  # fmt: skip
    return compiled(model, "binary_crossentropy"), X, (Y > 0).astype(int)


def embeddings():
    numbers, ids = keras.Input((6,), name="numbers"), keras.Input((5,), name="ids")
    h = L.Concatenate()([numbers, L.Flatten()(L.Embedding(9, 3)(ids))])
    model = keras.Model([numbers, ids], L.Dense(1)(L.Dense(7, "relu")(h)))
    return compiled(model), {"ids": IDS, "numbers": X}, Y


def skips():
    inputs = keras.Input((6,))
    h = L.Dense(6, "relu", name="first")(inputs)
    g = L.add([h, L.Dense(6)(h)])
    g = g + inputs
    model = keras.Model(inputs, L.Dense(1)(L.concatenate([g, h])))
    return compiled(model), X, Y


def images():
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)), layer_of("Rescaling")(1 / 255.0),
            L.Conv2D(4, 3, padding="same", activation="relu"), L.BatchNormalization(),
            L.MaxPooling2D(), L.SeparableConv2D(3, 2), L.GlobalAveragePooling2D(), L.Dense(2),
        ]
    )  # fmt: skip
    x = random.integers(0, 256, (20, 8, 8, 1)).astype("uint8")
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    return compiled(model, loss), x, random.integers(0, 2, 20)


def texts():
    inputs = keras.Input((5,))
    h = L.Embedding(9, 4, mask_zero=True)(inputs)
    h = L.Bidirectional(L.GRU(3, return_sequences=True))(h)
    return compiled(keras.Model(inputs, L.Dense(1)(L.LSTM(3)(h)))), IDS, Y


def two_outputs():
    inputs = keras.Input((6,))
    h = L.Dense(5, "tanh")(inputs)
    model = keras.Model(inputs, [L.Dense(1, name="a")(h), L.Dense(3, "softmax", name="b")(h)])
    losses = {"a": "mse", "b": "sparse_categorical_crossentropy"}
    y = {"b": random.integers(0, 3, 40), "a": Y}
    return compiled(model, losses, loss_weights={"a": 0.5, "b": 2.0}), X, y


def nested():
    again = L.Dense(6, "relu", name="again")
    inner = keras.Sequential([keras.Input((6,)), L.Dense(6, "elu"), again], name="inner")
    inputs = keras.Input((6,))
    h = L.subtract([inner(inputs), again(inputs)])
    return compiled(keras.Model(inputs, L.Dense(1)(h))), X, Y


def sequences():
    model = keras.Sequential(
        [
            keras.Input((7, 2)), L.Conv1D(4, 3, dilation_rate=2), L.LeakyReLU(),
            L.TimeDistributed(L.Dense(3, "relu")), L.GlobalMaxPooling1D(), L.Dense(1),
        ]
    )  # fmt: skip
    return compiled(model), random.normal(size=(30, 7, 2)), random.normal(size=30)


def attention():
    inputs = keras.Input((7, 4))
    h = L.MultiHeadAttention(2, 3)(inputs, inputs)
    h = L.LayerNormalization()(h + inputs)
    model = keras.Model(inputs, L.Dense(1)(L.GlobalAveragePooling1D()(h)))
    return compiled(model), random.normal(size=(30, 7, 4)), random.normal(size=30)


class Branches(keras.Model):
    def __init__(self):
        super().__init__()
        self.left, self.right = L.Dense(4, "relu"), L.Dense(4, "tanh")
        self.drop, self.last = L.Dropout(0.5), L.Dense(1)

    def call(self, x, training=False):
        h = L.Multiply()([self.left(x), self.right(x)])
        if training:
            h = self.drop(h, training=training)
        return self.last(h)


def subclassed():
    model = Branches()
    model(X[:1])
    return compiled(model), X, Y


def normalized():
    scale = layer_of("Normalization")()
    scale.adapt(X)
    a, b = keras.Input((6,)), keras.Input((5,))
    model = keras.Model([a, b], L.Dense(1)(L.concatenate([scale(a), L.Dense(2)(b)])))
    return compiled(model), [3 * X, IDS], Y


BUILDERS = (
    chain, embeddings, skips, images, texts, two_outputs, nested, sequences, attention, subclassed,
    normalized,
)  # fmt: skip

if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    from capture import capture

    folder = sys.argv[2]
    for build in BUILDERS:
        model, x, y = build()
        capture(model, x, y, batch_size=8, epochs=3, file=f"{folder}/{build.__name__}.ledger")
        predicted = model.predict(x, verbose=0)
        predicted = predicted if isinstance(predicted, list) else [predicted]
        for i, array in enumerate(predicted):
            np.save(f"{folder}/{build.__name__}.{i}.npy", array)
