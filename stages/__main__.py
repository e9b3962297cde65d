"""Every command of Loss Ledger: python -m stages COMMAND [ARGUMENTS].

Without a command, lists them. A command is one entry of COMMANDS; what it does in one line is the
first line of its module's docstring.
"""

import ast
import runpy
import sys
from importlib.util import find_spec
from pathlib import Path

from stages.lib.core.command import run_command
from stages.lib.core.errors import UserError, nearest

# By name, in the order of the list: the stages of dvc.yaml, then what a person runs beside them.
COMMANDS = {
    "generate": "stages.generate.__main__",
    "normalize": "stages.normalize.__main__",
    "train": "stages.train.__main__",
    "evaluate": "stages.evaluate.__main__",
    "diagnose": "stages.diagnose.__main__",
    "report": "stages.report.__main__",
    "show": "stages.diagnose.show",
    "explain": "stages.diagnose.explain",
    "adopt": "stages.tools.adopt.__main__",
    "sweep": "stages.tools.sweep.__main__",
    "mend": "stages.tools.mend.__main__",
    "compare": "stages.report.compare",
    "gate": "stages.evaluate.gate",
    "predict": "stages.tools.deploy.predict",
    "export": "stages.tools.deploy.export",
    "setup": "stages.tools.setup.__main__",
    "schema": "stages.tools.schema.__main__",
    "claims": "stages.tools.claims.__main__",
}


def main() -> None:
    """Run the command that the first argument names, or list all.

    Raises:
        UserError: there is no command of that name.
    """
    name, arguments = ([*sys.argv, ""])[1], sys.argv[2:]
    if name in ("", "-h", "--help"):
        print(listing())
        return
    if name not in COMMANDS:
        hint = nearest(name, COMMANDS) or "`python -m stages` lists the commands"
        raise UserError("python -m stages", "a command", repr(name), hint)
    sys.argv = [f"python -m stages {name}", *arguments]
    runpy.run_module(COMMANDS[name], run_name="__main__")


def listing() -> str:
    """All commands, one a line with what it does."""
    lines = [f"  {name:<{max(map(len, COMMANDS))}}  {summary(name)}" for name in COMMANDS]
    return "\n".join(
        ["python -m stages COMMAND [--help]", *lines, "`dvc repro` runs the first six in order."]
    )


def summary(name: str) -> str:
    """What a command does in one line, without importing it."""
    spec = find_spec(COMMANDS[name])
    assert spec and spec.origin, COMMANDS[name]
    text = ast.get_docstring(ast.parse(Path(spec.origin).read_text(encoding="utf-8"))) or ""
    return text.partition("\n")[0]


if __name__ == "__main__":
    run_command(main)
