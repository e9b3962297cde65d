"""An account: what the loss of one question is made of, as diagnosis.json has it.

Its lines add up from the run's loss down to the floor, or to what stands in its place.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from stages.diagnose.floor.estimate import Floor
from stages.diagnose.interventions.entry import families_of
from stages.diagnose.interventions.layers import edited
from stages.diagnose.ledger.lines import Ledger, Line, Protocol
from stages.diagnose.prescription import Promise, prescription
from stages.diagnose.rounding import rounded, rounded_number
from stages.lib.core.parquet_files import numbered
from stages.lib.params.edits import Sections
from stages.lib.trials.laboratory import Laboratory, Runs
from stages.lib.trials.statistics import Paired, mean, paired, paired_over_seeds
from stages.lib.trials.subject import Subject


@dataclass(frozen=True)
class Reference:
    """What a loss is held against, on the rows that judge.

    kind: 'exact' (the law's own loss), 'model' (the best reference model, which bounds the floor
    from above), 'network' (the best network that was trained). value: its loss. rows: the same row
    by row, float64 [rows], where a paired interval can be had. judged: the positions of these among
    the judged rows, int64 [rows]; None where they are all. name: of the law or the model.
    label_luck: how much more than the exact floor the law's predictions cost on these labels.
    exact_bound: what no network goes below on these rows, where that is known.
    """

    kind: str
    value: float
    name: str
    rows: np.ndarray | None = None
    judged: np.ndarray | None = None
    label_luck: float = 0.0
    exact_bound: float | None = None


def build_account(
    subject: Subject,
    laboratory: Laboratory,
    protocol: Protocol,
    ledger: Ledger,
    reference: Reference,
    promise: Promise | None,
    families: list[dict[str, Any]],
    further: list[dict[str, Any]],
) -> dict[str, Any]:
    """One account. Mappings hold numbers, which DVC takes for metrics; words stand in lists, which
    it leaves out."""
    question, runs = protocol.question, ledger.runs
    split = question.judged_on
    present, final = subject.sections, edited(subject.sections, ledger.edit)
    measured = _Measured(laboratory, runs, split, ledger.scale, protocol.min_gain)
    before, after = measured.mean(present), measured.mean(final)
    own_rows = trained_losses(subject, laboratory, split)
    own_weights = subject.design(laboratory.frames[split]).weights
    run = mean(own_rows, own_weights)
    over_seeds = float(laboratory.means(present, Runs(runs.seeds), split).mean())
    chance_rows = laboratory.chance_losses(runs, split)
    design = laboratory.design(runs, split)
    cap = laboratory.judges[0].worst
    # What is left of the loss, on its own scale, over what it is held against.
    above_before, above_after = (
        measured.raw(sections) - measured.mean(sections) for sections in (present, final)
    )
    rest = measured.raw(final) - reference.value - reference.label_luck
    interval = _rest_interval(measured, final, reference, question.rows_vary)
    lines: list[dict[str, Any]] = [{"line": "loss", "amount": run}]
    lines.append({"line": "seed_luck", "amount": run - over_seeds})
    if runs.folds > 1:
        lines.append({"line": "row_luck", "amount": over_seeds - measured.raw(present)})
    if ledger.lines and ledger.scale == "learnt" and above_before > 0:
        lines.append({"line": "above_chance", "amount": above_before - above_after})
    lines += [_cause(line) for line in ledger.lines]
    lines.append({"line": "unexplained", "amount": rest, **interval})
    if reference.kind == "exact":
        lines.append({"line": "label_luck", "amount": reference.label_luck})
    lines.append({"line": "floor", "amount": reference.value})
    content = {
        "loss": {
            "run": run,
            "baseline": measured.raw(present),
            "after": measured.raw(final),
            "chance": mean(chance_rows[None], design.weights),
            "floor": reference.value,
            "floor_is_exact": int(reference.kind == "exact"),
            "excess": run - reference.value - reference.label_luck,
            "unexplained": rest,
            "learnt_before": before,
            "learnt_after": after,
            "exact_bound": reference.exact_bound,
            "min_gain": protocol.min_gain,
            "cap": cap,
            "share_at_cap": mean(own_rows >= cap, own_weights),
            "share_after_at_cap": mean(
                laboratory.losses(final, runs, split) >= cap, design.weights
            ),
        },
        "seeds": {
            "judging": len(runs.seeds),
            "no_better_than_chance": measured.count_at_chance(present),
            "no_better_than_chance_after": measured.count_at_chance(final),
            "diverged": laboratory.statuses(present, runs).count("diverged"),
            "splits": runs.folds,
            "judged_rows": len(chance_rows),
        },
        "gain": {"+".join(line.families): line.share.mean for line in ledger.lines},
        "ledger": lines,
        "families": families,
        "small_gains": further,
        # A run that was luckier than its mean may lie below what the edit promises.
        "prescription": prescription(
            present, ledger.edit, promise if promise and promise.losses.mean() < run else None
        ),
        "about": [
            {
                "question": question.name,
                "population": question.population,
                "scale": ledger.scale,
                "reference": {"kind": reference.kind, "name": reference.name},
            }
        ],
    }
    return _balanced(rounded(content))


@dataclass(frozen=True)
class _Measured:
    """Mean losses of programs on the rows that judge, in the judging runs."""

    laboratory: Laboratory
    runs: Runs
    split: str
    scale: str
    min_gain: float

    def rows(self, sections: Sections) -> np.ndarray:
        """Losses [seeds, rows] on the ledger's scale."""
        of = self.laboratory.losses if self.scale == "raw" else self.laboratory.learnt_losses
        return of(sections, self.runs, self.split)

    def mean(self, sections: Sections) -> float:
        """The mean of those."""
        return mean(self.rows(sections), self.laboratory.design(self.runs, self.split).weights)

    def raw(self, sections: Sections) -> float:
        """The mean of the losses as they are."""
        return float(self.laboratory.means(sections, self.runs, self.split).mean())

    def count_at_chance(self, sections: Sections) -> int:
        """At how many seeds the network does not come `min_gain` below the best constant."""
        weights = self.laboratory.design(self.runs, self.split).weights
        chance = np.average(self.laboratory.chance_losses(self.runs, self.split), weights=weights)
        least = chance - self.min_gain
        return int((self.laboratory.means(sections, self.runs, self.split) > least).sum())


def _rest_interval(
    measured: _Measured, final: Sections, reference: Reference, rows_vary: bool
) -> dict[str, float]:
    """The paired 95 % interval of what is left above the reference, where its rows are known."""
    losses = measured.laboratory.losses(final, measured.runs, measured.split)
    design = measured.laboratory.design(measured.runs, measured.split)
    if reference.rows is None:
        return {}
    if reference.judged is not None:
        losses, design = losses[:, reference.judged], design.take(reference.judged)
    difference = losses - reference.rows
    gain: Paired = (
        paired(difference, design) if rows_vary else paired_over_seeds(difference, design.weights)
    )
    low, high = gain.interval()
    return {"low": low, "high": high}


def trained_losses(subject: Subject, laboratory: Laboratory, split: str) -> np.ndarray:
    """The trained run's own loss on each row of a split that the laboratory has, bounded like all
    others, float64 [rows]."""
    table = subject.predictions[split].iloc[laboratory.frames[split].index]
    if subject.task.is_regression:
        values = numbered(table, "prediction").astype("float64")
        return laboratory.judges[0].of_values(values, split)
    shares = numbered(table, "probability").astype("float64")
    return laboratory.judges[0].of_shares(shares, split)


def generalize_reference(subject: Subject, bound: Floor) -> Reference:
    """The floor of new rows: exact where the law is known, else the best reference model, which is
    no worse than chance."""
    rows, judged = bound.row_losses, bound.judged_rows
    if bound.kind == "exact":
        drawn_losses = subject.bayes.get("test")
        drawn = bound.value if drawn_losses is None else float(drawn_losses.mean())
        luck = drawn - bound.value
        return Reference("exact", bound.value, bound.reference, rows, judged, luck, drawn)
    return Reference("model", bound.value, bound.reference, rows, judged)


def fit_reference(laboratory: Laboratory, after: float, exact_bound: float) -> Reference:
    """The best that any network tried reaches on the training rows. after: the loss of the program
    with the ledger's edits. exact_bound: see `conflict_floor`."""
    best = min(after, laboratory.lowest_mean("train"))
    return Reference("network", best, "the best network tried", exact_bound=exact_bound)


def _cause(line: Line) -> dict[str, Any]:
    low, high = line.share.interval()
    return {
        "line": "cause",
        "amount": line.share.mean,
        "low": low,
        "high": high,
        "alone": line.alone.mean,
        "last": line.last.mean,
        "families": list(line.families),
        "edit": line.edit,
        "equivalents": [
            {
                "families": list(families_of(equivalent.edit)),
                "edit": equivalent.edit,
                "amount": equivalent.gain,
            }
            for equivalent in line.equivalents
        ],
    }


def _balanced(content: dict[str, Any]) -> dict[str, Any]:
    """The same, with the rounding of the other lines taken up by the unexplained one.

    Raises AssertionError unless the lines then sum to the loss, and the rest moved by no more
    than rounding: a ledger that does not add up is a mistake of ours.
    """
    lines = content["ledger"]
    loss = lines[0]["amount"]
    rest = next(line for line in lines if line["line"] == "unexplained")
    others = math.fsum(line["amount"] for line in lines[1:] if line is not rest)
    balanced = rounded_number(loss - others)
    tolerance = 1e-5 * max(1.0, abs(loss), abs(others))
    assert balanced is not None and abs(balanced - rest["amount"]) <= tolerance, (balanced, rest)
    rest["amount"] = content["loss"]["unexplained"] = balanced
    return content
