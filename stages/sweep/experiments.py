"""The best settings of a sweep as DVC experiments: the whole pipeline, in a folder of its own.

One after the other: DVC's queue stalls with several workers.
"""

import subprocess
import sys

from stages.diagnose.prescription import overrides
from stages.diagnose.program import Edit
from stages.files import UserError


def known() -> set[str]:
    """The names of this commit's experiments."""
    return set(_dvc("exp", "list", "--name-only").split())


def run(name: str, edit: Edit, copied: list[str]) -> None:
    """Run an experiment and keep it under this name; the workspace stays as it is.

    copied: files that git does not track and the run reads. Raises UserError with DVC's last line
    when it fails.
    """
    settings = [part for one in overrides(edit) for part in ("-S", one)]
    copies = [part for path in copied for part in ("--copy-paths", path)]
    _dvc("exp", "run", "--temp", "--name", name, *copies, *settings)


def _dvc(*command: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "dvc", *command], capture_output=True, text=True, check=False
    )
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["it failed"]
        found = next((line for line in lines if line.startswith(("error:", "ERROR:"))), lines[-1])
        raise UserError(f"dvc {command[0]} {command[1]}: {found:.300}")
    return done.stdout
