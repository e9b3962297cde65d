"""Apply prescription after prescription, each proven.

python -m stages mend [--rounds N] [--seconds S] [--seeds N] [--apply commit|experiment]

Runs the pipeline in a copy of the workspace, applies what its diagnosis prescribes, and goes on
until nothing more is shown, a promise is not kept, or the budget is spent. Prints the loss of each
round beside what was promised, judges the last program against the first at seeds that no round
used, and prints all edits as one command. The workspace stays as it is; with `--apply commit` each
round becomes a git commit of the branch at hand, with `--apply experiment` a DVC experiment of its
last commit, for `dvc exp show` and `dvc exp apply`. The exit code is 1 where a promise is not kept.
"""

import argparse
import hashlib
import time

from stages.lib import params
from stages.lib.core.command import command_line, run_command
from stages.lib.diagnosis.summary import assignments
from stages.lib.diagnosis.verdict import number
from stages.lib.params.edits import identity
from stages.tools.mend.chain import Chain, Round, State, mend
from stages.tools.mend.copy import Copy, check_clean, copied
from stages.tools.mend.judge import LEAST_SEEDS, judge
from stages.tools.mend.text import ending, heading, of_judgement, of_round, to_paste

ROUNDS, SECONDS, SEEDS = 8, 1800.0, 5


def main() -> None:
    options = _arguments()
    params.check(params.read())
    if options.apply:
        check_clean()
    start = time.monotonic()
    with copied() as copy:
        keeper = _Keeper(copy, options.apply)
        chain = mend(copy, options.rounds, options.seconds, keeper.first, keeper.next)
        print(ending(chain))
        if chain.edit:
            left = options.seconds - (time.monotonic() - start)
            print(of_judgement(judge(copy, chain, options.seeds, left), chain.last.diagnosis.unit))
            print(to_paste(chain))
        print(keeper.account(chain))
    if chain.broken:
        raise SystemExit(1)


class _Keeper:
    """Prints each round, and keeps it as the user asks."""

    def __init__(self, copy: Copy, apply: str | None) -> None:
        self.copy, self.apply = copy, apply
        self.names: list[str] = []

    def first(self, state: State) -> None:
        """The program as it is."""
        print(heading(state), flush=True)
        if self.apply == "commit" and self.copy.is_changed:
            self.copy.commit("dvc repro of params.yaml as it is")
        self.loss = state.loss

    def next(self, done: Round) -> None:
        """A round that ends."""
        print(of_round(done), flush=True)
        if not done.kept:
            return
        if self.apply == "commit":
            loss = f"loss {number(self.loss)} -> {number(done.state.loss)}"
            self.copy.commit(f"mend {done.number}: {assignments(done.edit):.200} ({loss})")
        elif self.apply == "experiment":
            key = hashlib.sha256(identity(done.state.sections).encode()).hexdigest()
            name = f"mend-{done.number}-{key[:6]}"
            self.copy.save_experiment(name)
            self.names.append(name)
        self.loss = done.state.loss

    def account(self, chain: Chain) -> str:
        """What became of the workspace."""
        if not chain.kept:
            return "The workspace is as it was."
        if self.apply == "commit":
            return f"{len(chain.kept)} commits, a round each: git log -{len(chain.kept)}"
        if self.apply == "experiment":
            apply = f"dvc exp apply {self.names[-1]} makes the last one the workspace"
            return f"Experiments: {', '.join(self.names)}; {apply}."
        return (
            "The workspace is as it was: run the command above, or mend again with --apply commit "
            "or --apply experiment."
        )


def _arguments() -> argparse.Namespace:
    parser = command_line("python -m stages mend", __doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"at most ({ROUNDS})")
    parser.add_argument("--seconds", type=float, default=SECONDS,
                        help=f"no round begins that would pass them ({SECONDS:g})")  # fmt: skip
    parser.add_argument("--seeds", type=int, default=SEEDS,
                        help=f"fresh fits of the first and last program ({SEEDS})")  # fmt: skip
    parser.add_argument("--apply", choices=("commit", "experiment"),
                        help="keep each round so; without it nothing is changed")  # fmt: skip
    options = parser.parse_args()
    if options.rounds < 1:
        parser.error(f"--rounds: expected 1 or more. Received: {options.rounds}")
    if not 0 < options.seconds < float("inf"):
        parser.error(f"--seconds: expected a number above 0. Received: {options.seconds}")
    if not LEAST_SEEDS <= options.seeds <= 100:
        expected = f"expected {LEAST_SEEDS} to 100, for an interval"
        parser.error(f"--seeds: {expected}. Received: {options.seeds}")
    return options


if __name__ == "__main__":
    run_command(main)
