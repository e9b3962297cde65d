"""How the process that runs a stranger's script hands over what it found: plain files, no pickle.

Whoever comes first, of threads and forked children too, writes; the process then ends at once, by
a way that no `except` of the script can stop.
"""

import json
import math
import os
import time
from pathlib import Path
from typing import Any

import numpy as np

CAPTURED, FAILED = "captured.json", "failed.json"
# Numbers of one array: 2^27 float64 are a gigabyte.
MAX_VALUES = 2**27


class CaptureError(Exception):
    """The script's program is none that can be adopted: one line says why."""


class Handover:
    """Writes into `folder`, and ends the process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()

    def claim(self) -> bool:
        """Whether nobody else is writing; from then on nobody else is."""
        try:
            os.close(os.open(self.folder / "first", os.O_CREAT | os.O_EXCL))
        except OSError:
            return False
        return True

    def wait_for_writer(self) -> None:
        """Until whoever was first has written, in a thread or a forked child."""
        ends = [self.folder / name for name in (CAPTURED, FAILED)]
        while (self.folder / "first").exists() and not any(end.exists() for end in ends):
            time.sleep(0.05)

    def finish(self, content: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        """Write, and end."""
        self.write(content, arrays)
        os._exit(0)

    def write(self, content: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        """Arrays as NAME.npy, then what they are."""
        for name, array in arrays.items():
            with open(self.folder / f"{name}.npy", "wb") as stream:
                np.save(stream, array, allow_pickle=False)
        self._write(CAPTURED, content)

    def fail(self, why: str, **place: object) -> None:
        """Write why nothing was found, unless something was, and end."""
        self._write(FAILED, {"why": str(why)[:2000], **place})
        os._exit(1)

    def _write(self, name: str, content: dict[str, Any]) -> None:
        partial = self.folder / f".partial-{os.getpid()}-{name}"
        text = json.dumps(_strict(content), allow_nan=False)
        partial.write_text(text, encoding="utf-8")
        if not (self.folder / CAPTURED).exists():
            partial.replace(self.folder / name)


def _strict(value: object) -> object:
    """The same as strict JSON can hold it; what it cannot, as text."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, dict):
        return {str(key): _strict(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set):
        return [_strict(item) for item in value]
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    text = value if isinstance(value, str) else str(value)[:200]
    return text.encode("utf-8", errors="replace").decode("utf-8")
