"""Two classes from columns of very different scales, fed in as they come."""

import keras
import numpy as np
import pandas as pd

rng = np.random.default_rng(7)
rows = 900
income = np.exp(rng.normal(10.5, 0.6, rows))
age = rng.integers(18, 90, rows)
members = rng.integers(1, 7, rows)
score = 1.5 * (np.log(income) - 10.5) / 0.6 + (age - 54) / 20 - 0.4 * (members - 3.5)
table = pd.DataFrame({"household_income": income, "age": age, "household_size": members})
label = (rng.uniform(size=rows) < 1 / (1 + np.exp(-2 * score))).astype(int)

x_train, x_val = table[:600], table[600:]
y_train, y_val = label[:600], label[600:]

keras.utils.set_random_seed(1)
model = keras.Sequential(
    [
        keras.layers.Dense(32, activation="relu"),
        keras.layers.Dense(16, activation="relu"),
        keras.layers.Dense(1, activation="sigmoid"),
    ]
)
model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
model.fit(x_train, y_train, validation_data=(x_val, y_val), epochs=30, verbose=0)
print(model.evaluate(x_val, y_val))
