"""The exported model in plain Keras gives the pipeline's predictions from raw rows."""

import json
import sys

import numpy as np
import pandas as pd
import pytest

from tests.conftest import edit_params, repro, run

# A program of its own: nothing of this repository is imported, nothing is unsafe to load.
LOAD = """
import json, sys
import keras, numpy as np, pandas as pd
model = keras.models.load_model("data/export/model.keras")
card = json.load(open("data/raw/card.json"))
rows = pd.read_parquet("data/raw/test.parquet")
kinds = {c["name"]: c["kind"] == "categorical" for c in card["columns"]}
numeric = rows[[name for name, text in kinds.items() if not text]].to_numpy("float64")
text = rows[[name for name, is_text in kinds.items() if is_text]].fillna("").to_numpy(str)
given = [part for part in (numeric, text) if part.shape[1]]
given = [given[0]] if len(given) == 1 else [given[0], keras.ops.convert_to_tensor(given[1])]
found = model.predict(given[0] if len(given) == 1 else given, verbose=0)
np.save("found.npy", found)
assert not any(name.startswith("stages") for name in sys.modules)
"""


def exported(folder) -> tuple[np.ndarray, np.ndarray]:
    """What Keras predicts, and what the pipeline wrote."""
    said = run(folder, "python", "-m", "stages", "export").stdout
    assert "wrote data/export/model.keras" in said
    run(folder, sys.executable, "-c", LOAD)
    wrote = pd.read_parquet(folder / "data/predictions/test.parquet")
    return np.load(folder / "found.npy"), wrote.filter(regex="^pr").to_numpy()


def mixed_table(folder, target: str) -> None:
    """Numbers, gaps, two-valued columns and categories with awkward names."""
    rng = np.random.default_rng(0)
    rows = 240
    frame = pd.DataFrame(
        {
            "income €": np.where(rng.uniform(size=rows) < 0.1, np.nan, rng.lognormal(11, 1, rows)),
            "owner": rng.integers(0, 2, rows),
            "city/town": rng.choice(["Oslo", "São Paulo", "[UNK]", None], rows),
            "constant": 3,
            "grade": rng.choice(["a", "b", "c"], rows),
        }
    )
    frame["y"] = np.resize(["no", "maybe", "yes"], rows)
    frame["price"] = rng.lognormal(12, 1, rows)
    frame = frame.drop(columns={"y", "price"} - {target})
    frame.to_csv(folder / "data/inputs/t.csv", index=False)
    edit_params(
        folder,
        **{
            "data.source": "file",
            "data.file.path": "data/inputs/t.csv",
            "data.file.target": target,
            "normalize.missing_indicator": True,
        },
    )


CASES = {
    "standard": {"normalize.features": "standard", "normalize.max_categories": 3},
    "quantile and ordinal": {"normalize.features": "quantile", "normalize.categorical": "ordinal"},
    "pooled and ordinal": {"normalize.max_categories": 2, "normalize.categorical": "ordinal"},
    "all pooled": {"normalize.max_categories": 1},
    "batch normalization": {
        "normalize.features": "log1p_standard",
        "train.batch_normalization": "after_activation",
        "train.activation": "gelu",
    },
}


@pytest.mark.parametrize(
    "case",
    [case if case == "standard" else pytest.param(case, marks=pytest.mark.slow) for case in CASES],
)
def test_multiclass_with_categories_and_gaps(case, finished_run):
    mixed_table(finished_run, "y")
    edit_params(finished_run, **CASES[case])
    repro(finished_run, "evaluate")
    found, wrote = exported(finished_run)
    assert found.shape == (48, 3)
    np.testing.assert_allclose(found, wrote, atol=1e-5, rtol=1e-5)


@pytest.mark.slow
def test_regression_with_a_scaled_target(finished_run):
    mixed_table(finished_run, "price")
    edit_params(
        finished_run,
        **{
            "normalize.features": "robust",
            "normalize.target": "log1p_standard",
            "train.batch_normalization": "before_activation",
        },
    )
    repro(finished_run, "evaluate")
    found, wrote = exported(finished_run)
    np.testing.assert_allclose(found, wrote, rtol=1e-5)
    metrics = json.loads((finished_run / "reports/metrics.json").read_text())
    # in target units: prices of some hundred thousand, not numbers around zero
    assert metrics["test"]["mae"] > 1000


@pytest.mark.slow
def test_default_with_raw_inputs_and_logits(finished_run):
    edit_params(finished_run, **{"train.from_logits": True})
    repro(finished_run, "evaluate")
    found, wrote = exported(finished_run)
    np.testing.assert_allclose(found, wrote, atol=1e-5)
