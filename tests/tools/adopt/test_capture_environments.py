"""capture.py in environments of its users, and what comes of its bundles in ours."""

import json
import shutil

import numpy as np
import pytest

from stages.lib.core.csv_files import read_csv
from stages.tools.adopt import capture
from stages.tools.adopt.translate.adopted import translate_script
from stages.tools.adopt.translate.bundle import read_bundle
from tests.conftest import ROOT, run_stages, settings
from tests.tools.adopt.adoption import adopted, set_params, workplace
from tests.tools.adopt.environments.models import BUILDERS
from tests.tools.adopt.environments.venv import Environment
from tests.tools.adopt.rebuilding import differences

pytestmark = pytest.mark.slow

KERAS_2 = Environment(
    "tensorflow-2.15", ("tensorflow==2.15.1", "pandas", "scikeras==0.12.0", "scikit-learn<1.6"),
    "2.15",
)  # fmt: skip
OLD = ("pandas", "numpy<1.24", "protobuf<3.21")
ENVIRONMENTS = [
    pytest.param(one, id=one.name)
    for one in (
        # The first for Python 3.9, and the first whose Keras has set_random_seed.
        Environment("tensorflow-2.5", ("tensorflow==2.5.3", *OLD), "2.5", version="3.9"),
        Environment("tensorflow-2.7", ("tensorflow==2.7.4", *OLD), "2.7", version="3.9"),
        KERAS_2,
        Environment("keras-jax", ("keras>=3.3", "jax", "pandas"), "3.", {"KERAS_BACKEND": "jax"}),
        Environment(
            "keras-torch", ("keras>=3.3", "torch==2.13.0", "pandas"), "3.",
            {"KERAS_BACKEND": "torch"},
        ),
    )
]  # fmt: skip
MODELS = ROOT / "tests/tools/adopt/environments/models.py"


@pytest.fixture(scope="module")
def bundles(tmp_path_factory):
    """The folder of bundles and predictions that an environment made of all models."""
    folders = {}

    def of(environment):
        if environment.name not in folders:
            folder = tmp_path_factory.mktemp(environment.name)
            shutil.copy(capture.__file__, folder)
            environment.run(folder, MODELS, folder, folder)
            folders[environment.name] = folder
        return folders[environment.name]

    return of


@pytest.mark.parametrize("environment", ENVIRONMENTS)
@pytest.mark.parametrize("name", [build.__name__ for build in BUILDERS])
def test_a_model_of_another_keras_is_the_same_model_here(environment, name, bundles):
    """Its configuration, in the form of our Keras, and its weights give its outputs."""
    folder = bundles(environment)
    captured = read_bundle(folder / f"{name}.ledger")
    assert max(differences(captured, folder, name)) < 1e-5
    versions = captured.content.versions
    assert versions["keras"].startswith(environment.keras)
    assert versions["backend"] == environment.backend


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_chain_of_another_keras_is_translated(environment, bundles):
    captured = read_bundle(bundles(environment) / "chain.ledger")
    found = translate_script(captured, settings(), keep_weights=True)
    assert found.edits["train.layers"] == [
        {"units": 5, "batch_normalization": "after_activation", "dropout": 0.2,
         "kernel_initializer": "he_normal"},
        {"units": 4, "activation": "prelu", "layer_normalization": "after_activation"},
        {"units": 3, "activation": "tanh", "l2": 0.01},
    ]  # fmt: skip
    assert found.edits["train.optimizer"] == "adam"
    assert found.edits["train.learning_rate"] == 0.01
    assert (found.edits["train.batch_size"], found.edits["train.epochs"]) == (8, 3)


SCRIPT = """
import json
import numpy as np
import pandas as pd
IMPORT
random = np.random.default_rng(3)
frame = pd.DataFrame({"salary": random.integers(20_000, 90_000, 200)})
frame["age"] = random.normal(size=200)
target = pd.Series((frame["age"] + frame["salary"] / 40_000 > 1).astype(int), name="bought")
model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(6, "tanh"), keras.layers.Dense(1)])
loss = keras.losses.BinaryCrossentropy(from_logits=True)
model.compile(optimizer=keras.optimizers.SGD(0.01, momentum=0.9), loss=loss)
fitted = model.fit(
    frame[:150], target[:150], validation_data=(frame[150:], target[150:]),
    epochs=4, batch_size=25, shuffle=False, verbose=0,
)
print(json.dumps(fitted.history["loss"]))
"""


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_epochs_of_another_keras_are_ours(environment, tmp_path):
    """From the weights that the script built; its columns keep their names."""
    keras = "import keras\nkeras.utils.set_random_seed(3)"
    if environment.backend == "tensorflow":
        keras = "import tensorflow as tf\nfrom tensorflow import keras\ntf.random.set_seed(3)"
    text = SCRIPT.replace("IMPORT", keras)
    (tmp_path / "train.py").write_text(text)
    shutil.copy(capture.__file__, tmp_path)
    theirs = json.loads(environment.run(tmp_path, "train.py").splitlines()[-1])
    said = environment.run(tmp_path, "capture.py", "train.py")
    line = text.splitlines().index("fitted = model.fit(") + 1
    assert f"train.ledger: a chain of layers at line {line} of train.py" in said
    folder = workplace(tmp_path / "work")
    content = adopted(folder, "--keep-weights", tmp_path / "train.ledger")
    assert content["data"]["file"]["target"] == "bought"
    record = json.loads((folder / "data/inputs/adopted.json").read_text())
    assert record["name"] == "train.py"
    assert [place["line"] for place in record["places"]["fit"]] == [line]
    set_params(folder)
    run_stages(folder, "generate", "normalize", "train")
    ours = read_csv(folder / "data/training/history.csv")["running_loss"][1:]
    np.testing.assert_allclose(ours[:4], theirs, rtol=1e-4)


WRAPPED = """
import numpy as np
from scikeras.wrappers import KerasRegressor
from tensorflow import keras

def build():
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3), keras.layers.Dense(1)])
    model.compile(optimizer="adam", loss="mse")
    return model

x = np.random.default_rng(0).normal(size=(60, 4))
KerasRegressor(model=build, epochs=9, batch_size=5, verbose=0).fit(x, x[:, 0])
"""


def test_a_model_in_the_interface_of_scikit_learn_is_taken(tmp_path):
    (tmp_path / "train.py").write_text(WRAPPED)
    KERAS_2.run(tmp_path, capture.__file__, "train.py")
    captured = read_bundle(tmp_path / "train.ledger")
    assert (captured.content.fit.epochs, captured.content.fit.batch_size) == (9, 5)
    assert captured.content.script.line == 12
    np.testing.assert_allclose(captured.x, np.random.default_rng(0).normal(size=(60, 4)), rtol=1e-6)
