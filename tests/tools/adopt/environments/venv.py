"""Virtual environments with other Keras than ours, made once and kept in the temporary folder."""

import os
import re
import shutil
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


def interpreter(version: str) -> str:
    """An installed Python of a version, on the path or pyenv's; '' for the one that runs. Skips the
    test where there is none."""
    if not version:
        return sys.executable
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    places = [shutil.which(f"python{version}"), *pyenv.glob(f"versions/{version}.*/bin/python")]
    for place in filter(None, places):
        # pyenv puts a file on the path that fails where the version is not switched on.
        if subprocess.run([place, "--version"], capture_output=True, check=False).returncode == 0:
            return str(place)
    pytest.skip(f"Python {version} is not installed")


@dataclass(frozen=True)
class Environment:
    """An environment of its own.

    Attributes:
        name: of its folder.
        packages: as pip takes them.
        keras: how the version of its Keras begins.
        variables: of the processes that run in it.
        version: of Python, '3.9'; '' for the one that runs the tests.
    """

    name: str
    packages: tuple[str, ...]
    keras: str
    variables: dict[str, str] = field(default_factory=dict)
    version: str = ""

    @property
    def backend(self) -> str:
        """Of its Keras."""
        return self.variables.get("KERAS_BACKEND", "tensorflow")

    def python(self) -> Path:
        """Its interpreter, made at the first call. Skips the test where pip has no index, or this
        version of Python is not installed."""
        FOLDER.mkdir(exist_ok=True)
        folder, wanted = FOLDER / self.name, "\n".join(self.packages)
        ready, python = folder / "ready", folder / "bin" / "python"
        with FileLock(FOLDER / f"{self.name}.lock"):
            if not (ready.is_file() and ready.read_text() == wanted):
                subprocess.run(
                    [interpreter(self.version), "-m", "venv", "--clear", str(folder)], check=True
                )
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
