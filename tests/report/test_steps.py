"""The waterfall's steps go from the loss to the floor."""

import json

import pytest

from stages.lib.diagnosis import schema
from stages.report.steps import steps
from tests.conftest import ROOT


def test_the_waterfall_ends_at_the_floor():
    found = steps(schema.parse(json.loads((ROOT / "reports/diagnosis.json").read_text()), "x"))
    loss, *between, floor = found
    assert loss.end == loss.amount and floor.start == 0
    assert between[-1].end == pytest.approx(floor.amount, abs=1e-5)
    for one, following in zip(found, between, strict=False):
        assert following.start == one.end
