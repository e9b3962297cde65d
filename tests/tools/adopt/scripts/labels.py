"""Several labels that may go together."""

import keras
from sklearn.datasets import make_multilabel_classification
from sklearn.preprocessing import scale

keras.utils.set_random_seed(6)
x, y = make_multilabel_classification(
    n_samples=900, n_features=10, n_classes=4, random_state=1, allow_unlabeled=True
)
x = scale(x)
model = keras.Sequential(
    [keras.layers.Dense(32, activation="relu"), keras.layers.Dense(4, activation="sigmoid")]
)
model.compile(optimizer="adam", loss="binary_crossentropy")
model.fit(x[:600], y[:600], validation_data=(x[600:], y[600:]), epochs=30)
