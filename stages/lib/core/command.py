"""A command from its start to its exit code."""

import contextlib
import os
import sys
from collections.abc import Callable

from stages.lib.core.errors import UserError
from stages.lib.core.lock import stage_lock


def run_stage(
    main: Callable[[], None], stage: str | None = None, removed_by_dvc: bool = False
) -> None:
    """Run a command's `main` and exit: 0 when it returns, 2 on a user's mistake.

    The mistake is one line on stderr. A command that is a stage of a pipeline gives its name, and
    runs only while no other does in this folder. DVC removes a stage's outputs before it runs the
    command, unless they are marked `persist`; with `removed_by_dvc` the line says how they come
    back.
    """
    try:
        with stage_lock(stage) if stage else contextlib.nullcontext():
            main()
    except BrokenPipeError:  # whoever read along, `head` say, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        raise SystemExit(130) from None
    except (UserError, OSError, MemoryError) as error:
        line = " ".join(str(error).split()) or "out of memory"
        if removed_by_dvc and "DVC_STAGE" in os.environ:
            line += " (`dvc checkout` restores the outputs of the last run)"
        print(f"error: {line}", file=sys.stderr)
        raise SystemExit(2) from None
