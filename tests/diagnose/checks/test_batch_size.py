"""One batch of all rows."""

import pytest

from tests.diagnose.checks.programs import severity


@pytest.mark.parametrize("case", ["binary batch_size=240", "labels batch_size=240"])
def test_fires(case):
    assert severity("batch_size", case) == "note"


def test_is_silent():
    assert severity("batch_size", "binary batch_size=239") is None
