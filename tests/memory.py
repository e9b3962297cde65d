"""A command in a process of its own, the memory that it takes, and the time."""

import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tests.conftest import environment

MIB = 2**20
# Lines of /proc/PID/status. VmData: private memory that may be written, as RLIMIT_DATA counts it.
# RssAnon: what of it is in use. VmRSS: that and the pages of files, which the system takes back.
KINDS = ("VmData", "RssAnon", "VmRSS")


def peaks(folder: Path, stage: str, data_limit: int | None = None) -> dict[str, int]:
    """The most memory that a stage had in a clone (see `watched`)."""
    return watched(folder, ["-m", f"stages.{stage}"], data_limit)[0]


def watched(
    folder: Path, command: Sequence[str], data_limit: int | None = None
) -> tuple[dict[str, int], float]:
    """Run Python with these arguments in a folder, with so many bytes of private memory at most
    (RLIMIT_DATA); the most of each kind that it was seen to have, bytes, and the seconds that it
    took. Raises AssertionError when it fails."""

    def limit() -> None:
        if data_limit:
            resource.setrlimit(resource.RLIMIT_DATA, (data_limit, data_limit))

    start = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, *command], cwd=folder, env=environment(), text=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, preexec_fn=limit,
    )  # fmt: skip
    most = dict.fromkeys(KINDS, 0)
    while process.poll() is None:
        for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
            name, _, size = line.partition(":")
            if name in most:
                most[name] = max(most[name], int(size.split()[0]) * 1024)
        time.sleep(0.02)
    seconds = time.monotonic() - start
    assert process.returncode == 0, process.stderr.read()[-2000:]
    return most, seconds
