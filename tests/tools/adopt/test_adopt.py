"""A user's Keras script in the pipeline: it trains the same there, and is diagnosed."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from stages.lib.artifacts import adopted as record
from stages.lib.core.csv_files import read_csv
from stages.tools.adopt.translate.adopted import TABLE
from tests.conftest import ROOT, STAGES, edit_params, environment, lead, repro, run, run_stages
from tests.report.browsing import CHROMIUM, VIEWS, assert_accessible, assert_fits, opened
from tests.tools.adopt.adoption import SCRIPTS, adopted, set_params, workplace

AILING = {
    "raw_income": "input_normalization",
    "tiny_rate": "learning_rate",
    "one_softmax": "output_activation",
    "wide_weights": "initialization",
    "prices": "target_normalization",
    "rare_class": "loss",
}
# What the patch is to hold.
LINES = {
    "raw_income": "+scaler = StandardScaler().fit(x_train)",
    "tiny_rate": "-    optimizer=tf.keras.optimizers.SGD(learning_rate=1e-4, momentum=0.5),",
    "one_softmax": '-model.add(Activation("softmax"))',
    "wide_weights": "-            kernel_initializer=initializers.RandomNormal(stddev=stddev),",
    "prices": "+target_scaler = StandardScaler().fit(",
    "rare_class": "-    class_weight={0: 1.0, 1: 40.0},",
}
# The scripts whose patches are proven beside them (tests/tools/adopt/prove).
SHAPES = (
    "frame_with_regions", "whole_numbers", "in_a_function", "few_steps", "heavy_dropout",
    "stops_at_once", "in_order", "five_folds", "four_rows", "one_column",
)  # fmt: skip
HEALTHY = ("wine", "tumours", "diabetes", "labels", "two_targets", "survey")
# No chains of layers: Keras' own fit trains them here too (tests/lib/keras_fit).
GRAPHS = ("embeddings_and_numbers", "skip_connection")


@pytest.fixture
def folder(tmp_path) -> Path:
    return workplace(tmp_path / "work")


def epochs_there(script: Path) -> dict[str, list]:
    """The script's own losses, in Keras, and those of inputs that differ in their last bit."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.tools.adopt.epochs", str(script)],
        cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=400,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def epochs_here(folder: Path) -> list[float]:
    """The adopted program's, by the pipeline's own stages."""
    plain = {"shuffle": False, "dropout": 0.0, "early_stopping.patience": None}
    # Where the script has no validation rows, it trains on all there are.
    rows = {"data.split.min_rows": 10**6}
    set_params(folder, **{f"train.{key}": value for key, value in plain.items()} | rows)
    run_stages(folder, "generate", "normalize", "train")
    return [*read_csv(folder / "data/training/history.csv")["running_loss"][1:]]


def test_every_chain_of_the_folder_is_compared():
    named = [*AILING, *HEALTHY, *SHAPES, *GRAPHS]
    assert sorted(named) == sorted(file.stem for file in SCRIPTS.glob("*.py"))


@pytest.mark.in_turn
@pytest.mark.parametrize(
    "name",
    [
        "tumours",
        *(
            pytest.param(name, marks=pytest.mark.slow)
            for name in (*AILING, *HEALTHY, *SHAPES)
            if name != "tumours"
        ),
    ],
)
def test_every_epoch_is_the_scripts_own(name, folder):
    """From the weights that the script built, in the order of its rows: the first epoch to four
    digits, and the others to half a percent for as long as Keras comes as close to itself when the
    last bit of the inputs is another: with inputs in the thousands that ends after some epochs."""
    script = folder / f"{name}.py"
    seed = "import keras\n\nkeras.utils.set_random_seed(1)  # what the script leaves to chance\n"
    script.write_text(seed + (SCRIPTS / f"{name}.py").read_text())
    adopted(folder, "--keep-weights", script)
    ours, found = epochs_here(folder), epochs_there(script)
    theirs, again = np.array(found["losses"]), np.array(found["again"])
    assert len(ours) == len(theirs)
    assert ours[0] == pytest.approx(theirs[0], rel=1e-4 if theirs[0] > 1 else None, abs=1e-4)
    scale = np.maximum(1.0, theirs)
    reproducible = np.maximum.accumulate(abs(again - theirs).max(axis=0) / scale) <= 1e-3
    assert ((abs(ours - theirs) / scale)[reproducible] <= 5e-3).all()


# ------------------------------------------------------------------------------- the diagnosis


@pytest.fixture
def clone(fresh_clone, tmp_path) -> Path:
    """A clone with the committed params."""
    folder = Path(shutil.copytree(fresh_clone, tmp_path / "repository"))
    shutil.copy(ROOT / "params.yaml", folder)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("name", AILING)
def test_what_ails_a_script_is_prescribed_in_its_own_terms(name, clone):
    adopted(clone, SCRIPTS / f"{name}.py")
    assert repro(clone) == STAGES
    diagnosis = json.loads((clone / "reports/diagnosis.json").read_text())
    causes = {
        family
        for one in lead(diagnosis)["ledger"]
        if one["line"] == "cause"
        for family in one["families"]
    }
    assert AILING[name] in causes
    # The prescription does in the network's own terms what is asked of it.
    assert (
        lead(diagnosis)["prescription"]["expected"]["loss"]
        < 0.5 * lead(diagnosis)["loss"]["baseline"]
    )
    text = (clone / "reports/diagnosis.md").read_text()
    assert LINES[name] in text
    assert LINES[name] in (clone / "reports/fix.patch").read_text()
    assert f"In {name}".replace("_", "\\_") in text
    tracked = run(clone, "git", "status", "--porcelain", "data/inputs").stdout
    assert tracked == "?? data/inputs/adopted.json\n"


@pytest.mark.slow
@pytest.mark.parametrize("name", HEALTHY)
def test_of_a_healthy_script_little_is_left(name, clone):
    """What tuning may find takes off less than a quarter of what chance would cost."""
    adopted(clone, SCRIPTS / f"{name}.py")
    assert repro(clone) == STAGES
    loss = lead(json.loads((clone / "reports/diagnosis.json").read_text()))["loss"]
    assert loss["baseline"] - loss["after"] < 0.25 * loss["chance"]


@pytest.mark.slow
def test_the_report_shows_the_lines_to_change(finished_run, request):
    """Old and new, with the places in the script; whatever the script is called."""
    edits = [
        {"key": "train.learning_rate", "old": 0.001, "new": 0.1},
        {"key": "normalize.features", "old": "none", "new": "standard"},
    ]
    prescribe(finished_run, edits)
    name = "<script>alert(1)</script>`.py"
    content = {
        "schema": 1, "kind": "script", "name": name, "table": TABLE, "target": "y", "taken": [],
        "untold": [], "places": {"optimizer": [{"line": 7, "code": "opt = Adam(1e-3)  # </code>"}]},
    }  # fmt: skip
    file = finished_run / record.FILE
    file.write_text(json.dumps(content))
    edit_params(
        finished_run,
        **{"data.source": "file", "data.file.path": TABLE, "data.file.target": "y"},
    )
    run(finished_run, sys.executable, "-m", "stages.report")
    text = (finished_run / "reports/diagnosis.md").read_text()
    assert "- model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.001))\n" in text
    assert "+ model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.1))\n" in text
    assert "# optimizer (line 7)" in text
    assert "+ scaler = StandardScaler().fit(x_train" in text
    assert "<script>" not in text
    file_of_page = finished_run / "reports/index.html"
    page = file_of_page.read_text()
    assert "line 7: <code>opt = Adam(1e-3) # &lt;/code&gt;</code>" in page
    assert "+ model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.1))" in page
    assert "<script" not in page

    if CHROMIUM:
        for width, scheme in VIEWS:
            shown = opened(request.getfixturevalue("browser"), file_of_page, width, scheme)
            assert_fits(shown, width)
            assert_accessible(shown)
            shown.context.close()

    # Other data are no script's; a record that is not ours is told.
    edit_params(finished_run, **{"data.file.target": "z"})
    run(finished_run, sys.executable, "-m", "stages.report")
    assert "```diff" not in (finished_run / "reports/diagnosis.md").read_text()
    file.write_text(json.dumps(content | {"places": {"x": 1}}))
    edit_params(finished_run, **{"data.file.target": "y"})
    done = run(finished_run, sys.executable, "-m", "stages.report", ok=False)
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: {record.FILE}: expected what ")
    assert "Received: places.x" in done.stderr


def prescribe(folder: Path, edits: list[dict]) -> None:
    """A diagnosis that prescribes these."""
    file = folder / "reports/diagnosis.json"
    content = json.loads(file.read_text())
    expected = {"loss": 0.1, "low": 0.0, "high": 0.2}
    lead(content)["prescription"] = {
        "edits": edits,
        "expected": expected,
        "commands": ["dvc exp run"],
    }
    file.write_text(json.dumps(content))


@pytest.mark.slow
def test_a_prescription_that_no_program_is_shows_no_lines(finished_run):
    prescribe(finished_run, [{"key": "train.no_such_key.at_all", "old": 1, "new": {"a": []}}])
    (finished_run / record.FILE).write_text(
        json.dumps(
            {"schema": 1, "kind": "model", "name": "a.keras", "table": TABLE, "target": "y",
             "taken": [], "untold": [], "places": {}}
        )
    )  # fmt: skip
    edit_params(
        finished_run,
        **{"data.source": "file", "data.file.path": TABLE, "data.file.target": "y"},
    )
    run(finished_run, sys.executable, "-m", "stages.report")
    assert "```diff" not in (finished_run / "reports/diagnosis.md").read_text()
