"""Rows of equal inputs and different targets, and the loss that they leave."""

import numpy as np
import pandas as pd

from tests.diagnose.checks.programs import found, several
from tests.diagnose.tables import coin, table, untrained


def test_equal_rows_with_other_targets_give_a_floor(rng):
    """A fair coin on a single two-valued column: no training loss is below its entropy."""
    x = rng.integers(0, 2, 4000).astype(float)
    subject = untrained(table(coin(rng, 4000), x=x))
    finding = found(subject)["conflicting_rows"]
    assert finding.received.startswith("100.0% of the training rows")
    assert "below 0.69" in finding.received
    number = found(untrained(table(pd.Series(rng.standard_normal(4000)), x=x)))
    assert "squared target units" in number["conflicting_rows"].received
    twins = table(pd.Series(np.where(x > 0, "yes", "no")), x=x)
    assert "conflicting_rows" not in found(untrained(twins))


def test_twins_with_other_labels_leave_a_loss():
    """Two rows of equal inputs and opposite labels: ln 2 of one of the two labels."""
    x = np.repeat(np.arange(200.0), 2)
    has = {"same": np.repeat(np.resize([0.0, 1.0], 200), 2), "other": np.resize([0.0, 1.0], 400)}
    subject = untrained(several("multilabel", has, x=x))
    rows = subject.tables["train"]
    twins = rows["x"].duplicated(keep=False)
    received = found(subject)["conflicting_rows"].received
    assert f"{twins.mean():.1%} of the training rows" in received
    assert f"is below {np.log(2) * twins.mean() / 2:.3g} nats a label" in received
