"""Virtual environments with other Keras than ours, made once and kept in the temporary folder."""

import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from filelock import FileLock

FOLDER = Path(tempfile.gettempdir()) / "loss-ledger-environments"
# What pip says where it cannot reach its index.
UNREACHABLE = re.compile(
    r"NewConnectionError|NameResolutionError|ConnectTimeoutError|ReadTimeout|ProxyError"
    r"|Failed to establish a new connection|Temporary failure in name resolution"
)


@dataclass(frozen=True)
class Environment:
    """An environment of its own.

    Attributes:
        name: of its folder.
        packages: as pip takes them.
        variables: of the processes that run in it.
    """

    name: str
    packages: tuple[str, ...]
    variables: dict[str, str] = field(default_factory=dict)

    def python(self) -> Path:
        """Its interpreter, made at the first call. Skips the test where pip has no index."""
        FOLDER.mkdir(exist_ok=True)
        folder, wanted = FOLDER / self.name, "\n".join(self.packages)
        ready, python = folder / "ready", folder / "bin" / "python"
        with FileLock(FOLDER / f"{self.name}.lock"):
            if not (ready.is_file() and ready.read_text() == wanted):
                subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
                done = subprocess.run(
                    [str(python), "-m", "pip", "install", "-q", *self.packages],
                    capture_output=True, text=True,
                )  # fmt: skip
                if done.returncode and UNREACHABLE.search(done.stdout + done.stderr):
                    pytest.skip(f"{self.name}: the package index cannot be reached")
                assert done.returncode == 0, done.stderr
                ready.write_text(wanted)
        return python

    def run(self, folder: Path, *arguments: str | Path) -> str:
        """What a run of this interpreter in a folder prints."""
        plain = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
        quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
        done = subprocess.run(
            [str(self.python()), *map(str, arguments)], cwd=folder, capture_output=True, text=True,
            env=plain | quiet | self.variables, timeout=500,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout
