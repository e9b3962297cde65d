"""Every intervention is a runnable edit of known keys, and none touches a sound program twice."""

import pytest

from stages.diagnose.interventions import (
    FAMILIES,
    FAMILY_OF,
    INTERVENTIONS,
    Facts,
    candidates,
    families_of,
    recommended,
)
from stages.diagnose.prescription import command
from stages.lib import params
from stages.lib.core.errors import UserError
from stages.lib.mlp.program import program
from stages.lib.params.edits import edited, effective, value
from tests.conftest import ROOT, changed

FACTS = Facts(rows=900, task="binary", categorical=True, skewness=0.0)
REGRESSION = Facts(rows=900, task="regression", categorical=False, skewness=9.0)


def sections(**changes) -> dict:
    content = changed(params.read(ROOT / "params.yaml"), changes)
    params.check(content)
    return {name: content[name] for name in ("normalize", "train")}


# A program in which every knob stands where it should not.
ODD = {
    "normalize.features": "none",
    "normalize.missing": "keep",
    "normalize.columns": {"age": "none"},
    "normalize.categorical": "ordinal",
    "train.layers": [2000, 1],
    "train.activation": "sigmoid",
    "train.kernel_initializer": {"name": "random_normal", "stddev": 5.0},
    "train.bias_initializer": {"name": "constant", "value": -9.0},
    "train.dropout": 0.9,
    "train.l2": 1.0,
    "train.weight_decay": 0.5,
    "train.loss": "hinge",
    "train.from_logits": True,
    "train.output_activation": "relu",
    "train.target_encoding": "integer_from_one",
    "train.optimizer": "rmsprop",
    "train.learning_rate": 5.0,
    "train.epsilon": 1.0,
    "train.clip.value": 1e-6,
    "train.schedule.name": "exponential",
    "train.batch_size": 900,
    "train.shuffle": False,
    "train.early_stopping.patience": 1,
    "train.epochs": 8,
}


@pytest.mark.parametrize("facts", [FACTS, REGRESSION])
@pytest.mark.parametrize("odd", [ODD, {}, {"train.layers": []}, {"train.optimizer": "sgd"}])
def test_edits_change_known_keys_to_valid_values(odd, facts):
    present = sections(**odd)
    found = candidates(present, facts)
    assert found
    for candidate in found:
        assert candidate.edit and effective(present, candidate.edit) == candidate.edit
        assert set(candidate.edit) <= set(FAMILY_OF)
        content = params.read(ROOT / "params.yaml") | edited(present, candidate.edit)
        params.check(content)


def test_every_family_has_an_edit_that_runs():
    present = sections(**ODD)
    reached = set()
    for facts in (FACTS, REGRESSION):
        for candidate in candidates(present, facts):
            plan = params.check(params.read(ROOT / "params.yaml") | edited(present, candidate.edit))
            try:
                program(plan.train, "binary", 2, 6)
            except UserError:
                continue
            reached |= set(candidate.families)
    assert reached == set(FAMILIES)


def test_each_intervention_is_reached():
    programs = [sections(**ODD), sections(), sections(**{"normalize.features": "standard"})]
    programs.append(sections(**{"train.label_smoothing": 0.2, "train.class_weight": "balanced"}))
    reached = {
        candidate.intervention
        for one in programs
        for facts in (FACTS, REGRESSION)
        for candidate in candidates(one, facts)
    }
    assert reached == {entry.name for entry in INTERVENTIONS}


def test_the_recommended_program_is_a_fixed_point():
    present = sections(**ODD)
    mended = edited(present, recommended(present, FACTS).edit)
    assert recommended(mended, FACTS).edit == {}
    assert (
        value(mended, "train.optimizer") == "rmsprop" or value(mended, "train.optimizer") == "adam"
    )
    assert value(mended, "train.dropout") == 0
    assert value(mended, "normalize.features") == "standard"


def test_families_follow_the_keys():
    assert families_of({"train.epochs": 3, "train.l2": 0.1}) == ("epochs", "regularization")


def test_command_is_quoted_for_a_shell():
    edit = {"train.layers": [64, 32], "train.clip.value": None, "train.loss": "auto"}
    assert command(edit) == (
        "dvc exp run -S 'train.layers=[64, 32]' -S train.clip.value=null -S train.loss=auto"
    )
