"""DVC and git, run by a tool as a person runs them."""

import os
import subprocess
import sys
from pathlib import Path

from stages.lib.core.errors import UserError


def dvc(*command: str, folder: Path | None = None) -> str:
    """What a DVC command prints.

    Args:
        folder: where it runs; None for the working directory.

    Raises:
        UserError: it fails; with its first line that names an error.
    """
    return _output(f"dvc {command[0]}", [sys.executable, "-m", "dvc", *command], folder)


def git(*command: str, folder: Path | None = None) -> str:
    """What a git command prints; arguments as `dvc`. Raises UserError where it fails."""
    return _output(f"git {command[0]}", ["git", *command], folder)


def _output(name: str, command: list[str], folder: Path | None) -> str:
    # The stages are run as `python`, which is to be this one.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    try:
        done = subprocess.run(
            command, cwd=folder, env=os.environ | {"PATH": path}, capture_output=True, check=False
        )
    except FileNotFoundError:
        raise UserError("", f"{command[0]} on the PATH") from None
    if done.returncode:
        text = done.stderr.decode(errors="replace").strip()
        lines = [line.strip() for line in text.splitlines() if line.strip()] or ["it failed"]
        marks = ("error:", "ERROR:", "fatal:")
        reason = next((line for line in lines if line.startswith(marks)), lines[-1])
        raise UserError(name, "it to succeed", f"{reason:.300}")
    return done.stdout.decode(errors="replace")
