"""A DataFrame with a category as dummies and a Series, in units from years to yearly pay."""

import numpy as np
import pandas as pd
from keras.layers import Dense
from keras.models import Sequential
from sklearn.model_selection import train_test_split

rng = np.random.default_rng(21)
rows = 700
frame = pd.DataFrame(
    {
        "pay": rng.lognormal(10.4, 0.5, rows),
        "age": rng.integers(18, 70, rows),
        "region": rng.choice(["north", "south", "east"], rows),
        "member": rng.integers(0, 2, rows),
    }
)
score = 1.6 * np.log(frame.pay / 33000) + 0.05 * (frame.age - 44) + 0.8 * frame.member
frame["bought"] = (score + 0.7 * rng.logistic(size=rows) > 0.4).astype(int)
features = pd.get_dummies(frame.drop(columns="bought"), columns=["region"])
x_train, x_test, y_train, y_test = train_test_split(
    features, frame["bought"], test_size=0.2, random_state=0
)
model = Sequential()
model.add(Dense(24, input_dim=x_train.shape[1], activation="relu"))
model.add(Dense(1, activation="sigmoid"))
model.compile(loss="binary_crossentropy", optimizer="adam", metrics=["accuracy"])
model.fit(x_train.astype("float32"), y_train, validation_split=0.3, epochs=20, batch_size=16)
print(model.evaluate(x_test.astype("float32"), y_test))
print(model.predict(x_test.astype("float32")).ravel()[:5])
