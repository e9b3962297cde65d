"""The rounds: a prescription, the run with it, and whether that keeps what was promised."""

import contextlib
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from stages.lib import params
from stages.lib.artifacts.card import read_card
from stages.lib.artifacts.metrics import read_metrics
from stages.lib.diagnosis import schema
from stages.lib.diagnosis.schema import Account, Diagnosis, Prescription
from stages.lib.params.edits import Edit, Sections, effective, identity
from stages.tools.adopt.translate.edit_params import edit_params
from stages.tools.mend.copy import Copy

METRICS = "reports/metrics.json"
# On which rows each question is judged.
SPLITS = {"fit": "train", "generalize": "test"}
# What is promised holds the loss that was seen at full size, rounded, of networks that were trained
# beside others: float32 sums in another order.
TOLERANCE = 1e-4


@dataclass(frozen=True)
class State:
    """What a run of the pipeline left.

    Attributes:
        sections: normalize and train of its params.yaml.
        losses: the run's own proper loss by split, in the unit of the diagnosis; None where it is
            not finite, or the split has no rows.
    """

    sections: Sections
    diagnosis: Diagnosis
    losses: dict[str, float | None]

    @property
    def account(self) -> Account:
        """The account of new rows, or of the fit where nothing can be told of these."""
        return self.diagnosis.generalize or self.diagnosis.fit

    @property
    def loss(self) -> float | None:
        """The run's own loss on the rows of that account."""
        return self.losses[SPLITS[self.account.question]]

    @property
    def learnt(self) -> float | None:
        """The share of what the best reference, or the floor, learns that the program learns, mean
        over seeds: 0 at the best constant; None where there is nothing to learn."""
        loss = self.account.loss
        possible = loss.chance - loss.floor
        return (loss.chance - loss.learnt_before) / possible if possible > 0 else None


@dataclass(frozen=True)
class Round:
    """One prescription and the run with it. rows: the split that is promised of."""

    number: int
    prescription: Prescription
    rows: str
    state: State

    @property
    def edit(self) -> Edit:
        """Its keys with their new values."""
        return {change.key: change.new for change in self.prescription.edits}

    @property
    def obtained(self) -> float | None:
        """The loss of the run on the rows that are promised of."""
        return self.state.losses[self.rows]

    @property
    def kept(self) -> bool:
        """Whether the loss is no higher than promised; lower breaks no promise."""
        high, obtained = self.prescription.expected.high, self.obtained
        if obtained is None:
            return False
        return obtained <= high or math.isclose(obtained, high, rel_tol=TOLERANCE)


@dataclass
class Chain:
    """All rounds. ended: why they end, in words."""

    first: State
    rounds: list[Round] = field(default_factory=list)
    ended: str = ""

    @property
    def kept(self) -> list[Round]:
        """Those that kept their promise: all, or all but the last."""
        return [one for one in self.rounds if one.kept]

    @property
    def last(self) -> State:
        """The state after the last one that kept its promise."""
        return self.kept[-1].state if self.kept else self.first

    @property
    def broken(self) -> Round | None:
        """The round that did not keep its promise."""
        return next((one for one in self.rounds if not one.kept), None)

    @property
    def edit(self) -> Edit:
        """All edits that were kept, as one of the first program."""
        joined: Edit = {}
        for one in self.kept:
            joined |= one.edit
        return effective(self.first.sections, joined)


def mend(
    copy: Copy,
    most_rounds: int,
    seconds: float,
    on_state: Callable[[State], None],
    on_round: Callable[[Round], None],
) -> Chain:
    """Apply prescription after prescription in the copy.

    Ends where nothing is prescribed, where a promise is not kept, where a program comes again,
    after `most_rounds` rounds, and where another one like the longest so far would pass `seconds`
    from the start. The copy is left with the last program run, which may have broken its promise.

    Args:
        on_state: called with the program as it is, once it has run.
        on_round: called with each round as it ends.

    Raises:
        UserError: a stage fails.
    """
    start = time.monotonic()
    copy.repro()
    chain = Chain(_state(copy))
    on_state(chain.first)
    seen, longest = {identity(chain.first.sections)}, time.monotonic() - start
    for number in range(1, most_rounds + 1):
        lead = chain.last.diagnosis.lead
        if lead.prescription is None:
            chain.ended = "nothing more is shown"
            return chain
        began = time.monotonic()
        if began - start + longest > seconds:
            chain.ended = f"another round would pass --seconds {seconds:g}"
            return chain
        _edit(copy, lead.prescription)
        copy.repro()
        done = Round(number, lead.prescription, SPLITS[lead.question], _state(copy))
        chain.rounds.append(done)
        on_round(done)
        if not done.kept:
            chain.ended = "the last edit did not keep its promise, and is left out"
            return chain
        if identity(done.state.sections) in seen:
            chain.ended = "this program was there before: the prescriptions go in a circle"
            return chain
        seen.add(identity(done.state.sections))
        longest = max(longest, time.monotonic() - began)
    more = chain.last.diagnosis.lead.prescription is not None
    chain.ended = f"--rounds {most_rounds} are done" if more else "nothing more is shown"
    return chain


def _edit(copy: Copy, prescription: Prescription) -> None:
    """Write the edits into the copy's params.yaml."""
    file = copy.folder / params.FILE
    edit = {change.key: change.new for change in prescription.edits}
    file.write_text(edit_params(file.read_text(encoding="utf-8"), edit), encoding="utf-8")


def _state(copy: Copy) -> State:
    with contextlib.chdir(copy.folder):
        card = read_card("data/raw/card.json")
        metrics = read_metrics(METRICS, card)
        metric = card.task.kind.metric
        losses = {split: metrics[split].by_name[metric] for split in SPLITS.values()}
        return State(params.sections("normalize", "train"), schema.read(), losses)
