"""A script's text run to its end in plain Keras, each time in a process of its own."""

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydantic import Field

from stages.lib.core.errors import UserError
from stages.lib.core.json_files import read_json, validate
from stages.lib.core.text import printable
from stages.tools.adopt.script_process import run_to_end
from stages.tools.adopt.translate.keras_object import Strict, Text


class _Ended(Strict):
    """ended.json: why the script did not run to its end, '' if it did, and the line."""

    why: Text
    line: int = Field(ge=0)


@dataclass(frozen=True)
class Rows:
    """What a model puts out for some rows, in the unit of the adopted target.

    Attributes:
        y: targets as fit was given them, float64 [rows, width].
        outputs: float64 [rows, units].
        weights: of the rows, float64 [rows], or None.
    """

    y: np.ndarray
    outputs: np.ndarray
    weights: np.ndarray | None


@dataclass(frozen=True)
class Run:
    """One run: what was measured on the training rows and on held-out rows, None without any; why
    it failed, '' if it did not."""

    training: Rows | None
    held_out: Rows | None
    failed: str


@dataclass(frozen=True)
class Subject:
    """What is run, and how.

    Attributes:
        script: the file, which the text stands for.
        arguments: its own.
        timeout: seconds for one run.
        kept, held_out: positions of the training rows that train and of those that are measured in
            the place of validation rows, where the script has none; None for a script as it is.
    """

    script: str
    arguments: list[str]
    timeout: float
    kept: np.ndarray | None = None
    held_out: np.ndarray | None = None


def run_once(subject: Subject, text: bytes, seed: int, scaler: str) -> Run:
    """Run a text of the script at a seed. scaler: the variable that scales the target, or ''."""
    with tempfile.TemporaryDirectory(prefix="prove-") as name:
        folder = Path(name)
        (folder / "script.py").write_bytes(text)
        if subject.kept is not None and subject.held_out is not None:
            np.save(folder / "rows.npy", subject.kept)
            np.save(folder / "held_out.npy", subject.held_out)
        failed = _run(subject, folder, seed, scaler)
        if not failed and not (folder / "measured.npz").is_file():
            failed = "it ended without a call of keras.Model.fit"
        if failed:
            return Run(None, None, failed)
        with np.load(folder / "measured.npz", allow_pickle=False) as arrays:
            found = dict(arrays)
    training = Rows(found["y"], found["outputs"], found.get("w"))
    if "y_held_out" not in found:
        return Run(training, None, "")
    held_out = Rows(found["y_held_out"], found["outputs_held_out"], found.get("w_held_out"))
    return Run(training, held_out, "")


def _run(subject: Subject, folder: Path, seed: int, scaler: str) -> str:
    """Why it failed, or ''. Whatever the script started ends with it."""
    command = [sys.executable, "-m", "stages.tools.adopt.prove.measure", str(folder), str(seed)]
    command += [scaler or "-", subject.script, *subject.arguments]
    code = run_to_end(command, subject.timeout)
    if code is None:
        name = printable(Path(subject.script).name)
        raise UserError(
            name, f"the script's end within {subject.timeout:g} seconds (--timeout)", "none"
        )
    if not (folder / "ended.json").is_file():
        return f"it ended with exit code {code}"
    ended = validate(_Ended, read_json(folder / "ended.json"), "ended.json", "how it ended")
    where = f"line {ended.line}: " if ended.line else ""
    return f"{where}{printable(ended.why)}" if ended.why else ""
