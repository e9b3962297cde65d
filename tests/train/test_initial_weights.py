"""train.initial_weights: used bit for bit by the one run, and by nothing else."""

from pathlib import Path

import numpy as np
import pytest
import yaml

from stages.diagnose.prescription import Promise, drop_initial_weights, prescription
from stages.generate.__main__ import main as generate
from stages.lib import params
from stages.lib.core.array_files import read_arrays, write_arrays
from stages.lib.core.errors import UserError
from stages.lib.mlp.program import program
from stages.normalize.__main__ import main as normalize
from stages.train.__main__ import main as train
from stages.train.run import initial
from tests.cards import task_of
from tests.conftest import ROOT, TINY, changed, content_of

FILE = "data/initial_weights/mine.npz"


@pytest.fixture
def arrays(tmp_path, monkeypatch) -> dict[str, np.ndarray]:
    """A workplace whose program starts from these, at a rate that moves no weight."""
    monkeypatch.chdir(tmp_path)
    Path("data/initial_weights").mkdir(parents=True)
    Path("stages").symlink_to(ROOT / "stages")
    configure(**{"train.initial_weights": None})
    generate()
    normalize()
    configure()
    given = params.load("train")
    network = program(given, task_of(), 6).network
    rng = np.random.default_rng(0)
    found = {
        name: rng.normal(size=shape).astype("float32")
        for name, shape in network.arrays.items()
    }  # fmt: skip
    write_arrays(FILE, found)
    return found


def configure(**changes) -> None:
    given = TINY | {"train.initial_weights": FILE, "train.learning_rate": 1e-30}
    content = changed(params.read(ROOT / "params.yaml"), given | changes)
    Path("params.yaml").write_text(yaml.safe_dump(content))


def test_they_are_used_bit_for_bit(arrays):
    train()
    kept = read_arrays(
        "data/model/weights.npz", {name: array.shape for name, array in arrays.items()}
    )
    for name, array in arrays.items():
        np.testing.assert_array_equal(kept[name], array)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"train.layers": [5]}, ["layer_0.kernel", "(6, 5)"]),
        ({"train.layers": [4, 4]}, ["layer_2.kernel"]),
        ({"train.initial_weights": "data/initial_weights/none.npz"}, ["existing file"]),
        ({"train.initial_weights": "data/initial_weights/../../secret.npz"}, ["below"]),
        ({"train.initial_weights": "/etc/passwd"}, ["below"]),
    ],
)
def test_what_does_not_fit_is_one_line(arrays, changes, words):
    configure(**changes)
    with pytest.raises(UserError) as caught:
        initial(program(params.load("train"), task_of(), 6))
    assert str(caught.value).startswith("params.yaml: train.initial_weights: ")
    assert all(word in str(caught.value) for word in words), caught.value


def test_a_prescription_drops_them_where_they_would_override_it_or_not_fit():
    content = content_of(**{"train.initial_weights": FILE})
    sections = {name: content[name] for name in ("normalize", "train")}
    for key, new in (("train.kernel_initializer", "he_normal"), ("train.layers", [8])):
        given = prescription(sections, {key: new}, Promise(np.array([0.5, 0.6]), np.array([0.55])))
        assert [one["key"] for one in given["edits"]] == [key, "train.initial_weights"]
        assert given["edits"][1] == {"key": "train.initial_weights", "old": FILE, "new": None}
        assert "train.initial_weights=null" in given["commands"][0]
    for edit in ({"train.epochs": 3}, {"normalize.features": "standard"}):
        assert drop_initial_weights(sections, edit) == edit
    assert "train.initial_weights" in drop_initial_weights(sections, {"train.loss": "hinge"})
    one = content_of(**{"train.initial_weights": FILE, "train.output_units": 1})
    assert drop_initial_weights({"train": one["train"]}, {"train.loss": "hinge"}) == {
        "train.loss": "hinge"
    }
    without = {name: content_of()[name] for name in ("normalize", "train")}
    assert drop_initial_weights(without, {"train.layers": [8]}) == {"train.layers": [8]}


def test_a_prescription_drops_them_of_a_keras_model_too():
    given = {"train.initial_weights": FILE, "train.model.file": "data/programs/mine.json"}
    sections = {name: content_of(**given)[name] for name in ("normalize", "train")}
    for key, new in (("kernel_initializer", "he_normal"), ("width", 2.0), ("activation", "elu")):
        edit = {f"train.model.{key}": new}
        assert drop_initial_weights(sections, edit) == edit | {"train.initial_weights": None}
    # Its outputs are the file's, whatever the loss.
    for edit in ({"train.loss": "huber"}, {"train.model.l2": 0.1}):
        assert drop_initial_weights(sections, edit) == edit


def test_programs_at_other_seeds_draw_by_their_initializers():
    """Whoever trains a program other than through the stage does not look at the file."""
    named = params.check(content_of(**{"train.initial_weights": FILE})).train
    plain = params.check(content_of()).train
    for seed in (0, 1):
        one, other = (
            program(given.model_copy(update={"seed": seed}), task_of(), 6).initial()
            for given in (named, plain)
        )
        for name, array in one.items():
            np.testing.assert_array_equal(array, other[name])
