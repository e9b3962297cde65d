"""The common advice: its verdicts follow from measurements, and flip with their premises."""

import json

import pytest
import yaml

from stages.lib import params
from stages.lib.core.errors import UserError
from stages.tools.claims import settings
from stages.tools.claims.advice.table import CLAIMS
from stages.tools.claims.effect import measure_effect
from stages.tools.claims.experiment import Experiment
from stages.tools.claims.text import markdown, programs_text, verdict_table
from stages.tools.claims.verdicts import verdict, words
from stages.tools.claims.world import World
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
    "programs.keras_replicates": 2,
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
        (["contradicts", "reversed"], "does not hold"),
        (["contradicts", "open"], "undecided"),
    ],
)
def test_verdict(outcomes, expected):
    assert verdict([effect(one) for one in outcomes]) == expected


def along(series: str, *outcomes: str) -> list[dict]:
    return [effect(one, series=series, x=2**i) for i, one in enumerate(outcomes)]


def test_words_name_labels_and_ranges():
    yes, no, back = "supports", "contradicts", "reversed"
    assert words(along("relu", yes, yes), "layers") == "yes"
    assert words(along("relu", no, yes, yes), "layers") == ("yes: from 2 layers on; no: at 1 layer")
    assert words([*along("relu", yes, yes, no), *along("tanh", back, back, back)], "layers") == (
        "yes: relu up to 2 layers; the reverse: tanh at any number of layers; no: relu at 4 layers"
    )
    assert words([effect(yes, "raw"), effect("open", "scaled")], None) == "yes: raw; open: scaled"


def changed_content(**changes) -> dict:
    return changed(settings.read(), SMALL | changes)


@pytest.fixture
def in_repository(monkeypatch):
    monkeypatch.chdir(ROOT)


def program_1_claim(content: dict) -> str:
    """What becomes of the held-out loss in the last claim, measured on these params."""
    given = settings.check(content)
    base = {"normalize": content["normalize"], "train": content["train"]}
    experiment = Experiment(base, given.seed, given.claims.replicates)
    [claim] = [one for one in CLAIMS if one.letter == "l"]
    conditions = claim.parts[0].conditions(given)
    return verdict([measure_effect(experiment, one, given.min_effect) for one in conditions])


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
    losses = experiment.result(world, zeros).losses["test"]
    assert losses == pytest.approx([0.6931] * 3, abs=0.02)
    inside = experiment.inside(world, zeros)
    assert (inside["copies"] == 1).all() and (inside["gradient"] == 12).all()
    sound = experiment.inside(world, {"train.epochs": 3})
    assert (sound["copies"] == 0).all() and (sound["gradient"] < 3).all()


def test_the_committed_report_is_what_its_json_gives():
    content = json.loads((ROOT / "reports" / "claims.json").read_text())
    assert (ROOT / "reports" / "claims.md").read_text() == markdown(content)
    readme = (ROOT / "stages" / "tools" / "claims" / "README.md").read_text()
    assert verdict_table(content) in readme
    assert programs_text(content) in readme


def test_plain_keras_agrees_with_the_engine():
    """On the same tables, other draws of weights and orders: within the 95 % interval of the paired
    difference, or a hundredth."""
    programs = json.loads((ROOT / "reports" / "claims.json").read_text())["programs"]
    for name in ("1", "2", "3"):
        for kind, keras in programs[f"program_{name}"]["keras"].items():
            above = keras["above_engine"]
            assert above["low"] < 0.01 and above["high"] > -0.01, (name, kind)
            assert abs(above["mean"]) < 0.03, (name, kind)


def test_the_file_states_only_what_differs(in_repository):
    """Each of its keys of the program differs from params.yaml, and the rest is as there."""
    own, root = yaml.safe_load(settings.FILE.read_text()), params.sections("normalize", "train")
    content = settings.read()
    for name, section in root.items():
        assert content[name] == section | own[name]
        assert all(section[key] != value for key, value in own[name].items())
        assert list(content[name]) == list(section)


def test_an_unknown_key_of_the_program_is_named(in_repository, tmp_path, monkeypatch):
    content = yaml.safe_load(settings.FILE.read_text())
    file = tmp_path / "params.yaml"
    file.write_text(yaml.safe_dump(changed(content, {"train.layer": [3]})))
    monkeypatch.setattr(settings, "FILE", file)
    with pytest.raises(UserError, match=r"train\.layer: expected a known key; .* 'layers'"):
        settings.read()


def test_claims_have_letters_in_order():
    assert [claim.letter for claim in CLAIMS] == list("abcdefghijkl")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"claims.replicates": 1}, "claims.replicates: expected a number >= 3. Received: 1"),
        (
            {"programs.keras_replicates": 40},
            "programs: expected keras_replicates <= replicates. Received: 40 of 3",
        ),
        (
            {"programs.premise": "nope"},
            "tools/claims/params.yaml: programs.premise: expected one of coin_flips, .*'nope'",
        ),
        ({"min_effect": "x"}, "min_effect: expected a number. Received: 'x'"),
    ],
)
def test_bad_params_are_named(in_repository, change, message):
    with pytest.raises(UserError, match=message):
        settings.check(changed_content(**change))


@pytest.mark.slow
def test_the_pipeline_runs_apart_from_the_main_one(fresh_clone):
    file = fresh_clone / "stages" / "tools" / "claims" / "params.yaml"
    content = changed(yaml.safe_load(file.read_text()), SMALL)
    file.write_text(yaml.safe_dump(content, sort_keys=False))
    done = run(fresh_clone, "dvc", "repro", "stages/tools/claims/dvc.yaml")
    assert "Running stage 'stages/tools/claims/dvc.yaml:claims'" in done.stdout
    found = json.loads((fresh_clone / "reports" / "claims.json").read_text())
    assert [one["letter"] for one in found["claims"]] == list("abcdefghijkl")
    drawn = {file.name for file in (fresh_clone / "reports" / "claims").iterdir()}
    assert drawn == {"programs.svg", *(f"{letter}.svg" for letter in "abcdefghijkl")}
    again = run(fresh_clone, "dvc", "repro", "stages/tools/claims/dvc.yaml")
    assert ran(again) == []
