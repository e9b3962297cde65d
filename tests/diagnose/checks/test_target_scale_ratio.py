"""Several targets far from each other's scale."""

from tests.diagnose.checks.programs import SCALED, found, several
from tests.diagnose.tables import untrained


def test_the_wide_target_is_named_against_the_narrow_one(rng):
    far = {"small": rng.standard_normal(400), "large": 1000 * rng.standard_normal(400) + 5}
    dataset = several("regression", far, z=rng.standard_normal(400))
    finding = found(untrained(dataset))["target_scale_ratio"]
    assert "'large' against" in finding.received
    assert finding.severity == "warning"
    assert "target_scale_ratio" not in found(untrained(dataset, **SCALED))
