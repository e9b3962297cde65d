"""A command from its start to its exit code."""

import argparse
import os
import sys
from collections.abc import Callable
from typing import NoReturn

from stages.lib.core.errors import UserError, escaped
from stages.lib.core.lock import stage_lock


def run_stage(main: Callable[[], None], stage: str, removed_by_dvc: bool = False) -> None:
    """Run a stage of a pipeline and exit, as `run_command` does; it takes no arguments.

    Args:
        main: the stage's work; its module's docstring is what `--help` prints.
        stage: the name; it runs only while no other stage does in this folder.
        removed_by_dvc: DVC removes the stage's outputs before it runs the command (those that are
            not marked `persist`); the line of a mistake then says how they come back.
    """

    def locked() -> None:
        no_arguments(f"python -m stages {stage}", main.__globals__["__doc__"])
        with stage_lock(stage):
            main()

    hint = "`dvc checkout` restores the outputs of the last run"
    run_command(locked, hint if removed_by_dvc and "DVC_STAGE" in os.environ else "")


def run_command(main: Callable[[], None], hint: str = "") -> None:
    """Run a command's `main` and exit: 0 when it returns, 2 on a user's mistake, 130 on Ctrl-C.

    The mistake is one line on stderr, and `hint` stands behind it.
    """
    try:
        main()
    except BrokenPipeError:  # whoever read along, `head` say, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        raise SystemExit(130) from None
    except (UserError, OSError, MemoryError) as error:
        line = " ".join(str(error).split()) or "out of memory"
        print(f"error: {line}" + (f" ({hint})" if hint else ""), file=sys.stderr)
        raise SystemExit(2) from None


def no_arguments(prog: str, doc: str) -> None:
    """Print a command's `--help`, and refuse any other argument."""
    command_line(prog, doc).parse_args()


def command_line(prog: str, doc: str | None) -> argparse.ArgumentParser:
    """A command's parser of arguments, whose help is the module's docstring as it is written."""
    return _Parser(
        prog=prog,
        description=doc,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )


class _Parser(argparse.ArgumentParser):
    """A mistake in the arguments is one line, as any other."""

    def error(self, message: str) -> NoReturn:
        """Print the line and exit with code 2."""
        self.exit(2, f"error: {escaped(message)}; see `{self.prog} --help`\n")
