"""A loss, an activation and an optimizer are one row and one function each, as in a contribution.

The two are appended to the files of a clone, where every command then knows them.
"""

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from stages.lib import params
from tests.conftest import ROOT, STAGES, changed, commit, lead, repro, run
from tests.tools.deploy.exporting import exported

# Below stages/lib; what is appended is in Keras' arithmetic.
ADDED = {
    "vocabulary/losses.py": """
LOSSES |= by_name(
    Loss("categorical_hinge", "CategoricalHinge", "margin", target="one_hot")
)
""",
    "mlp/losses.py": """

def _categorical_hinge(of: Rows) -> Tensor:
    of_class = tf.reduce_sum(of.target * of.output, axis=-1)
    of_others = tf.reduce_max((1 - of.target) * of.output, axis=-1)
    return tf.maximum(of_others - of_class + 1, 0.0)


LOSSES["categorical_hinge"] = _categorical_hinge
""",
    "vocabulary/activations.py": """
ACTIVATIONS |= by_name(_one_sided("squareplus", 0.0, operation="Squareplus"))
""",
    "mlp/activations.py": """
# Barron, arXiv:2112.11687.
ACTIVATIONS["squareplus"] = lambda x: (x + tf.sqrt(x * x + 4.0)) / 2.0
""",
    "vocabulary/optimizers.py": """
OPTIMIZERS |= by_name(
    Optimizer(
        "rmsprop_momentum",
        "RMSprop",
        0.001,
        {"rho": 0.9, "momentum": 0.9, "epsilon": 1e-7},
        {"momentum": 0.0},
        fixed={"centered": False},
    )
)
""",
    "mlp/optimizers.py": """

def _rmsprop_momentum(at: Step) -> tuple[Tensor, Slots]:
    rho, epsilon = at.constants["rho"], at.constants["epsilon"]
    square = rho * at.slots[0] + (1 - rho) * tf.square(at.gradient)
    step = at.rate * at.gradient * tf.math.rsqrt(square + epsilon)
    velocity = at.constants["momentum"] * at.slots[1] + step
    return at.params - velocity, (square, velocity)


OPTIMIZERS["rmsprop_momentum"] = Update(_rmsprop_momentum, initial=(0.0, 0.0))
""",
}
NAMED = {
    "train.loss": "categorical_hinge",
    "train.activation": "squareplus",
    "train.optimizer": "rmsprop_momentum",
    "train.momentum": 0.8,
}
# A program of Keras' own with all three, whose learning rate is far too small.
SCRIPT = """
import keras
import numpy as np
rng = np.random.default_rng(0)
y = rng.integers(0, 3, 900)
x = rng.normal(size=(900, 4)) + 3 * np.eye(3, 4)[y]
model = keras.Sequential(
    [keras.Input((4,)), keras.layers.Dense(8, "squareplus"), keras.layers.Dense(3, "softmax")]
)
model.compile(keras.optimizers.RMSprop(1e-6, momentum=0.8), keras.losses.CategoricalHinge())
model.fit(x, keras.utils.to_categorical(y), validation_split=0.4, epochs=8)
"""
TRY = {
    "diagnose.families": ["learning_rate", "optimizer", "hidden_activation", "loss"],
    "diagnose.seeds": 3,
    "diagnose.screening_seeds": 2,
}
IN_ONE_PROCESS = """
from pathlib import Path
from tests.conftest import run_stages
run_stages(Path())
"""


@pytest.fixture
def contribution(fresh_clone, tmp_path) -> Path:
    """A clone with the three additions, committed."""
    folder = Path(shutil.copytree(fresh_clone, tmp_path / "repository"))
    for name, lines in ADDED.items():
        with (folder / "stages/lib" / name).open("a") as stream:
            stream.write(lines)
    commit(folder, "A loss, an activation and an optimizer")
    return folder


def configure(folder: Path, **changes: object) -> None:
    """Write params.yaml. Its names are checked by the clone's vocabulary, not by this process'."""
    content = changed(params.read(folder / "params.yaml"), changes)
    (folder / "params.yaml").write_text(yaml.safe_dump(content, sort_keys=False))


@pytest.mark.slow
def test_every_stage_knows_them(contribution):
    """And what is added is Keras' own arithmetic, as for every other entry."""
    changes = NAMED | {
        "data.synthetic.scenario": "gaussian_classes",
        "diagnose.families": TRY["diagnose.families"],
        "train.learning_rate": 0.003,
        "train.epochs": 30,
    }
    configure(contribution, **changes)
    run(contribution, sys.executable, "-c", IN_ONE_PROCESS)
    test = json.loads((contribution / "reports/metrics.json").read_text())["test"]
    assert test["log_loss"] < test["chance"]
    diagnosis = json.loads((contribution / "reports/diagnosis.json").read_text())
    tried = {one["family"] for one in lead(diagnosis)["families"] if one["status"] != "not_tried"}
    assert tried == set(TRY["diagnose.families"])
    new = " or ".join(str(name) for name in list(NAMED.values())[:3])
    tests = ("tests/lib/vocabulary/test_keys.py", "tests/lib/mlp/test_keras_equivalence.py")
    done = run(contribution, sys.executable, "-m", "pytest", "-q", "-k", new, *tests)
    assert "failed" not in done.stdout and "passed" in done.stdout


@pytest.mark.slow
def test_from_a_users_script_to_the_exported_model(contribution):
    shutil.copy(ROOT / "params.yaml", contribution)
    (contribution / "train.py").write_text(SCRIPT)
    run(contribution, sys.executable, "-m", "stages", "adopt", "train.py")
    train = params.read(contribution / "params.yaml")["train"]
    assert {f"train.{key}": train[key] for key in train if f"train.{key}" in NAMED} == NAMED
    configure(contribution, **TRY)
    assert repro(contribution) == STAGES

    # The diagnosis prescribes the edit, and the report prints it as lines of the script.
    page = (contribution / "reports/diagnosis.md").read_text()
    assert "- model.compile(optimizer=keras.optimizers.RMSprop(learning_rate=1e-06" in page
    assert "+ model.compile(optimizer=keras.optimizers." in page

    # Keras itself, given the exported file, predicts what the pipeline and `predict` do.
    found, wrote = exported(contribution)
    np.testing.assert_allclose(found, wrote, atol=1e-5)
    rows = pd.read_parquet(contribution / "data/raw/test.parquet")
    new = contribution / "data/new"
    new.mkdir(exist_ok=True)
    rows.to_csv(new / "rows.csv", index=False)
    run(contribution, sys.executable, "-m", "stages", "predict", "data/new/rows.csv")
    predicted = pd.read_csv(contribution / "data/export/predictions.csv")
    np.testing.assert_allclose(predicted.filter(regex="^prob"), found, atol=1e-5)

    # A sweep over them, and a misspelt one.
    sweep = "sweep", "--seeds", "2", "-S"
    names = "train.optimizer=rmsprop_momentum,adam", "-S", "train.activation=squareplus,relu"
    done = run(contribution, sys.executable, "-m", "stages", *sweep, *names)
    assert done.stdout.endswith(": 4 settings\n")
    misspelt = "train.optimizer=rmsprop_momentun"
    done = run(contribution, sys.executable, "-m", "stages", *sweep, misspelt, ok=False)
    assert "did you mean 'rmsprop_momentum'?" in done.stderr
