"""One output under softmax: every prediction is 1.0."""

import numpy as np
from sklearn.datasets import make_classification
from sklearn.preprocessing import StandardScaler
from tensorflow.keras.layers import Activation, Dense, Input
from tensorflow.keras.models import Sequential
from tensorflow.keras.utils import set_random_seed

set_random_seed(5)
X, y = make_classification(
    n_samples=1000, n_features=8, n_informative=6, n_redundant=0, random_state=2
)
X = StandardScaler().fit_transform(X)

model = Sequential()
model.add(Input(shape=(8,)))
model.add(Dense(24, activation="relu", kernel_initializer="he_normal"))
model.add(Dense(1, kernel_initializer="he_normal"))
model.add(Activation("softmax"))
model.compile(loss="binary_crossentropy", optimizer="adam", metrics=["accuracy"])
model.fit(X, y.astype(np.float32), validation_split=0.3, epochs=25, batch_size=20, verbose=2)
