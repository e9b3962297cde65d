"""A user's script, run in a process of its own up to its fit, by capture.py."""

import sys
import tempfile
from pathlib import Path

from stages.lib.core.errors import UserError
from stages.lib.core.json_files import read_json, validate
from stages.lib.core.text import printable
from stages.tools.adopt import capture
from stages.tools.adopt.script_process import run_to_end
from stages.tools.adopt.translate.bundle import read_bundle
from stages.tools.adopt.translate.captured import Captured
from stages.tools.adopt.translate.keras_object import Strict, Text
from stages.tools.adopt.translate.spellings import current_spelling

_BUNDLE, _FAILED = f"script{capture.SUFFIX}", "failed.json"


class _Failure(Strict):
    """What capture.py says of a script that it takes nothing from."""

    where: Text
    expected: Text
    received: Text
    hint: Text
    file: Text = ""
    line: int = 0
    source: Text = ""


def run_script(script: str, arguments: list[str], timeout: float) -> Captured:
    """Run the script up to its fit. Raises UserError, in one line, for whatever else it does:
    raising, ending, hanging (after `timeout` seconds), or handing over what is no program.
    """
    name = printable(Path(script).name)
    if not Path(script).is_file():
        raise UserError("", "a script", f"{script!r:.200}, which is no file")
    if Path(script).suffix == ".ipynb":
        raise UserError(
            name, "a script", "a notebook",
            "capture.py writes a bundle in it, as its first lines say; "
            "`jupyter nbconvert --to script` makes a script of it",
        )  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="adopt-") as folder:
        bundle, failed = Path(folder) / _BUNDLE, Path(folder) / _FAILED
        code = _run(Path(folder), script, arguments, timeout)
        # A pipe or a link in their place would be waited for, or followed.
        if bundle.is_file() and not bundle.is_symlink():
            return read_bundle(bundle)
        if failed.is_file() and not failed.is_symlink():
            raise _failure(failed, name)
        if code is None:
            raise UserError(
                name, f"a call of keras.Model.fit within {timeout:g} seconds (--timeout)", "none"
            )
        how = f"the end by signal {-code}" if code < 0 else f"the end with exit code {code}"
        raise UserError(name, "a call of keras.Model.fit", f"{how} before it")


def _run(folder: Path, script: str, arguments: list[str], timeout: float) -> int | None:
    """The exit code, or None where the time was up."""
    command = [
        sys.executable, capture.__file__, "--out", str(folder / _BUNDLE), "--report",
        str(folder / _FAILED), script, *arguments,
    ]  # fmt: skip
    return run_to_end(command, timeout)


def _failure(report: Path, name: str) -> UserError:
    """`train.py, line 12: expected a script that runs to its fit. Received: TypeError: ...;
    nb_epoch is spelled epochs today`"""
    failed = validate(_Failure, read_json(report), name, "a reason")
    place = name
    if failed.line:
        file = printable(Path(failed.file).name)
        place = f"{name}, line {failed.line}" if file == name else (
            f"{name}: {file}, line {failed.line}"
        )  # fmt: skip
    where = ": ".join(filter(None, (place, printable(failed.where)[:200])))
    received = printable(failed.received)[:1000]
    hint = printable(failed.hint)[:1000] or current_spelling(failed.received, failed.source)
    return UserError(where, printable(failed.expected)[:500], received, hint)
