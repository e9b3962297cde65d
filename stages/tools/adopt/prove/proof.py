"""Promised beside obtained, and whether the promise was kept."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from stages.lib.core.errors import UserError
from stages.lib.diagnosis.verdict import ROWS
from stages.tools.adopt.prove.case import Case
from stages.tools.adopt.prove.losses import plain_target, proper_loss
from stages.tools.adopt.prove.runs import Rows, Run, Subject, run_once

# As few as tell luck at a seed from what the patch does.
SEEDS = (1, 2, 3)
WHENS = ("as it was", "patched")


@dataclass(frozen=True)
class Measured:
    """The losses of one text of the script, by seed: on the training rows, and on those that the
    diagnosis judged by, None without any. same_rows: those are known among the validation rows."""

    training: list[float]
    judged: list[float] | None
    same_rows: bool


@dataclass(frozen=True)
class Proof:
    """The two, in the order of WHENS; failed: why the patched script did not run, or ''."""

    case: Case
    measured: list[Measured]
    failed: str = ""

    @property
    def obtained(self) -> list[list[float]]:
        """The losses that the promise is about, before and after, by seed."""
        return [
            one.training
            if one.judged is None or self.case.account.question == "fit"
            else one.judged
            for one in self.measured
        ]

    @property
    def kept(self) -> bool:
        """Whether the mean over seeds falls, and to no more than the promise's upper end; by less
        than min_gain two losses do not differ."""
        if self.failed:
            return False
        before, after = (float(np.mean(losses)) for losses in self.obtained)
        least = self.case.account.loss.min_gain
        return after < before and after <= self.case.fix.expected.high + least


def prove(case: Case, subject: Subject, name: str) -> Proof:
    """Run the script as it was and patched, at three seeds each. Raises UserError where it does not
    run as it was, or shows nothing that the promise is about."""
    texts = [(case.before, ""), (case.after, case.scaler)]
    tasks = [(text, seed, scaler) for text, scaler in texts for seed in SEEDS]
    with ThreadPoolExecutor(min(len(tasks), os.cpu_count() or 1)) as pool:
        runs = [*pool.map(lambda task: run_once(subject, *task), tasks)]
    old, new = runs[: len(SEEDS)], runs[len(SEEDS) :]
    failed = next((run.failed for run in old if run.failed), "")
    if failed:
        raise UserError(name, "a script that runs to its end as it was", failed)
    failed = next((run.failed for run in new if run.failed), "")
    measured = [_measured(case, old, 0)]
    if not failed:
        measured.append(_measured(case, new, 1))
    if case.account.question != "fit" and any(one.judged is None for one in measured):
        raise UserError(name, "validation rows, which the promise is about", "none at its fit")
    return Proof(case, measured, failed)


def _measured(case: Case, runs: list[Run], place: int) -> Measured:
    contract = case.contracts[place]
    training = [proper_loss(contract, run.training) for run in runs if run.training is not None]
    held = [run.held_out for run in runs if run.held_out is not None]
    if len(held) < len(runs) or len(training) < len(runs):
        return Measured(training, None, False)
    same = all(_is_adopted(case, place, rows) for rows in held)
    only = case.judged if same else None
    return Measured(training, [proper_loss(contract, rows, only) for rows in held], same)


def _is_adopted(case: Case, place: int, rows: Rows) -> bool:
    """Whether these are the validation rows that were adopted: a script that draws other rows each
    time has others."""
    wanted = case.judged_target
    if wanted is None:
        return case.held_out is not None and len(rows.y) == len(case.held_out)
    found = plain_target(case.contracts[place], rows.y)
    return found.shape == wanted.shape and np.allclose(found, wanted, rtol=1e-5, atol=1e-5)


def text_of(proof: Proof, name: str) -> str:
    """The table and the verdict."""
    case, account = proof.case, proof.case.account
    question = ROWS[account.question]
    seeds = "".join(f"{f'seed {seed}':>10}" for seed in SEEDS)
    lines = [
        f"{name} as it was and patched, in plain Keras, each at {len(SEEDS)} seeds",
        f"(mean loss, {case.unit})",
        "",
        f"{'':<28}{'promised':>26}{seeds}{'mean':>10}",
    ]
    expected = case.fix.expected
    promised = {
        "as it was": _number(account.loss.baseline),
        "patched": _interval(expected.loss, expected.low, expected.high),
    }
    if account.question != "fit":
        for when, losses in zip(WHENS, proof.obtained, strict=False):
            lines.append(_row(f"{question} loss, {when}", promised[when], losses))
        promised = {when: "" for when in WHENS}
        if case.training is not None and case.training.prescription is not None:
            known = case.training.prescription.expected
            promised = {
                "as it was": _number(case.training.loss.baseline),
                "patched": _interval(known.loss, known.low, known.high),
            }
    for when, one in zip(WHENS, proof.measured, strict=False):
        lines.append(_row(f"training loss, {when}", promised[when], one.training))
    return "\n".join([*lines, "", *_remarks(proof), _verdict(proof)])


def _remarks(proof: Proof) -> list[str]:
    case, lines = proof.case, []
    if case.account.question != "fit":
        if case.held_out is not None and case.kept is not None:
            lines.append(
                f"The script has no validation rows: {len(case.kept)} of its rows train here, and "
                f"{len(case.held_out)} are held out, as in the diagnosis."
            )
        elif not all(one.same_rows for one in proof.measured):
            lines.append(
                "The validation rows are not those that were adopted: the script draws others, or "
                "the patch holds out its own."
            )
    if any(len(set(one.training)) == 1 for one in proof.measured):
        lines.append("Its seeds make no difference: what it trains is the same at each.")
    return lines


def _verdict(proof: Proof) -> str:
    if proof.failed:
        return f"Not kept: the patched script stops: {proof.failed}"
    before, after = (float(np.mean(losses)) for losses in proof.obtained)
    high, least = proof.case.fix.expected.high, proof.case.account.loss.min_gain
    rows = ROWS[proof.case.account.question]
    change = f"the {rows} loss goes from {_number(before)} to {_number(after)}"
    bound = f"at most {_number(high)}, and min_gain ({_number(least)}) above it is no difference"
    return f"{'Kept' if proof.kept else 'Not kept'}: {change}. Promised was {bound}."


def _row(label: str, promised: str, losses: list[float]) -> str:
    numbers = "".join(f"{_number(loss):>10}" for loss in [*losses, float(np.mean(losses))])
    return f"{label:<28}{promised:>26}{numbers}"


def _interval(loss: float, low: float, high: float) -> str:
    return f"{_number(loss)} ({_number(low)} to {_number(high)})"


def _number(amount: float) -> str:
    return f"{amount:.3f}" if abs(amount) < 1000 else f"{amount:.4g}"
