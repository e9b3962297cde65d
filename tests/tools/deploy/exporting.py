"""A model exported by the real command and loaded by plain Keras, and a table for it."""

import sys

import numpy as np
import pandas as pd

from tests.conftest import edit_params, run

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
