"""Early stopping after a single epoch."""

import pytest

from tests.diagnose.checks.programs import found, small
from tests.diagnose.tables import untrained


@pytest.mark.parametrize(("patience", "fires"), [(0, True), (1, True), (2, False), (None, False)])
def test_a_patience_that_one_epoch_uses_up(patience, fires):
    subject = untrained(small("binary"), **{"train.early_stopping.patience": patience})
    findings = found(subject)
    assert ("impatient_stopping" in findings) == fires
    if fires:
        assert findings["impatient_stopping"].received.startswith(f"{patience}: the first epoch")
        assert findings["impatient_stopping"].keys == ("train.early_stopping.patience",)
