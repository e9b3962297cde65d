"""A regression with scaled inputs and target, a penalty and clipped gradients: healthy."""

import keras
import numpy as np
import pandas as pd
from sklearn.datasets import load_diabetes

keras.utils.set_random_seed(4)
bunch = load_diabetes(as_frame=True)
frame = bunch.frame.sample(frac=1.0, random_state=7).reset_index(drop=True)
features = frame.drop(columns="target") * 21.0
progression = (frame["target"] - frame["target"].mean()) / frame["target"].std()

penalty = keras.regularizers.l2(1e-3)
model = keras.Sequential()
model.add(keras.Input((features.shape[1],)))
model.add(keras.layers.Dense(16, activation="elu", kernel_regularizer=penalty))
model.add(keras.layers.Dense(1, kernel_regularizer=penalty))
model.compile(optimizer=keras.optimizers.RMSprop(1e-3, rho=0.95, clipnorm=1.0), loss="mse")
history = model.fit(features, progression, validation_split=0.4, epochs=30, shuffle=False)
print(pd.DataFrame(history.history).tail(1), np.sqrt(history.history["val_loss"][-1]))
