"""What a sweep has trained, kept outside DVC's outputs so that a killed one goes on.

A file a setting, written whole or not at all, and named by all that it depends on: params, seeds,
data, code and packages. So a sweep takes up what any earlier one has trained.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from stages.lib.core.errors import UserError
from stages.lib.core.parquet_files import read_table, write_table
from stages.lib.core.splits import SPLITS
from stages.lib.keras_fit.model import FOLDER as FOLDER_OF_MODELS
from stages.lib.params.edits import Sections
from stages.train.checkpoint import fingerprint

FOLDER = Path("data/checkpoint/sweep")
DATA = ("data/raw/card.json", *(f"data/raw/{split}.parquet" for split in SPLITS))
CODE = (
    "stages/lib/core",
    "stages/lib/keras_fit",
    "stages/lib/mlp",
    "stages/lib/params",
    "stages/lib/transforms",
    "stages/lib/trials",
    "stages/lib/vocabulary",
)


@dataclass(frozen=True)
class Result:
    """One setting's validation losses, float64 [seeds, rows], and each seed's status."""

    losses: np.ndarray
    statuses: list[str]


def data_key() -> str:
    """A hash of the rows, their card, and the models that params.yaml can name."""
    digest = hashlib.sha256()
    for name in (*DATA, *sorted(map(str, Path(FOLDER_OF_MODELS).glob("*.json")))):
        with open(name, "rb") as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()


def key(sections: Sections, seeds: tuple[int, ...], data: str) -> str:
    """The name of a setting's file."""
    return fingerprint({"sections": sections, "seeds": seeds, "data": data}, [], CODE)


def check() -> None:
    """Raises UserError where the folder is a link: what it leads to is somebody else's."""
    if FOLDER.is_symlink() or FOLDER.parent.is_symlink():
        raise UserError(FOLDER, "a folder", "a link")


def save(name: str, result: Result) -> None:
    """Keep a setting's result under its name."""
    seeds, rows = result.losses.shape
    frame = pd.DataFrame(
        {
            "seed": np.repeat(np.arange(seeds), rows),
            "status": np.repeat(result.statuses, rows),
            "loss": result.losses.ravel(),
        }
    )
    write_table(FOLDER / f"{name}.parquet", frame)


def saved(name: str, seeds: int) -> Result | None:
    """What `save` wrote under this name; None where there is none, or none that is whole."""
    try:
        frame = read_table(FOLDER / f"{name}.parquet")
        losses = frame["loss"].to_numpy("float64").reshape(seeds, -1)
        statuses = frame["status"].to_numpy().reshape(seeds, -1)[:, 0].tolist()
    except (UserError, LookupError, ValueError):
        return None
    return Result(losses, statuses) if np.isfinite(losses).all() else None
