"""python -m tests.bench.diagnosis: the diagnosis of the committed params beside one Keras fit.

Keras trains the same network on the same rows for 200 epochs, as a user writes it; the diagnosis
is the stage's own function on the run of the committed params. Both in processes of their own, one
after the other; seconds of wall time, imports left out, and their ratio.
"""

import argparse
import json
import subprocess
import sys
import time

EPOCHS = 200


def keras_seconds() -> float:
    """One `fit` of the committed network for 200 epochs."""
    import keras

    from stages.lib import params
    from tests.conftest import ROOT, changed
    from tests.subjects import subject_of

    subject = subject_of(changed(params.read(ROOT / "params.yaml"), {"train.epochs": 1}))
    x, y = subject.x["train"], subject.y["train"].astype("float32")
    train = subject.sections["train"]
    hidden = [keras.layers.Dense(units, train["activation"]) for units in train["layers"]]
    model = keras.Sequential(
        [keras.Input((x.shape[1],)), *hidden, keras.layers.Dense(1, "sigmoid")]
    )
    model.compile(train["optimizer"], "binary_crossentropy")
    model.optimizer.learning_rate = train["learning_rate"]
    start = time.perf_counter()
    model.fit(x, y, batch_size=train["batch_size"], epochs=EPOCHS, verbose=0)
    return time.perf_counter() - start


def diagnosis_seconds() -> float:
    """One whole diagnosis of the committed params."""
    from stages.diagnose.diagnosis import diagnose
    from stages.lib import params
    from stages.lib.mlp import runtime
    from tests.conftest import ROOT
    from tests.subjects import subject_of

    runtime.configure(1)
    content = params.read(ROOT / "params.yaml")
    subject = subject_of(content)
    start = time.perf_counter()
    diagnose(subject, params.check(content).diagnose)
    return time.perf_counter() - start


MEASURES = {"keras": keras_seconds, "diagnosis": diagnosis_seconds}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.diagnosis", description=__doc__)
    parser.add_argument("measure", nargs="?", choices=MEASURES, help="only this one, as JSON")
    measure = parser.parse_args().measure
    if measure:
        print(json.dumps(MEASURES[measure]()))
        return
    seconds = {}
    for name in MEASURES:
        command = [sys.executable, "-m", "tests.bench.diagnosis", name]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        seconds[name] = json.loads(done.stdout.splitlines()[-1])
    print(f"Keras fit, {EPOCHS} epochs: {seconds['keras']:.1f} s")
    print(f"the whole diagnosis: {seconds['diagnosis']:.1f} s")
    print(f"ratio: {seconds['diagnosis'] / seconds['keras']:.2f}")


if __name__ == "__main__":
    main()
