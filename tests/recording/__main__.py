"""Record the walk: python -m tests.recording."""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from stages.lib.core.atomic import replace_file
from stages.lib.diagnosis.schema import FILE as DIAGNOSIS
from stages.lib.diagnosis.schema import parse
from stages.lib.diagnosis.summary import MOST_LINES
from tests.conftest import ROOT, environment
from tests.recording.svg import Screen, animated

PICTURE = Path("reports/walk.svg")
TITLE = "Terminal: the diagnosis of the committed default, its edit, and what comes of that"


def main() -> None:
    command = prescribed()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "repository"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True)
        cache = ROOT / ".dvc/cache"
        if cache.is_dir():
            shutil.copytree(cache, folder / ".dvc/cache")
        said(folder, "dvc checkout --quiet")
        show = "python -m stages show"
        screens = [
            Screen(show, said(folder, show)),
            Screen(command, said(folder, command)[-MOST_LINES:]),
            Screen(show, said(folder, show)),
        ]
    text = animated(screens, TITLE)
    replace_file(ROOT / PICTURE, lambda partial: partial.write_text(text))
    print(f"{PICTURE}: {len(text.encode()):,} bytes")


def prescribed() -> str:
    """The command that the committed diagnosis prescribes."""
    content = json.loads((ROOT / DIAGNOSIS).read_text())
    prescription = parse(content, DIAGNOSIS).lead.prescription
    if prescription is None:
        raise SystemExit("the committed diagnosis prescribes nothing to show")
    return prescription.commands[0]


def said(folder: Path, command: str) -> list[str]:
    """What a command prints there."""
    words = command.split()
    words = [sys.executable, *words[1:]] if words[0] == "python" else words
    done = subprocess.run(
        words, cwd=folder, env=environment(), capture_output=True, text=True, check=True
    )
    return done.stdout.rstrip().splitlines()


if __name__ == "__main__":
    main()
