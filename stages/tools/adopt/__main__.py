"""Take over a Keras script, or a saved model, as it is.

python -m stages adopt [--keep-weights] [--timeout SECONDS] SCRIPT.py [ARGS...]
python -m stages adopt --model FILE.keras --data FILE.csv --target NAME

Takes your own Keras script, up to its first call of fit, or a saved model's configuration and a
table below data/inputs/, into params.yaml (comments kept) and data/inputs/. Then `dvc repro`
trains and diagnoses it.
"""

import argparse
from pathlib import Path

from stages.lib import params
from stages.lib.core.command import command_line, run_command
from stages.lib.core.errors import UserError
from stages.lib.core.text import printable
from stages.tools.adopt.translate.adopted import Adopted, of_script
from stages.tools.adopt.translate.places import places
from stages.tools.adopt.translate.received import received
from stages.tools.adopt.translate.saved_model import of_model
from stages.tools.adopt.translate.shown import shown
from stages.tools.adopt.translate.written import write


def main() -> None:
    given = _arguments()
    settings = params.check(params.read())
    if given.model:
        kind, name, found, calls = "model", given.model, *_model(given, settings)
    else:
        kind, name, found, calls = "script", given.script, *_script(given, settings)
    name = printable(Path(name).name)
    files = write(found, kind, name, calls)
    print(shown(found, name, files))


def _script(given: argparse.Namespace, settings: params.Params) -> tuple[Adopted, dict]:
    program = received(given.script, given.arguments, given.timeout)
    return of_script(program, settings, given.keep_weights), places(given.script)


def _model(given: argparse.Namespace, settings: params.Params) -> tuple[Adopted, dict]:
    if given.keep_weights:
        raise UserError("--keep-weights: expected a SCRIPT.py, whose initial weights are at hand")
    return of_model(given.model, given.data, given.target, settings), {}


def _arguments() -> argparse.Namespace:
    parser = command_line("python -m stages adopt", __doc__)
    parser.add_argument(
        "--keep-weights",
        action="store_true",
        help="start from the weights that the script built, bit for bit",
    )
    parser.add_argument("--timeout", type=float, default=300.0, metavar="SECONDS",
                        help="for the script to come to its first fit (default: 300)")  # fmt: skip
    parser.add_argument("--model", metavar="FILE.keras", help="a saved model's configuration")
    parser.add_argument("--data", metavar="FILE", help="with --model: a table below data/inputs/")
    parser.add_argument("--target", metavar="NAME", help="with --model: the column to predict")
    parser.add_argument("script", nargs="?", metavar="SCRIPT.py")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, metavar="ARGS",
                        help="the script's own arguments")  # fmt: skip
    given = parser.parse_args()
    if given.model:
        for name in ("data", "target"):
            if getattr(given, name) is None:
                parser.error(f"--model: expected --{name} too")
        if given.script:
            parser.error("expected SCRIPT.py or --model, not both")
    elif not given.script:
        parser.error("expected SCRIPT.py, or --model FILE.keras --data FILE --target NAME")
    if not 0 < given.timeout <= 86_400:
        parser.error(f"--timeout: expected seconds, up to a day. Received: {given.timeout:g}")
    return given


if __name__ == "__main__":
    run_command(main)
