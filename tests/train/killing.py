"""The train stage, killed once it has saved some epochs."""

import json
import subprocess
import sys
import time
from pathlib import Path

from tests.conftest import environment

FOLDER = Path("data/checkpoint")
SAVING = ("-m", "tests.train.saving_every_epoch")


def started(folder: Path) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, *SAVING], cwd=folder, env=environment(),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def saved_epoch(folder: Path) -> int:
    try:
        return json.loads((folder / FOLDER / "contents.json").read_text())["epoch"]
    except (FileNotFoundError, ValueError):
        return 0


def killed_after(folder: Path, epoch: int) -> None:
    """Start the stage and kill it once it has saved so many epochs."""
    process = started(folder)
    while saved_epoch(folder) < epoch and process.poll() is None:
        time.sleep(0.005)
    process.kill()
    process.communicate()
