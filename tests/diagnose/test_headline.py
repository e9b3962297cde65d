"""What of a diagnosis stands in DVC's tables."""

import copy
import json

import pytest

from stages.diagnose.headline import headline
from stages.lib.diagnosis import schema
from tests.conftest import ROOT

CONTENT = json.loads((ROOT / "reports/diagnosis.json").read_text())


def test_the_leading_account_in_a_dozen_numbers():
    found = headline(schema.parse(CONTENT, "x"))
    account = CONTENT["generalize"]
    causes = [line for line in account["ledger"] if line["line"] == "cause"]
    assert found["gain"] == {"+".join(line["families"]): line["amount"] for line in causes}
    assert found["loss"] == account["loss"]["baseline"] > found["after"]
    luck = [line["amount"] for line in account["ledger"] if line["line"] == "label_luck"]
    assert found["after"] == pytest.approx(found["floor"] + found["left"] + sum(luck), abs=2e-6)


def test_causes_of_several_families_have_one_column():
    content = copy.deepcopy(CONTENT)
    ledger = content["generalize"]["ledger"]
    cause, *others = [line for line in ledger if line["line"] == "cause"]
    cause["families"] = ["loss", "output_activation"]
    content["generalize"]["ledger"] = [line for line in ledger if line not in others]
    error = {"check": "single_softmax", "code": "LL107", "title": "t", "families": [], "keys": [],
             "severity": "error", "expected": "e", "received": "r"}  # fmt: skip
    content["checks"] = [error, error | {"severity": "note"}]
    found = headline(schema.parse(content, "x"))
    assert found["gain"] == {"loss+output_activation": cause["amount"]}
    assert found["errors"] == 1
