"""python -m stages.tools.adopt.capture.runner FOLDER SCRIPT [ARGS...]: a script, to its first fit.

Runs in a process of its own. What it found, or why it found nothing, stands in FOLDER when it has
ended: captured.json beside arrays, or failed.json. Neither is written by halves: each is renamed
into its place, and the first one stays.
"""

import linecache
import os
import sys
import threading
import traceback
import types
from pathlib import Path
from typing import Any

from stages.tools.adopt.capture import intercept
from stages.tools.adopt.capture.handover import CaptureError, Handover

# Frames of installed packages and of ours say nothing to the author of a script.
_ELSEWHERE = ("site-packages", "dist-packages", str(Path(os.__file__).parent), "<frozen")


def main() -> None:
    folder, script, *arguments = sys.argv[1:]
    handover = Handover(Path(folder))
    try:
        intercept.install(handover)
    except CaptureError as error:
        handover.fail(str(error))
    except BaseException as error:
        handover.fail(f"Keras could not be imported: {_last_line(error)}")
    sys.argv = [script, *arguments]
    sys.path[0] = str(Path(script).resolve().parent)
    try:
        _run(script)
    except SystemExit as end:
        handover.wait_for_writer()
        code = "" if end.code in (None, 0) else f" with sys.exit({str(end.code)!r:.80})"
        handover.fail(f"ended{code} before a call of keras.Model.fit")
    except BaseException as error:
        handover.fail(_last_line(error), **_place(error, script))
    for thread in threading.enumerate():  # as Python does at the end of a script
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join()
    handover.wait_for_writer()
    hint = "; it imports torch: adopt takes Keras" if "torch" in sys.modules else ""
    handover.fail(f"ended without a call of keras.Model.fit{hint}")


def _run(script: str) -> None:
    """As `python SCRIPT` does: in the module that is called __main__."""
    module = types.ModuleType("__main__")
    module.__file__ = script
    sys.modules["__main__"] = module
    code = compile(Path(script).read_bytes(), script, "exec")
    exec(code, module.__dict__)  # noqa: S102 (to run it is what the user asks for)


def _last_line(error: BaseException) -> str:
    lines = [line for line in str(error).strip().splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0].strip()}" if lines else type(error).__name__


def _place(error: BaseException, script: str) -> dict[str, Any]:
    """File, line and source of the last frame that the author of the script wrote."""
    if isinstance(error, SyntaxError) and error.lineno:
        file = error.filename or script
        return {"file": file, "line": error.lineno, "source": error.text or ""}
    here = Path(__file__).resolve().parent
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if not Path(frame.filename).resolve().is_relative_to(here)
        and not any(place in frame.filename for place in _ELSEWHERE)
    ]
    if not frames:
        return {}
    last = frames[-1]
    source = linecache.getline(last.filename, last.lineno or 0)
    return {"file": last.filename, "line": last.lineno or 0, "source": source}


if __name__ == "__main__":
    main()
