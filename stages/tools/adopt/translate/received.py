"""A script run in a process of its own, and what came back, read as a stranger's data."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from stages.lib.core.errors import UserError
from stages.lib.core.json_files import read_json, validate
from stages.lib.core.text import printable
from stages.lib.params.section import FLOAT32_MAX
from stages.tools.adopt.capture.handover import FAILED, MAX_VALUES, TAKEN
from stages.tools.adopt.translate.spellings import todays

# A network of so many layers would be no table's.
MAX_LAYERS = 1000
Text = Annotated[str, Field(max_length=100_000)]
Word = Annotated[str, Field(max_length=500)]
Count = Annotated[int, Field(ge=1, le=10**9)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Described(_Strict):
    """A Keras object: its class, the module of that, and its configuration."""

    name: Word = Field(alias="class")
    module: Word
    config: dict[Word, Any]

    @property
    def is_keras(self) -> bool:
        return self.module == "keras" or self.module.startswith(("keras.", "keras_"))


class Fit(_Strict):
    """The arguments of fit. class_weight: by the numbers of the classes. sample_weight: whether
    rows have weights. validated: with validation rows."""

    batch_size: Count
    shuffle: bool
    epochs: Annotated[int, Field(ge=0, le=10**9)]
    callbacks: Annotated[list[Described], Field(max_length=100)]
    class_weight: dict[Word, Annotated[float, Field(ge=0, le=FLOAT32_MAX)]] | None
    sample_weight: bool
    validated: bool


class Content(_Strict):
    """taken.json."""

    layers: Annotated[list[Described], Field(min_length=1, max_length=MAX_LAYERS)]
    applied: Annotated[list[Word], Field(max_length=MAX_LAYERS)]
    loss: Described
    optimizer: Described
    fit: Fit
    columns: Annotated[list[Text], Field(max_length=MAX_VALUES)] | None
    targets: Annotated[list[Text], Field(max_length=MAX_VALUES)] | None
    remarks: Annotated[list[Text], Field(max_length=100)]
    heard: Annotated[list[Text], Field(max_length=100)]
    weights: Annotated[list[Word], Field(max_length=20 * MAX_LAYERS)]


class _Failed(_Strict):
    why: Text
    file: Text = ""
    line: int = 0
    source: Text = ""


@dataclass(frozen=True)
class Received:
    """What a script's first fit was given. x float64 [rows, inputs], y float64 [rows, ...]; the
    validation rows' or None. weights: float32 by 'POSITION.NAME' of the layers. w: float64 [rows],
    weights of the rows, and those of the validation rows, or None."""

    content: Content
    x: np.ndarray
    y: np.ndarray
    x_validation: np.ndarray | None
    y_validation: np.ndarray | None
    weights: dict[str, np.ndarray]
    w: np.ndarray | None = None
    w_validation: np.ndarray | None = None


def received(script: str, arguments: list[str], timeout: float) -> Received:
    """Run the script up to its first fit. Raises UserError, in one line, for whatever else it
    does: raising, ending, hanging (after `timeout` seconds), or handing over what is no program.
    """
    name = printable(Path(script).name)
    if not Path(script).is_file():
        raise UserError(f"expected a script. Received: {script!r:.200}, which is no file")
    if Path(script).suffix == ".ipynb":
        raise UserError(
            f"{name}: expected a script. Received: a notebook; `jupyter nbconvert --to script` "
            "makes one of it"
        )
    with tempfile.TemporaryDirectory(prefix="adopt-") as folder:
        code = _run(Path(folder), script, arguments, timeout, name)
        if (Path(folder) / TAKEN).is_file():
            return read(Path(folder), name)
        if (Path(folder) / FAILED).is_file():
            raise UserError(_failure(Path(folder), name))
        how = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
        raise UserError(f"{name}: {how} before a call of keras.Model.fit")


def _run(folder: Path, script: str, arguments: list[str], timeout: float, name: str) -> int:
    """The exit code. Whatever the script started ends with it; what it prints is not kept."""
    command = [
        sys.executable,
        "-m",
        "stages.tools.adopt.capture.runner",
        str(folder),
        script,
        *arguments,
    ]
    # A window that waits for somebody to close it would wait for ever.
    environment = os.environ | {"MPLBACKEND": "Agg", "TF_CPP_MIN_LOG_LEVEL": "3"}
    process = subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        return process.wait(timeout)
    except subprocess.TimeoutExpired:
        raise UserError(
            f"{name}: expected a call of keras.Model.fit within {timeout:g} seconds (--timeout). "
            "Received: none"
        ) from None
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _failure(folder: Path, name: str) -> str:
    """`train.py, line 12: nb_epoch is spelled epochs today (TypeError: ...)`"""
    failed = validate(_Failed, read_json(folder / FAILED), name, "a reason")
    why = printable(failed.why)[:300]
    where = name
    if failed.line:
        file = printable(Path(failed.file).name)
        where = f"{name}, line {failed.line}" if file == name else (
            f"{name}: {file}, line {failed.line}"
        )  # fmt: skip
    today = todays(failed.why, failed.source)
    return f"{where}: {today} ({why})" if today else f"{where}: {why}"


def read(folder: Path, name: str) -> Received:
    """What stands in the folder, checked. Raises UserError with the script's name."""
    content = validate(Content, read_json(folder / TAKEN), name, "what keras.Model.fit takes")

    def array(file: str, kind: str) -> np.ndarray:
        try:
            path = folder / f"{file}.npy"
            if path.is_symlink() or not path.is_file():  # a pipe would be waited for
                raise ValueError("no file")
            found = np.load(path, mmap_mode="r", allow_pickle=False)
            if found.dtype != kind or not found.size or found.size > MAX_VALUES:
                raise ValueError(f"{found.dtype} of shape {found.shape}")
            return np.array(found)
        except (OSError, ValueError, EOFError) as error:
            raise UserError(f"{name}: {file:.60}: expected numbers. Received: {error}") from None

    rows = {key: array(key, "float64") for key in ("x", "y")}
    held_out = dict.fromkeys(("x_validation", "y_validation"))
    if content.fit.validated:
        held_out = {key: array(key, "float64") for key in held_out}
    for x, y in (rows.values(), held_out.values()):
        if x is not None and (x.ndim != 2 or len(x) != len(y)):
            raise UserError(f"{name}: expected rows of x and y. Received: {x.shape} and {y.shape}")
    own: dict[str, np.ndarray] = {}
    if content.fit.sample_weight:
        for key, x in (("w", rows["x"]), ("w_validation", held_out["x_validation"])):
            if x is not None:
                own[key] = array(key, "float64")
                if own[key].shape != (len(x),) or not (own[key] >= 0).all():
                    raise UserError(f"{name}: expected a weight >= 0 for each row")
    weights = {}
    for key in content.weights:
        place, _, kind = key.partition(".")
        if not (place.isdecimal() and kind.replace("_", "").isalnum()):
            raise UserError(f"{name}: expected names of weights. Received: {key!r:.60}")
        weights[key] = array(f"weight.{key}", "float32")
    return Received(content, *rows.values(), *held_out.values(), weights, **own)


def number(value: Any, what: str) -> float:
    """A finite number of a configuration. Raises UserError naming it."""
    good = isinstance(value, int | float) and not isinstance(value, bool)
    # An integer can be too large even to be told finite.
    if not good or not abs(value) <= FLOAT32_MAX:
        raise UserError(f"{what}: expected a finite number. Received: {str(value)!r:.60}")
    return value
