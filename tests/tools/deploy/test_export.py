"""The exported model in plain Keras gives the pipeline's predictions from raw rows."""

import json
import shutil
import sys
import textwrap
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stages.lib.core.errors import UserError
from stages.tools.deploy.export import main
from tests.conftest import STAGES, edit_params, run, run_stages
from tests.tools.deploy.exporting import exported, mixed_table

CASES = {
    "quantile and ordinal": {"normalize.features": "quantile", "normalize.categorical": "ordinal"},
    "pooled and ordinal": {"normalize.max_categories": 2, "normalize.categorical": "ordinal"},
    "all pooled": {"normalize.max_categories": 1},
    "codes and dropped columns": {"normalize.columns": {"owner": "one_hot", "constant": "drop"}},
    "columns that go round": {
        "normalize.columns": {"income €": {"name": "cyclic", "period": 50000}, "owner": "cyclic"}
    },
    "means of the target": {"normalize.categorical": "target_mean"},
    "means and a pool": {"normalize.categorical": "target_mean", "normalize.max_categories": 2},
    "clipped": {"normalize.features": "robust_clipped"},
    "bins": {
        "normalize.features": "piecewise_linear",
        "normalize.columns": {"owner": {"name": "piecewise_linear", "bins": 3}},
    },
    "batch normalization": {
        "normalize.features": "log1p_standard",
        "train.batch_normalization": "after_activation",
        "train.activation": "gelu",
    },
    "layers that differ": {
        "normalize.features": "standard",
        "train.epochs": 5,
        "train.learning_rate": 0.05,
        "train.layers": [
            {"units": 5, "activation": "prelu", "batch_normalization": "before_activation"},
            {"units": 4, "activation": {"name": "elu", "alpha": 0.3}, "dropout": 0.2},
            {"units": 4, "layer_normalization": "before_activation", "gaussian_noise": 0.1},
            {"units": 3, "activation": {"name": "leaky_relu", "negative_slope": 0.1}},
            {"units": 3, "activation": "prelu", "batch_normalization": "after_activation"},
        ],
    },
}


@pytest.mark.slow
def test_multiclass_with_categories_and_gaps(mixed_run, tmp_path):
    assert_exported(Path(shutil.copytree(mixed_run, tmp_path / "repository")))


# As a user's program: numbers as NumPy has them, text as pandas has it, a gap and a new level.
USE = """
import sys
import keras, numpy as np, pandas as pd
frame = pd.read_csv("data/inputs/new.csv")
{lines}
np.save("found.npy", found)
texts = frame[{texts}].fillna("")
for text in (texts, texts.to_numpy(object), texts.to_numpy(str)):
    np.testing.assert_allclose(model([numeric, text]), found, rtol=1e-5)
assert not any(name.startswith("stages") for name in sys.modules)
"""


@pytest.mark.slow
def test_the_printed_lines_predict_a_data_frame(mixed_run, tmp_path):
    folder = Path(shutil.copytree(mixed_run, tmp_path / "repository"))
    new = pd.read_parquet(folder / "data/raw/test.parquet").head(8)
    new.loc[0, "income €"], new.loc[1, "grade"], new.loc[2, "city/town"] = np.nan, "z", np.nan
    new.to_csv(folder / "data/inputs/new.csv", index=False)
    said = run(folder, "python", "-m", "stages", "export").stdout
    lines = textwrap.dedent(said.partition("such columns:\n")[2]).strip()
    assert lines.count("\n") == 3
    lines = lines.replace("model.predict(", "found = model.predict(")
    texts = [name for name in new if new[name].dtype not in (float, int)]
    texts = [name for name in texts if f"{name!r}" in lines.split("\n")[2]]
    run(folder, sys.executable, "-c", USE.format(lines=lines, texts=texts))
    run(folder, "python", "-m", "stages", "predict", "data/inputs/new.csv")
    wrote = pd.read_csv(folder / "data/export/predictions.csv").filter(regex="^probability")
    np.testing.assert_allclose(np.load(folder / "found.npy"), wrote.to_numpy(), atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_more_normalizations(case, finished_run):
    mixed_table(finished_run, "y")
    edit_params(finished_run, **CASES[case])
    run_stages(finished_run, *STAGES[:3])
    assert_exported(finished_run)


def assert_exported(folder: Path) -> None:
    """Three classes for each of the test rows, as the pipeline predicts them."""
    found, wrote = exported(folder)
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
    run_stages(finished_run, *STAGES[:4])
    found, wrote = exported(finished_run)
    np.testing.assert_allclose(found, wrote, rtol=1e-5)
    metrics = json.loads((finished_run / "reports/metrics.json").read_text())
    # in target units: prices of some hundred thousand, not numbers around zero
    assert metrics["test"]["mae"] > 1000


@pytest.mark.slow
def test_default_with_raw_inputs_and_logits(finished_run):
    edit_params(finished_run, **{"train.from_logits": True})
    run_stages(finished_run, *STAGES[:4])
    found, wrote = exported(finished_run)
    np.testing.assert_allclose(found, wrote, atol=1e-5)


@pytest.mark.parametrize(
    ("file", "content", "words"),
    [
        ("model/weights.npz", b"no archive", "weights.npz: expected an .npz"),
        ("model/network.json", b"{}", "network.json: expected schema 1"),
        ("model/network.json", b"[1, 2", "strict JSON"),
    ],
)
def test_files_that_are_not_ours_are_refused(file, content, words, finished_run, monkeypatch):
    monkeypatch.chdir(finished_run)
    monkeypatch.setattr("sys.argv", ["export"])
    path = finished_run / "data" / file
    path.unlink()
    path.write_bytes(content)
    with pytest.raises(UserError, match=words):
        main()
    assert not (finished_run / "data/export").exists()


@pytest.mark.parametrize(
    "path",
    ["../model.keras", "/tmp/model.keras", "model.h5", "data/model/model.keras"],  # noqa: S108
)
def test_it_writes_below_the_repository_only(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["export", path])
    with pytest.raises(
        UserError,
        match=r"expected a (\.keras file below this repository|file of its own, outside data/)",
    ):
        main()
