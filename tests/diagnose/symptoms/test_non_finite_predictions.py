"""Predictions that are NaN or infinite."""

import numpy as np
import pytest

from tests.diagnose.symptoms.runs import assert_fires, gap_in, healthy, labels, predicted, shown


def test_fires():
    assert_fires("non_finite_predictions", predicted(healthy(), gap_in, "validation"), None, None)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_all_rows_are_counted(bad):
    nothing = predicted(healthy("tanh"), lambda t: t.assign(probability_0=bad, probability_1=bad))
    findings = shown(nothing)
    assert set(findings) == {"non_finite_predictions"}
    assert findings["non_finite_predictions"].value == 500


def test_a_row_of_labels_counts_once():
    assert shown(predicted(labels(), gap_in))["non_finite_predictions"].value == 3
