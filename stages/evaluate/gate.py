"""Fail when the test loss has risen over a base commit.

python -m stages gate BASE: whether the test loss has risen beyond gate.excess.

BASE is a commit, branch or tag: its reports/metrics.json is compared with the one that is here.
Where both floors are known the excess is compared: the loss above what the best possible prediction
costs on the same labels, so that other rows can be told from a worse network. On real data nobody
knows the floor, and no bound on it is in the metrics: there the loss above chance is compared, and
chance cancels as long as the test rows are the same. Without test rows here nothing can be judged,
and a limit keeps the gate shut. A command and not a stage, so that a failure deletes no output.
Exit code 1: the gate is shut.
"""

from dataclasses import dataclass

from stages.lib import params
from stages.lib.core.command import command_line, run_command
from stages.lib.core.commits import PROFILE, profile, tracked
from stages.lib.core.errors import UserError, shown
from stages.lib.core.json_files import parse_json

FILE = "reports/metrics.json"
LOSSES = {"log_loss": "nats", "mse": "squared target units"}


@dataclass(frozen=True)
class Scores:
    """What the gate looks at. loss: of this name, None where a prediction is not finite. chance:
    None where there are no test rows."""

    name: str
    loss: float | None
    chance: float | None
    excess: float | None


def scores_of(content: object, name: str) -> Scores:
    """The test split's scores in a metrics file. Raises UserError with this name where it has
    none, or a loss below 0."""
    part = content.get("test") if isinstance(content, dict) else None
    if isinstance(part, dict):
        for loss in LOSSES:
            value, chance, excess = part.get(loss), part.get("chance"), part.get("excess")
            plain = all(
                number is None or type(number) in (int, float) for number in (value, chance, excess)
            )
            # Without test rows loss and chance are null; a loss without a chance is none of ours.
            whole = loss in part and "chance" in part and (chance is not None or value is None)
            if whole and plain:
                _check_not_negative(f"{name}: test.{loss}", value)
                _check_not_negative(f"{name}: test.chance", chance)
                return Scores(loss, value, chance, excess)
    raise UserError(name, "the scores of a test split: run `dvc repro`")


def _check_not_negative(where: str, loss: float | None) -> None:
    """Raise UserError for less than 0: no proper loss of a class or a number is."""
    if loss is not None and loss < 0:
        raise UserError(where, "a loss of 0 or more", shown(loss))


def judged(base: Scores, here: Scores, limit: float | None) -> tuple[bool, str]:
    """Whether the gate is open, and why in a line.

    limit: how far the excess, or else the loss above chance, may rise; None: no limit
    way. Raises UserError for two losses of different kinds.
    """
    if base.name != here.name:
        raise UserError("", "one kind of test loss", f"{base.name}, then {here.name}")
    if here.chance is None or base.chance is None:
        where = "here" if here.chance is None else "in the base commit"
        return limit is None or here.chance is not None, f"there are no test rows {where}"
    if here.loss is None or base.loss is None:
        broken = "here" if here.loss is None else "in the base commit"
        line = f"the test loss is not finite {broken}"
        return limit is None or here.loss is not None, line
    if base.excess is not None and here.excess is not None:
        before, after, reference = base.excess, here.excess, "the Bayes loss"
    else:
        before, after, reference = base.loss - base.chance, here.loss - here.chance, "chance"
    rise = after - before
    line = (
        f"test {here.name} less {reference} {after:.6g}, in the base commit {before:.6g}: "
        f"{rise:+.6g} {LOSSES[here.name]}, "
    )
    if limit is None:
        return True, line + "no limit in gate.excess"
    return rise <= limit, line + f"{'within' if rise <= limit else 'beyond'} gate.excess {limit:g}"


def main() -> None:
    parser = command_line("python -m stages gate", __doc__)
    parser.add_argument("base", metavar="BASE", help="a commit, branch or tag")
    revision = parser.parse_args().base
    limit = params.load("gate").excess
    base, here = (
        scores_of(parse_json(tracked(rev, FILE), name), name)
        for rev, name in ((revision, f"{revision}: {FILE}"), (None, FILE))
    )
    opens, line = judged(base, here, limit)
    print(f"gate {'open' if opens else 'shut'}: {line}")
    if profile(revision) != profile(None):
        print(f"the data differ, too: {PROFILE}")
    if not opens:
        raise SystemExit(1)


if __name__ == "__main__":
    run_command(main)
