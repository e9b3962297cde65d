"""keras.Model.fit: as a user writes it, and at its best (steps_per_execution, one call)."""

import sys

from stages.lib.mlp import runtime
from tests.bench.engine.task import given, report

task, best = given(), sys.argv[2] == "best"
runtime.tf.config.threading.set_intra_op_parallelism_threads(task.threads)
import keras  # noqa: E402

x, y = task.data()
model = keras.Sequential([keras.Input((task.inputs,))])
for units in task.layers:
    model.add(keras.layers.Dense(units, "relu"))
    model.add(keras.layers.Dropout(task.dropout))
model.add(keras.layers.Dense(1, "sigmoid"))
options = {"steps_per_execution": min(32, -(-task.rows // task.batch))} if best else {}
model.compile("adam", "binary_crossentropy", **options)


def epochs(count: int) -> float:
    fitted = model.fit(x, y, batch_size=task.batch, epochs=count, verbose=0)
    return fitted.history["loss"][-1]


report(task, epochs)
