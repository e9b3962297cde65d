"""The history of a training that is still at work, for plots that are drawn as it goes on."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from stages.lib.core.csv_files import write_csv

# Between two writings: what watches a file looks about as often. A long history takes a while to
# write, and then waits so many times as long.
SECONDS, PATIENCE = 1.0, 20

History = list[dict[str, float]]


@contextmanager
def growing(path: Path) -> Iterator[Callable[[History], None]]:
    """To be told the history so far, as epochs end; `path` has it, about a second old.

    path: a file of an output that the stage writes whole at the end. When the block fails, what was
    written here goes, since what is left of a failed stage is no output; an earlier one stays.
    """
    due, written = time.monotonic() + SECONDS, False

    def grown(history: History) -> None:
        nonlocal due, written
        start = time.monotonic()
        if start >= due:
            write_csv(path, pd.DataFrame(history))
            written = True
            end = time.monotonic()
            due = end + max(SECONDS, PATIENCE * (end - start))

    try:
        yield grown
    except BaseException:
        if written:
            path.unlink(missing_ok=True)
        raise
