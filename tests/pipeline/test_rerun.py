"""What an edit reruns, read from the "Running stage" lines of real `dvc repro` runs."""

import json
import shutil
from pathlib import Path

import pytest

from stages.lib import params
from tests.conftest import STAGES, digests, edit_params, ran, repro, run

AFTER_TRAIN = ["train", "evaluate", "diagnose", "report"]


def test_nothing_changed_reruns_nothing(finished_run):
    done = run(finished_run, "dvc", "repro")
    assert ran(done) == []
    assert "Data and pipelines are up to date." in done.stdout


@pytest.mark.in_turn
@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param(
            {"train.kernel_initializer": "he_normal"}, AFTER_TRAIN, marks=pytest.mark.slow
        ),
        pytest.param({"train.learning_rate": 0.01}, AFTER_TRAIN, marks=pytest.mark.slow),
        pytest.param({"train.batch_size": 8}, AFTER_TRAIN, marks=pytest.mark.slow),
        pytest.param({"train.loss": "mean_squared_error"}, AFTER_TRAIN, marks=pytest.mark.slow),
        pytest.param(
            {"normalize.features": "standard"}, ["normalize", *AFTER_TRAIN], marks=pytest.mark.slow
        ),
        pytest.param({"data.seed": 1}, STAGES, marks=pytest.mark.slow),
        ({"evaluate.decimals": 3}, ["evaluate", "report"]),
        pytest.param({"diagnose.min_gain": 0.02}, ["diagnose", "report"], marks=pytest.mark.slow),
    ],
    ids=lambda value: next(iter(value), "") if isinstance(value, dict) else "",
)
def test_an_edit_reruns_its_stage_and_those_after(finished_run, changes, expected):
    edit_params(finished_run, **changes)
    assert repro(finished_run) == expected
    assert repro(finished_run) == []


def test_a_comment_or_a_folders_readme_reruns_nothing(finished_run):
    file = finished_run / "params.yaml"
    file.write_text("# a comment\n" + file.read_text())
    for folder in ("generate", "lib/core", "lib/mlp", "diagnose"):
        with (finished_run / "stages" / folder / "README.md").open("a") as stream:
            stream.write("One line more.\n")
    status = run(finished_run, "dvc", "status", "dvc.yaml").stdout
    assert "Data and pipelines are up to date." in status
    assert repro(finished_run) == []


@pytest.mark.in_turn
@pytest.mark.parametrize(
    ("helpers", "expected"),
    [
        (["stages/generate/split.py", "stages/evaluate/scores.py"], ["generate", "evaluate"]),
        *(
            pytest.param([helper], reruns, marks=pytest.mark.slow)
            for helper, reruns in (
                ("stages/lib/mlp/probes.py", ["train", "diagnose"]),
                ("stages/generate/split.py", ["generate"]),
                ("stages/train/predictions.py", ["train"]),
                ("stages/diagnose/ledger/search.py", ["diagnose"]),
                ("stages/evaluate/scores.py", ["evaluate"]),
            )
        ),
    ],
)
def test_an_edited_helper_reruns_only_the_stages_that_import_it(finished_run, helpers, expected):
    for helper in helpers:
        with (finished_run / helper).open("a") as stream:
            stream.write("\n# edited\n")
    # The stages write the same bytes again, so nothing after them has reason to run.
    assert repro(finished_run) == expected


@pytest.mark.slow
def test_forced_runs_give_the_same_bytes(finished_run):
    before = digests(finished_run / "data") | digests(finished_run / "reports")
    lock = (finished_run / "dvc.lock").read_bytes()
    assert repro(finished_run, "--force") == STAGES
    assert digests(finished_run / "data") | digests(finished_run / "reports") == before
    assert (finished_run / "dvc.lock").read_bytes() == lock


@pytest.mark.slow
def test_an_earlier_commits_outputs_come_back_without_a_run(two_runs, tmp_path):
    folder = Path(shutil.copytree(two_runs, tmp_path / "repository"))
    scaled = digests(folder / "data")
    run(folder, "git", "checkout", "--quiet", "raw")
    run(folder, "dvc", "checkout")
    assert digests(folder / "data") != scaled
    assert repro(folder) == []
    run(folder, "git", "checkout", "--quiet", "scaled")
    run(folder, "dvc", "checkout")
    assert digests(folder / "data") == scaled


@pytest.mark.slow
def test_run_cache_spares_a_training_done_before(finished_run):
    edit_params(finished_run, **{"train.kernel_initializer": "he_normal"})
    assert repro(finished_run) == AFTER_TRAIN
    edit_params(finished_run, **{"train.kernel_initializer": "glorot_uniform"})
    done = run(finished_run, "dvc", "repro")
    assert "Stage 'train' is cached - skipping run" in done.stdout
    assert "train" not in ran(done)


@pytest.mark.slow
def test_experiment_with_another_learning_rate(finished_run):
    done = run(finished_run, "dvc", "exp", "run", "-S", "train.learning_rate=1e-4")
    assert ran(done) == AFTER_TRAIN
    assert params.read(finished_run / "params.yaml")["train"]["learning_rate"] == 1e-4


@pytest.mark.slow
def test_experiment_with_an_initializer_and_its_arguments(finished_run):
    value = "train.kernel_initializer={name: random_uniform, minval: -0.05, maxval: 0.05}"
    done = run(finished_run, "dvc", "exp", "run", "-S", value)
    assert ran(done) == AFTER_TRAIN


def test_declared_plots_exist_and_render(finished_run):
    done = run(finished_run, "dvc", "plots", "show", "--out", "plots", "--json")
    shown = json.loads(done.stdout)
    assert not shown.get("errors")
    page = run(finished_run, "dvc", "plots", "show", "--out", "plots")
    assert page.stdout.strip().endswith("index.html")
