"""The common advice: its verdicts follow from measurements, and flip with their premises."""

import json

import pytest
import yaml

from stages.claims import settings
from stages.claims.advice import CLAIMS
from stages.claims.experiment import Experiment, World, measured
from stages.claims.text import markdown, programs_text, verdict_table
from stages.claims.verdicts import verdict, when
from stages.files import UserError
from tests.conftest import ROOT, changed, ran, run

SMALL = {
    "claims.replicates": 4,
    "claims.rows": 300,
    "claims.few_rows": 100,
    "claims.many_rows": 400,
    "claims.validation_rows": 50,
    "claims.test_rows": 500,
    "claims.epochs": 8,
    "claims.depths": [1, 3],
    "programs.replicates": 3,
    "programs.test_rows": 500,
    "programs.keras_replicates": 1,
}


def effect(outcome: str, label: str = "", series: str = "", x: float | None = None) -> dict:
    return {"outcome": outcome, "label": label, "series": series, "x": x}


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        (["supports", "supports"], "holds"),
        (["supports", "contradicts"], "holds only when"),
        (["supports", "open"], "holds only when"),
        (["contradicts", "contradicts"], "does not hold"),
        (["contradicts", "open"], "undecided"),
    ],
)
def test_verdict(outcomes, expected):
    assert verdict([effect(one) for one in outcomes]) == expected


def test_when_names_labels_and_ranges():
    along = [effect("contradicts", series="relu", x=1), effect("supports", series="relu", x=4)]
    assert when([*along, effect("supports", "raw income")]) == "relu: from 4 on; raw income"


def changed_content(**changes) -> dict:
    return changed(settings.read(), SMALL | changes)


@pytest.fixture
def in_repository(monkeypatch):
    monkeypatch.chdir(ROOT)


def program_1_claim(content: dict) -> str:
    """The verdict on the last claim alone, measured on these params."""
    given = settings.check(content)
    base = {"normalize": content["normalize"], "train": content["train"]}
    experiment = Experiment(base, given.seed, given.claims.replicates)
    [claim] = [one for one in CLAIMS if one.letter == "l"]
    return verdict([measured(experiment, one, given.min_effect) for one in claim.conditions(given)])


def test_a_verdict_flips_with_its_premise(in_repository):
    """On coin flips normalization cannot be what is missing; on raw incomes it is."""
    assert program_1_claim(changed_content()) == "does not hold"
    signal = {"programs.premise": "income", "programs.features": 6}
    assert program_1_claim(changed_content(**signal)) == "holds"


def test_a_known_difference_is_measured(in_repository):
    """Zeros leave the network at a constant: chance, to the entropy of the training shares."""
    content = changed_content()
    experiment = Experiment({k: content[k] for k in ("normalize", "train")}, 0, 3)
    world = World("coin_flips", 400, 50, 400, 4)
    zeros = {"train.kernel_initializer": "zeros", "train.epochs": 3}
    losses = experiment.result(world, zeros, "held_out").losses["test"]
    assert losses == pytest.approx([0.6931] * 3, abs=0.02)
    inside = experiment.inside(world, zeros)
    assert inside["twins"] == 1 and inside["gradient"] == 0
    assert experiment.inside(world, {"train.epochs": 3})["twins"] == 0


def test_the_committed_report_is_what_its_json_gives():
    content = json.loads((ROOT / "reports" / "claims.json").read_text())
    assert (ROOT / "reports" / "claims.md").read_text() == markdown(content)
    readme = (ROOT / "README.md").read_text()
    assert verdict_table(content) in readme
    assert programs_text(content) in readme


def test_plain_keras_agrees_with_the_engine():
    """Within twice the 95 % interval of one replicate, whose half width is sqrt(R) times that of
    the mean of R."""
    programs = json.loads((ROOT / "reports" / "claims.json").read_text())["programs"]
    for name in ("1", "2", "3"):
        for kind, keras in programs[f"program_{name}"]["keras"].items():
            engine = programs[f"program_{name}"][kind]
            single = (engine["high"] - engine["mean"]) * programs["replicates"] ** 0.5
            assert abs(keras - engine["mean"]) < 2 * single, (name, kind)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"claims.replicates": 1}, "claims.replicates: expected a number >= 3. Received: 1"),
        ({"min_effect": "x"}, "min_effect: expected a number. Received: 'x'"),
    ],
)
def test_bad_params_are_named(in_repository, change, message):
    with pytest.raises(UserError, match=message):
        settings.check(changed_content(**change))


@pytest.mark.slow
def test_the_pipeline_runs_apart_from_the_main_one(fresh_clone):
    file = fresh_clone / "stages" / "claims" / "params.yaml"
    content = changed(yaml.safe_load(file.read_text()), SMALL | {"train.epsilon": 1e-7})
    file.write_text(yaml.safe_dump(content, sort_keys=False))
    done = run(fresh_clone, "dvc", "repro", "stages/claims/dvc.yaml")
    assert "Running stage 'stages/claims/dvc.yaml:claims'" in done.stdout
    found = json.loads((fresh_clone / "reports" / "claims.json").read_text())
    assert [one["letter"] for one in found["claims"]] == list("abcdefghijkl")
    drawn = {file.name for file in (fresh_clone / "reports" / "claims").iterdir()}
    assert drawn == {"programs.svg", *(f"{letter}.svg" for letter in "abcdefghijkl")}
    again = run(fresh_clone, "dvc", "repro", "stages/claims/dvc.yaml")
    assert ran(again) == []
