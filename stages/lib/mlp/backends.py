"""Where jobs run, by the names of lib/vocabulary/backends.py: in threads here, in a process a core
here, or on a Dask cluster.

A job is one compiled graph's worth of arms; what comes
back does not depend on who did it.
"""

import hashlib
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from stages.lib.core.errors import UserError, one_line
from stages.lib.params.agreement import check_backend
from stages.lib.vocabulary.backends import BACKENDS as ROWS

ADDRESS = ROWS["dask"].address
# Seconds to wait for the scheduler, and for the first worker to join it.
PATIENCE = 30
# Compiling one graph and running another share a machine of two cores well.
THREADS_AT_ONCE = 2

# (work, jobs) -> the results, in the jobs' order
Backend = Callable[[Callable[[Any], Any], list[Any]], Iterator[Any]]


def threads(work: Callable[[Any], Any], jobs: list[Any]) -> Iterator[Any]:
    """In this process, where jobs share what is compiled."""
    with ThreadPoolExecutor(max_workers=THREADS_AT_ONCE) as pool:
        yield from pool.map(work, jobs)


def loky(work: Callable[[Any], Any], jobs: list[Any]) -> Iterator[Any]:
    """A process a core; large arrays are memory-mapped, not copied. Each process compiles for
    itself."""
    from joblib import Parallel, cpu_count, delayed

    count = max(1, min(cpu_count(), len(jobs)))
    yield from Parallel(n_jobs=count, backend="loky", return_as="generator")(
        delayed(work)(job) for job in jobs
    )


def dask(work: Callable[[Any], Any], jobs: list[Any]) -> Iterator[Any]:
    """On the cluster whose scheduler DASK_SCHEDULER_ADDRESS names.

    The workers run in clones of the same commit. A job whose worker is lost is done again by
    another one. Raises UserError without a scheduler, without a worker, for workers with other
    code, and when a job was lost with several workers in a row.
    """
    from distributed import Client, KilledWorker

    check_backend("dask")
    address = os.environ[ADDRESS]
    try:
        client = Client(address, timeout=PATIENCE, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        line = " ".join(str(error).split())
        raise UserError(ADDRESS, f"a Dask scheduler at {address!r:.80}", f"{line:.120}") from None
    with client:
        _check_code(client)
        # Results are asked for in order; those that wait take no more memory than here.
        futures = client.map(work, jobs, pure=False, retries=2)
        try:
            for future in futures:
                yield future.result()
        except KilledWorker as error:
            raise UserError("compute.backend", "dask to run each fit", one_line(error)) from None


BACKENDS: dict[str, Backend] = {"threads": threads, "loky": loky, "dask": dask}


def code_hash() -> str:
    """A hash of the code that trains, in the working directory."""
    digest = hashlib.sha256()
    for file in sorted(Path("stages").rglob("*.py")):
        digest.update(file.as_posix().encode() + file.read_bytes())
    return digest.hexdigest()


def _check_code(client: Any) -> None:
    """Raises UserError unless there are workers, and all have the code that is here."""
    try:
        client.wait_for_workers(1, timeout=PATIENCE)
    except TimeoutError:
        raise UserError(ADDRESS, "at least one worker", "none") from None
    expected = code_hash()
    for worker, found in client.run(code_hash, on_error="return").items():
        if found != expected:
            raise UserError(
                f"Dask worker {worker}",
                "it to run in a clone of this commit, from the repository's root",
                "other code",
            )
