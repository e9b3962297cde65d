"""An ensemble: its predictions are the mean of its networks', in train, predict and export."""

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stages.lib.artifacts.training import HISTORY
from stages.lib.core.errors import UserError
from stages.lib.mlp.ensemble import member_seed
from stages.lib.trials.laboratory import Laboratory, Runs
from tests.conftest import content_of, digests, edit_params, run, run_stages, settings
from tests.subjects import subject_of
from tests.tools.deploy.exporting import exported, mixed_table
from tests.train.killing import killed_after, saved_epoch

SMALL = {
    "data.synthetic.rows": 300,
    "normalize.features": "standard",
    "train.layers": [6],
    "train.dropout": 0.1,
    "train.epochs": 8,
    "train.learning_rate": 0.02,
}
OUTS = ("data/model", "data/predictions", "data/training")


def singles(content: dict) -> list:
    """The networks of an ensemble as single runs: their seeds are no user's, so they are set
    beside the checked params."""
    from stages.lib import params
    from stages.lib.params import Params

    found = []
    check = params.check
    for member in range(3):

        def seeded(given: dict, member: int = member) -> Params:
            checked = check(given)
            seed = member_seed(checked.train.seed, member)
            return checked.model_copy(
                update={"train": checked.train.model_copy(update={"seed": seed})}
            )

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(params, "check", seeded)
            found.append(subject_of(content))
    return found


@pytest.mark.in_turn
@pytest.mark.parametrize("task", ["classes", "prices"])
def test_the_predictions_are_the_mean_of_single_networks(task):
    """In target units too, where the target is scaled by a logarithm."""
    more = {} if task == "classes" else {
        "data.synthetic.scenario": "heavy_tail", "normalize.target": "log1p_standard"
    }  # fmt: skip
    content = content_of(**SMALL, **more)
    together = subject_of(content_of(**SMALL, **more, **{"train.members": 3}))
    each = singles(content)
    for split in ("train", "test"):
        tables = [one.predictions[split].filter(regex="^pr") for one in each]
        np.testing.assert_allclose(
            together.predictions[split].filter(regex="^pr"), np.mean(tables, axis=0), rtol=1e-4
        )
    for name in HISTORY:
        mean = np.mean([one.history[name] for one in each], axis=0)
        np.testing.assert_allclose(together.history[name], mean, rtol=1e-4)
    assert together.network.members == 3
    # The laboratory's trial at the run's own seed is of the same average.
    laboratory = Laboratory(together)
    losses = laboratory.losses(together.sections, Runs((0,)), "test")[0]
    predicted = together.predictions["test"].filter(regex="^pr").to_numpy()
    expected = laboratory.judges[0].of_predictions(predicted, "test")
    np.testing.assert_allclose(losses, expected, rtol=1e-4, atol=1e-6)
    assert laboratory.fits == 3


def test_the_cost_of_an_ensemble_is_that_of_its_networks():
    subject = subject_of(content_of(**SMALL))
    laboratory = Laboratory(subject)
    several = {**subject.sections, "train": {**subject.sections["train"], "members": 5}}
    # As of five times as many seeds: beside each other each costs less than alone.
    five = laboratory.refit_seconds(several, (0, 1))
    assert five == laboratory.refit_seconds(subject.sections, tuple(range(10)))
    assert five > laboratory.refit_seconds(subject.sections, (0, 1))
    base = [subject.sections]
    seconds = laboratory.seconds(base, Runs((0, 1, 2)))
    assert laboratory.seconds([several], Runs((0, 1, 2))) > seconds
    laboratory.train([several], Runs((0, 1)))
    assert laboratory.fits == 10 and laboratory.spent > 0
    # What is known is not trained again.
    assert laboratory.affordable([], [several], Runs((0, 1)), 0.0) == [True]


def prepared(folder: Path, target: str, **changes) -> Path:
    mixed_table(folder, target)
    edit_params(folder, **{"normalize.features": "standard", "train.members": 3, **changes})
    run_stages(folder, "generate", "normalize", "train")
    return folder


@pytest.mark.slow
@pytest.mark.parametrize(
    ("target", "changes"),
    [
        ("y", {"train.batch_normalization": "before_activation"}),
        ("y", {"train.from_logits": True, "train.activation": "prelu"}),
        ("price", {"normalize.target": "log1p_standard"}),
    ],
)
def test_plain_keras_and_predict_give_what_train_wrote(target, changes, finished_run):
    folder = prepared(finished_run, target, **changes)
    found, wrote = exported(folder)
    np.testing.assert_allclose(found, wrote, rtol=1e-5, atol=1e-5)
    run(folder, sys.executable, "-m", "stages", "predict", "data/raw/test.parquet")
    table = pd.read_csv(folder / "data/export/predictions.csv").filter(regex="^prob|^predicted")
    np.testing.assert_allclose(table.to_numpy(), wrote, rtol=1e-6)
    network = json.loads((folder / "data/model/network.json").read_text())
    assert network["members"] == 3


@pytest.mark.slow
def test_killed_it_ends_with_the_same_bytes(finished_run, tmp_path):
    long = SMALL | {
        "train.members": 3, "train.epochs": 80, "train.early_stopping.patience": 30,
    }  # fmt: skip
    edit_params(finished_run, **long)
    run_stages(finished_run, "generate", "normalize", "train")
    whole = {name: digests(finished_run / name) for name in OUTS}
    for name in OUTS:
        shutil.rmtree(finished_run / name)
    killed_after(finished_run, 12)
    reached = saved_epoch(finished_run)
    assert reached >= 12 and not (finished_run / "data/model").exists()
    done = run(finished_run, sys.executable, "-m", "stages.train")
    assert f"going on after epoch {reached} of an interrupted run" in done.stdout
    assert {name: digests(finished_run / name) for name in OUTS} == whole


@pytest.mark.parametrize(
    ("key", "path"),
    [("model.file", "data/programs/a.json"), ("initial_weights", "data/initial_weights/a.npz")],
)
def test_several_networks_that_cannot_differ_are_refused(key, path):
    with pytest.raises(UserError, match=rf"train\.members: expected 1 beside train\.{key}.*: 3"):
        settings(**{"train.members": 3, f"train.{key}": path})
