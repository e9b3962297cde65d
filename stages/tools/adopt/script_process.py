"""A user's script in a process of its own, whose end is the end of all that it started."""

import contextlib
import os
import signal
import subprocess


def run_to_end(command: list[str], timeout: float) -> int | None:
    """Run a command that runs a script; what it prints is not kept, and it reads nothing.

    Args:
        timeout: in seconds; then it is killed.

    Returns:
        The exit code, that of a signal below 0; None where the time was up.
    """
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
        return None
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
