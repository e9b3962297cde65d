"""Sound tables are not suspected: of bundled data, taken for a user's file, and of the scenarios no
check of the data says anything but what is known of them."""

import pytest

from stages.diagnose.checks import run_checks
from stages.generate.__main__ import SOURCES
from stages.generate.bundled import BUNDLED
from stages.generate.scenarios import SCENARIOS
from tests.conftest import settings
from tests.diagnose.checks.programs import SCALED
from tests.diagnose.tables import untrained

# Pixels at the edge are empty in every digit, and a log-normal target is skewed.
KNOWN = {"digits": {("LL207", "note")}, "heavy_tail": {("LL205", "note")}}


def said(subject) -> set[tuple[str, str]]:
    """The findings about the data."""
    findings = run_checks(subject)
    return {(one.code, one.severity) for one in findings if one.code.startswith("LL2")}


@pytest.mark.parametrize("name", BUNDLED)
def test_bundled_data(name):
    data = settings(**{"data.source": "bundled", "data.bundled.dataset": name}).data
    assert said(untrained(SOURCES["bundled"](data), **SCALED)) <= KNOWN.get(name, set())


@pytest.mark.parametrize("name", SCENARIOS)
def test_scenarios(name):
    changes = {"data.synthetic.scenario": name, "data.synthetic.rows": 1000}
    assert said(untrained(**SCALED, **changes)) <= KNOWN.get(name, set())
