"""A user's script, run in a process of its own up to its first fit."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from stages.lib.core.errors import UserError
from stages.lib.core.json_files import read_json, validate
from stages.lib.core.text import printable
from stages.tools.adopt.capture.handover import CAPTURED, FAILED
from stages.tools.adopt.translate.bundle import read_captured
from stages.tools.adopt.translate.captured import Captured
from stages.tools.adopt.translate.keras_object import Strict, Text
from stages.tools.adopt.translate.spellings import current_spelling


class _Failure(Strict):
    """failed.json."""

    why: Text
    file: Text = ""
    line: int = 0
    source: Text = ""


def run_script(script: str, arguments: list[str], timeout: float) -> Captured:
    """Run the script up to its first fit. Raises UserError, in one line, for whatever else it
    does: raising, ending, hanging (after `timeout` seconds), or handing over what is no program.
    """
    name = printable(Path(script).name)
    if not Path(script).is_file():
        raise UserError("", "a script", f"{script!r:.200}, which is no file")
    if Path(script).suffix == ".ipynb":
        raise UserError(
            name, "a script", "a notebook", "`jupyter nbconvert --to script` makes one of it"
        )
    with tempfile.TemporaryDirectory(prefix="adopt-") as folder:
        code = _run(Path(folder), script, arguments, timeout, name)
        if (Path(folder) / CAPTURED).is_file():
            return read_captured(Path(folder), name)
        if (Path(folder) / FAILED).is_file():
            raise _failure(Path(folder), name)
        how = f"the end by signal {-code}" if code < 0 else f"the end with exit code {code}"
        raise UserError(name, "a call of keras.Model.fit", f"{how} before it")


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
            name, f"a call of keras.Model.fit within {timeout:g} seconds (--timeout)", "none"
        ) from None
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _failure(folder: Path, name: str) -> UserError:
    """`train.py, line 12: expected a script that runs to its fit. Received: TypeError: ...;
    nb_epoch is spelled epochs today`"""
    failed = validate(_Failure, read_json(folder / FAILED), name, "a reason")
    why = printable(failed.why)[:300]
    where = name
    if failed.line:
        file = printable(Path(failed.file).name)
        where = f"{name}, line {failed.line}" if file == name else (
            f"{name}: {file}, line {failed.line}"
        )  # fmt: skip
    spelling = current_spelling(failed.why, failed.source)
    return UserError(where, "a script that runs to its fit", why, spelling)
