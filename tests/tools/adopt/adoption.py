"""A workplace for `python -m stages adopt`, and scripts to run it on."""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from stages.lib import params
from stages.tools.adopt.capture import read_fit, write_bundle
from stages.tools.adopt.translate.adopted import Adopted, translate_script
from stages.tools.adopt.translate.bundle import read_bundle
from stages.tools.adopt.translate.captured import Captured
from tests.conftest import ROOT, changed, environment, settings

SCRIPTS = ROOT / "tests" / "tools" / "adopt" / "scripts"


def workplace(folder: Path) -> Path:
    """The code, the committed params.yaml and empty folders: all that adopt needs."""
    (folder / "data/inputs").mkdir(parents=True)
    (folder / "data/initial_weights").mkdir()
    (folder / "stages").symlink_to(ROOT / "stages")
    shutil.copy(ROOT / "params.yaml", folder)
    return folder


def adopt(folder: Path, *arguments: str | Path) -> subprocess.CompletedProcess:
    """The real command."""
    return subprocess.run(
        [sys.executable, "-m", "stages", "adopt", *map(str, arguments)],
        cwd=folder, env=environment(), capture_output=True, text=True, timeout=400,
    )  # fmt: skip


def adopted(folder: Path, *arguments: str | Path) -> dict:
    """params.yaml after an adoption that succeeded."""
    done = adopt(folder, *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return params.read(folder / "params.yaml")


def refused(folder: Path, *arguments: str | Path) -> str:
    """The one line of an adoption that fails, which leaves nothing behind."""
    before = (folder / "params.yaml").read_bytes()
    done = adopt(folder, *arguments)
    assert done.returncode == 2, done.stdout + done.stderr
    assert done.stderr.startswith("error: "), done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert not done.stdout
    assert (folder / "params.yaml").read_bytes() == before
    assert untouched(folder)
    return done.stderr.removeprefix("error: ").rstrip("\n")


def untouched(folder: Path) -> bool:
    """No file of an adoption, whole or half."""
    return not any(path.is_file() for path in (folder / "data").rglob("*"))


def handed_over(model, x, y=None, **given) -> Captured:
    """What the script's process would hand over for `model.fit(x, y, **given)`, in this one."""
    import inspect

    import keras

    bound = inspect.signature(keras.Model.fit).bind(model, x, y, **given)
    bound.apply_defaults()
    arguments = dict(bound.arguments)
    content, arrays = read_fit(arguments.pop("self"), arguments)
    with tempfile.TemporaryDirectory() as folder:
        bundle = Path(folder) / "script.ledger"
        write_bundle(bundle, content, arrays, [])
        return read_bundle(bundle)


def taken_over(model, x, y=None, keep_weights: bool = False, **given) -> Adopted:
    """The adoption of `model.fit(x, y, **given)`, with nothing written."""
    return translate_script(handed_over(model, x, y, **given), settings(), keep_weights)


def set_params(folder: Path, **changes) -> None:
    """params.yaml with dotted keys changed, as JSON, which YAML contains."""
    content = changed(params.read(folder / "params.yaml"), changes)
    (folder / "params.yaml").write_text(json.dumps(content))
