"""python -m tests.tools.adopt.epochs SCRIPT: the losses of a script's own epochs, in Keras.

The script runs as it is, but its first fit is without shuffling, dropout and callbacks. It prints
for each epoch the mean loss over the rows as they came, without the penalty that Keras' `loss`
includes. A script with weights of rows or classes has no penalty: there it is Keras' `loss` itself.
`again` are those of the same start with inputs that differ in their last bit, three times, each
number up or down by luck: how far rounding carries Keras from itself.
"""

import json
import os
import runpy
import sys

import keras
import numpy as np
import tensorflow as tf

original = keras.Model.fit


def fit(
    model, x=None, y=None, batch_size=None, epochs=1, validation_split=0.0, sample_weight=None,
    class_weight=None, **others,
):  # fmt: skip
    for layer in model._flatten_layers():
        if isinstance(layer, keras.layers.Dropout):
            layer.rate = 0.0
    if isinstance(x, tf.data.Dataset):
        batches = list(x.as_numpy_iterator())
        batch_size = len(batches[0][0])
        x, y = (np.concatenate([batch[i] for batch in batches]) for i in (0, 1))
    if y.ndim == 1:  # a metric does not do what a loss does for itself
        y = np.asarray(y)[:, None]
    given = model.loss
    rows = keras.losses.get(given).call if not isinstance(given, str) else keras.losses.get(given)
    weighted = sample_weight is not None or class_weight is not None
    shown = "loss" if weighted else "plain"
    start = None
    losses = []
    inputs = np.asarray(x, "float32")
    signs = np.random.default_rng(0).choice([-1, 1], (3, *inputs.shape))
    for last_bits in (np.zeros(inputs.shape), *(2.0**-23 * signs)):
        metric = keras.metrics.MeanMetricWrapper(rows, name="plain")
        optimizer = type(model.optimizer).from_config(model.optimizer.get_config())
        model.compile(optimizer=optimizer, loss=given, metrics=[metric])
        if start is None:
            model(inputs[:1])  # a model without an input shape has no weights yet
            start = model.get_weights()
        model.set_weights(start)
        history = original(
            model, (inputs * (1 + last_bits)).astype("float32"), y,
            batch_size=batch_size, epochs=epochs,
            shuffle=False, verbose=0, validation_split=validation_split,
            sample_weight=sample_weight, class_weight=class_weight,
        )  # fmt: skip
        losses.append(history.history[shown])
    text = json.dumps({"losses": losses[0], "again": losses[1:]})
    print(text, file=sys.__stdout__, flush=True)
    os._exit(0)


if __name__ == "__main__":
    keras.Model.fit = fit
    sys.argv = sys.argv[1:]
    runpy.run_path(sys.argv[0], run_name="__main__")
