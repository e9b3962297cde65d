"""Inputs that are copies of others."""

from tests.diagnose.checks.programs import SCALED, found
from tests.diagnose.tables import coin, table, untrained


def test_a_copy_is_named_after_scaling(rng):
    x = rng.standard_normal(400)
    findings = found(untrained(table(coin(rng), x=x, again=2 * x), **SCALED))
    assert "'again' equals 'x'" in findings["duplicate_column"].received
    assert findings["duplicate_column"].keys == ("data.file.ignore",)
    assert len(findings) == 1
    other = x.copy()
    other[0] += 1
    assert found(untrained(table(coin(rng), x=x, again=other), **SCALED)) == {}
