"""Take over a Keras script, a bundle of one, or a saved model.

python -m stages adopt [--keep-weights] [--timeout SECONDS] SCRIPT.py [ARGS...]
python -m stages adopt [--keep-weights] FILE.ledger
python -m stages adopt --model FILE.keras --data FILE.csv --target NAME
python -m stages adopt --prove [--timeout SECONDS] SCRIPT.py [ARGS...]

Takes your own Keras script, up to its fit, what stages/tools/adopt/capture.py captured of one in
another environment, or a saved model's configuration and a table below data/inputs/, into
params.yaml (comments kept) and data/inputs/. Then `dvc repro` trains and diagnoses it. --prove,
after that, runs the script as it was and with reports/fix.patch to its end, in plain Keras at three
seeds each, and compares its losses with what was promised; the exit code is 0 where the promise is
kept, 1 where it is not.
"""

import argparse
from pathlib import Path
from typing import Any

from stages.lib import params
from stages.lib.core.command import command_line, run_command
from stages.lib.core.errors import UserError
from stages.lib.core.text import printable
from stages.tools.adopt.capture import SUFFIX
from stages.tools.adopt.prove.case import read_case
from stages.tools.adopt.prove.proof import prove, text_of
from stages.tools.adopt.prove.runs import Subject
from stages.tools.adopt.translate.adopted import Adopted, translate_script
from stages.tools.adopt.translate.bundle import read_bundle
from stages.tools.adopt.translate.captured import Captured, Content
from stages.tools.adopt.translate.places import find_places, find_script
from stages.tools.adopt.translate.run_script import run_script
from stages.tools.adopt.translate.saved_model import translate_model
from stages.tools.adopt.translate.summary import summary
from stages.tools.adopt.translate.text import read_text
from stages.tools.adopt.translate.write import write

KEEP, PROVE = "--keep-weights", "--prove"


def main() -> None:
    arguments = _arguments()
    if arguments.prove:
        raise SystemExit(0 if _prove(arguments) else 1)
    settings = params.check(params.read())
    places: dict[str, Any] = {}
    text = None
    if arguments.model:
        kind, name = "model", arguments.model
        adopted = _adopt_model(arguments, settings)
    else:
        kind = "script"
        captured, name, source = _captured(arguments)
        try:
            adopted = translate_script(captured, settings, arguments.keep_weights)
        except UserError as error:
            raise error if error.where == KEEP else error.at(_place(captured.content)) from None
        if source is not None:
            places, text = find_places(source), read_text(source, captured.content)
    name = printable(Path(name).name)
    files = write(adopted, kind, name, places, text)
    if arguments.arguments:
        print(f"{name} was given {printable(' '.join(arguments.arguments)):.200}")
    print(summary(adopted, name, files))


def _place(content: Content) -> str:
    """The call of fit in the script: 'train.py, line 20'."""
    script = content.script
    if script is None:
        return "fit"
    name = printable(script.name)
    return f"{name}, line {script.line}" if script.line else name


def _captured(arguments: argparse.Namespace) -> tuple[Captured, str, Path | None]:
    """What a script or a bundle holds, the script's name, and its file, if that is at hand."""
    file = Path(arguments.script)
    if file.suffix != SUFFIX:
        captured = run_script(arguments.script, arguments.arguments, arguments.timeout)
        return captured, file.name, file
    if arguments.arguments:
        raise UserError(file.name, "a bundle and nothing after it", " ".join(arguments.arguments))
    if not file.is_file():
        raise UserError("", "a bundle", f"{arguments.script!r:.200}, which is no file")
    captured = read_bundle(file)
    script = captured.content.script
    if script is None:
        return captured, file.name, None
    return captured, script.name, find_script(file.parent, script)


def _prove(arguments: argparse.Namespace) -> bool:
    """Whether the promise is kept."""
    name = printable(Path(arguments.script).name)
    case = read_case(arguments.script, name)
    subject = Subject(
        arguments.script, arguments.arguments, arguments.timeout, case.kept, case.held_out
    )
    proof = prove(case, subject, name)
    print(text_of(proof, name))
    return proof.kept


def _adopt_model(arguments: argparse.Namespace, settings: params.Params) -> Adopted:
    if arguments.keep_weights:
        raise UserError(KEEP, "a SCRIPT.py, whose initial weights are at hand")
    return translate_model(arguments.model, arguments.data, arguments.target, settings)


def _arguments() -> argparse.Namespace:
    parser = command_line("python -m stages adopt", __doc__)
    parser.add_argument(
        KEEP,
        action="store_true",
        help="start from the weights that the script built, bit for bit",
    )
    parser.add_argument(
        PROVE, action="store_true", help="run the script as it was and patched, and compare"
    )
    parser.add_argument(
        "--timeout",
        type=float,
        default=300.0,
        metavar="SECONDS",
        help=f"for the script to come to its first fit, or with {PROVE} to its end (default: 300)",
    )
    parser.add_argument("--model", metavar="FILE.keras", help="a saved model's configuration")
    parser.add_argument("--data", metavar="FILE", help="with --model: a table below data/inputs/")
    parser.add_argument("--target", metavar="NAME", help="with --model: the column to predict")
    parser.add_argument("script", nargs="?", metavar="SCRIPT.py | FILE.ledger")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, metavar="ARGS",
                        help="the script's own arguments")  # fmt: skip
    arguments = parser.parse_args()
    for option in (KEEP, PROVE):
        if option in arguments.arguments:
            parser.error(f"{option}: expected before SCRIPT.py: what follows is the script's own")
    if arguments.prove and (arguments.keep_weights or arguments.model):
        parser.error(f"{PROVE}: expected SCRIPT.py and no other option than --timeout")
    if arguments.model:
        for name in ("data", "target"):
            if getattr(arguments, name) is None:
                parser.error(f"--model: expected --{name} too")
        if arguments.script:
            parser.error("expected SCRIPT.py or --model, not both")
    elif not arguments.script:
        parser.error(
            "expected SCRIPT.py, FILE.ledger, or --model FILE.keras --data FILE --target NAME"
        )
    if not 0 < arguments.timeout <= 86_400:
        parser.error(f"--timeout: expected seconds, up to a day. Received: {arguments.timeout:g}")
    return arguments


if __name__ == "__main__":
    run_command(main)
