"""Findings of a Keras model name the keys that it has."""

from dataclasses import replace

import pytest

from stages.diagnose.checks import CHECKS, run_checks
from stages.lib.keras_fit.saved import TrainedModel
from stages.lib.params.edits import edited
from stages.lib.params.model import CHAIN_KEYS
from stages.lib.trials.subject import Subject
from tests.diagnose.checks.programs import found, of_program
from tests.lib.keras_fit.models import skip

CHAIN = {f"train.{key}" for key in CHAIN_KEYS}


def of_model(chain: Subject) -> Subject:
    """The same contract and rows, of a Keras model."""
    network = chain.network
    return replace(
        chain,
        sections=edited(chain.sections, {"train.model.file": "data/programs/mine.json"}),
        network=TrainedModel(skip().file, network.contract, network.training),
    )


@pytest.mark.parametrize(
    ("case", "check", "keys"),
    [
        ("number output_activation=relu", "relu_output", ("train.model.output_activation",)),
        ("binary output_units=2 output_activation=linear target_encoding=integer "
         "loss=mean_squared_error", "output_units",
         ("train.model.file", "train.target_encoding")),
        ("three loss=categorical_crossentropy output_activation=sigmoid", "exclusive_classes",
         ("train.model.output_activation", "train.loss")),
    ],
)  # fmt: skip
def test_keys_are_those_of_the_model(case, check, keys):
    chain = of_program(case)
    assert CHAIN & set(found(chain)[check].keys)
    findings = found(of_model(chain))
    assert findings[check].keys == keys
    assert not any(CHAIN & set(finding.keys) for finding in findings.values())


def test_what_is_not_of_the_chain_stays():
    chain = of_program("binary loss=hinge")
    [wanted, ours] = (found(one)["loss_of_task"] for one in (chain, of_model(chain)))
    assert wanted == ours
    inside = {check.name for check in CHECKS if check.looks_inside}
    assert not inside & {finding.check for finding in run_checks(of_model(chain))}
