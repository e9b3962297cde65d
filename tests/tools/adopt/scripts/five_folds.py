"""Five folds, a new model each, on columns from tenths to thousands."""

import numpy as np
from sklearn.model_selection import KFold
from tensorflow import keras

rng = np.random.default_rng(12)
x = rng.normal(size=(500, 4)) * [0.1, 10, 1000, 1]
y = (8 * x[:, 0] + x[:, 2] / 900 + 0.5 * rng.normal(size=500) > 0) * 1
scores = []
for train, held_out in KFold(5, shuffle=True, random_state=0).split(x):
    model = keras.Sequential(
        [
            keras.layers.Dense(16, activation="relu"),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(optimizer="adam", loss="binary_crossentropy")
    model.fit(x[train], y[train], validation_data=(x[held_out], y[held_out]), epochs=15, verbose=0)
    scores.append(model.evaluate(x[held_out], y[held_out], verbose=0))
print(np.mean(scores))
