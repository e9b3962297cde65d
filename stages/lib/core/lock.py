"""One stage at a time in a folder."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from stages.lib.core.errors import UserError, one_line
from stages.lib.core.text import printable

# DVC keeps here what is of one folder only, and git ignores it.
LOCK = Path(".dvc/tmp/stage.lock")


@contextlib.contextmanager
def stage_lock(stage: str) -> Iterator[None]:
    """A block in which no other stage of this folder is.

    Of two that ran at once, an orphan of a killed DVC say, one would read what the other replaces.
    The lock is the kernel's, which releases it when its holder ends, however that comes about.

    Raises:
        UserError: another stage is in such a block, and the message names it, or there can be no
            lock.
    """
    lock = FileLock(LOCK)
    try:
        LOCK.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire(blocking=False)
    except Timeout:
        with LOCK.open(encoding="utf-8", errors="replace") as file:
            holder = printable(file.read(100))
        raise UserError(
            "",
            "no other stage to run in this folder",
            f"{holder}, which still runs",
            "wait for it, or end it",
        ) from None
    except OSError as error:
        raise UserError(LOCK, "a file that can be written", one_line(error)) from None
    try:
        LOCK.write_text(f"{stage} (process {os.getpid()})")
        yield
    finally:
        lock.release()
