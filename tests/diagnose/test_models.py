"""The diagnosis of a Keras model: the same account, by Keras' own fit."""

import contextlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from stages.diagnose.checks import CHECKS
from stages.diagnose.symptoms import SYMPTOMS
from stages.lib import params
from stages.lib.artifacts.card import read_card
from stages.lib.artifacts.rows import read_rows
from stages.lib.core.splits import SPLITS
from stages.lib.diagnosis import schema
from stages.lib.diagnosis.evidence import FILE, Evidence
from stages.lib.diagnosis.summary import summary
from stages.lib.params.edits import edited
from stages.lib.trials.laboratory import Laboratory, Runs
from stages.lib.trials.refits import refit
from stages.lib.trials.subject import Data
from tests.conftest import TINY, changed, edit_params, repro, run, run_stages
from tests.tools.adopt.adoption import SCRIPTS, set_params, workplace


def adopted(folder: Path, script: str) -> None:
    """The script taken over by the real command."""
    shutil.copy(SCRIPTS / script, folder)
    run(folder, "python", "-m", "stages", "adopt", script)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A workplace after all stages, on a model with little to try."""
    folder = workplace(tmp_path_factory.mktemp("model"))
    (folder / "data/programs").mkdir()
    adopted(folder, "embeddings_and_numbers.py")
    little = {key: value for key, value in TINY.items() if key.startswith("diagnose")}
    little |= {"train.epochs": 2, "diagnose.families": ["learning_rate"]}
    set_params(folder, **little)
    run_stages(folder)
    return folder


@pytest.mark.in_turn
def test_the_account_says_who_trained_and_what_was_not_asked(folder):
    content = json.loads((folder / schema.FILE).read_text())
    diagnosis = schema.parse(content, schema.FILE)
    inside = [row.code for row in (*CHECKS, *SYMPTOMS) if row.looks_inside]
    assert diagnosis.about[0].keras_fit.not_asked == inside
    assert not {record.code for record in (*diagnosis.checks, *diagnosis.symptoms)} & set(inside)
    text = summary(diagnosis)
    assert "Keras' own fit" in text
    assert all(len(line) <= 100 for line in text.splitlines() if "dvc exp run" not in line)
    assert "Keras' own fit" in (folder / "reports/diagnosis.md").read_text()
    assert inside[0] in (folder / "reports/index.html").read_text()


def test_the_loss_is_that_of_the_stage(folder):
    """The laboratory's fit at the run's own seed is the fit of the stage train."""
    content = json.loads((folder / schema.FILE).read_text())
    metrics = json.loads((folder / "reports/metrics.json").read_text())
    lead = content[content["about"][0]["lead"]]
    run_loss = lead["loss"]["run"]
    # Bounded row by row by the square of the target's range, which no prediction near 0 exceeds.
    assert run_loss == pytest.approx(metrics["test"]["mse"], rel=0.2)


def test_refits_end_where_the_laboratory_s_fits_do(folder):
    """The curves and the predictions of the evidence are of the networks that the ledger judges."""
    with contextlib.chdir(folder):
        card = read_card("data/raw/card.json")
        tables = {
            name: read_rows(f"data/raw/{name}.parquet", card, name).whole() for name in SPLITS
        }
        laboratory = Laboratory(Data(card, tables))
        before = params.sections("normalize", "train")
        programs = [before, edited(before, {"train.learning_rate": 0.01})]
        for sections, refits in zip(programs, refit(laboratory, programs, (0, 1)), strict=True):
            for split in ("train", "validation"):
                losses = laboratory.losses(sections, Runs((0, 1)), split).mean(axis=1)
                curves = refits.curves(split)
                assert [len(curve) for curve in curves] == [3, 3]
                assert [curve[-1] for curve in curves] == pytest.approx(losses.tolist(), rel=1e-4)
            judged = [
                refits.judge.of_predictions(one, "test")
                for one in refits.predictions(tables["test"])
            ]
            losses = laboratory.losses(sections, Runs((0, 1)), "test")
            np.testing.assert_allclose(judged, losses, rtol=1e-3)
        evidence = Evidence.model_validate(json.loads(Path(FILE).read_text()))
        page = Path("reports/index.html").read_text()
    assert [one.split for one in evidence.curves] == ["train", "validation"]
    assert "No curves" not in page


@pytest.mark.slow
def test_mistakes_are_one_line(folder):
    mistakes = {
        "train.model.file": "data/programs/none.json",
        "train.model.dropout": 0.5,
        "train.loss": "sparse_categorical_crossentropy",
        "normalize.features": "standard",
    }
    before = (folder / "params.yaml").read_bytes()
    for key, value in mistakes.items():
        content = changed(params.read(folder / "params.yaml"), {key: value})
        (folder / "params.yaml").write_text(json.dumps(content))
        with contextlib.chdir(folder):
            run_stages(folder, "normalize") if key.startswith("normalize") else None
        done = run(folder, "python", "-m", "stages", "train", ok=False)
        (folder / "params.yaml").write_bytes(before)
        assert done.returncode == 2, (key, done.stdout, done.stderr)
        assert done.stderr.count("\n") == 1 and "Traceback" not in done.stderr
        assert done.stderr.startswith("error: params.yaml: ")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("script", "key"),
    [
        ("embeddings_and_numbers.py", "normalize.target"),
        ("skip_connection.py", "train.learning_rate"),
    ],
)
def test_the_cause_is_found_and_mended(script, key, fresh_clone, tmp_path):
    folder = Path(shutil.copytree(fresh_clone, tmp_path / "repository"))
    edit_params(folder, **{"diagnose.families": "all", "diagnose.seeds": 5})
    adopted(folder, script)
    repro(folder)
    diagnosis = schema.parse(json.loads((folder / schema.FILE).read_text()), schema.FILE)
    [cause] = diagnosis.lead.causes
    assert list(cause.edit) == [key]
    assert diagnosis.budget.seconds < 1.5 * 60
    expected = diagnosis.lead.prescription.expected
    [edit] = diagnosis.lead.prescription.edits
    edit_params(folder, **{edit.key: edit.new})
    # What a prescription promises is what the edited run gives; a model's file reruns nothing else.
    assert repro(folder, "evaluate")[-1] == "evaluate"
    after = json.loads((folder / "reports/metrics.json").read_text())["test"]["mse"]
    assert expected.low <= after <= expected.high
