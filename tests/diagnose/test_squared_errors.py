"""RMSE and R2 of the run, against scikit-learn's."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics

from stages.diagnose.squared_errors import regression_scores
from stages.lib.vocabulary.tasks import KINDS

RNG = np.random.default_rng(0)
TRUE, PREDICTED, WEIGHTS = RNG.normal(size=(3, 40)) + 5


def scored(table: pd.DataFrame, kind: str = "regression") -> dict | None:
    task = SimpleNamespace(is_regression=KINDS[kind].is_regression)
    return regression_scores(SimpleNamespace(task=task, predictions={"test": table}), "test")


@pytest.mark.parametrize("weight", [None, np.abs(WEIGHTS)])
def test_they_are_scikit_learns(weight):
    table = pd.DataFrame({"target": TRUE, "prediction": PREDICTED})
    if weight is not None:
        table["weight"] = weight
    found = scored(table)
    weighted = {"sample_weight": weight}
    assert found == {
        "rmse": pytest.approx(metrics.root_mean_squared_error(TRUE, PREDICTED, **weighted)),
        "r2": pytest.approx(metrics.r2_score(TRUE, PREDICTED, **weighted)),
        "split": "test",
    }


def test_several_targets_have_no_rmse_together():
    y_true, y_pred = np.column_stack([TRUE, 100 * TRUE]), np.column_stack([PREDICTED, WEIGHTS])
    columns = {f"target_{k}": y_true[:, k] for k in range(2)}
    columns |= {f"prediction_{k}": y_pred[:, k] for k in range(2)}
    found = scored(pd.DataFrame(columns))
    assert found["rmse"] is None
    assert found["r2"] == pytest.approx(metrics.r2_score(y_true, y_pred))


def test_what_is_not_defined_is_none():
    table = pd.DataFrame({"target": TRUE, "prediction": PREDICTED})
    assert scored(table, "binary") is None and scored(table.head(0)) is None
    assert scored(table.assign(target=1.0))["r2"] is None
    lost = scored(table.assign(prediction=np.inf))
    assert lost["rmse"] is lost["r2"] is None
