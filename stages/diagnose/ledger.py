"""Which edits lower the held-out loss, line by line, until what is left is accounted for.

Three kinds of evidence are kept apart, so that luck cannot be counted twice: edits are *chosen* on
the validation rows at the screening seeds, and *judged* on the test rows at fresh seeds.

    1. search     every single edit, and all recommended settings at once, beside the program; the
                  best is taken over if it holds up; again on the edited program.
    2. prune      every key that is not needed goes back to what it was.
    3. account    the remaining keys, one family at a time, in the order of what they bring.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from stages.diagnose.interventions import (
    FAMILIES,
    Candidate,
    Facts,
    candidates,
    families_of,
    recommended,
)
from stages.lib.params.edits import Edit, Sections, edited, effective
from stages.lib.trials.laboratory import Laboratory, Runs
from stages.lib.trials.statistics import Paired, holm, mean, paired

# Of the best gain, the share at which an edit that returns a setting to its recommended value goes
# before one that only compensates for it (a rate of 0.1 for inputs of the size of 0.01, say), and
# the share where the rows cannot tell the two apart.
SUFFICES = 0.75
MAY_SUFFICE = 0.5
# An edit that goes beyond recommended values is tuning: it has to bring this many times the
# smallest gain that matters to count as a cause. When one is known already, more surely, and this
# share of what is known: less is for the next diagnosis, which starts from the mended program.
BEYOND = 2
LEVEL_BEYOND = 0.01
SHARE_BEYOND = 0.1
# Edits accepted one after the other; published faulty programs needed three at the most.
ROUNDS = 4
# Of one round's edits, how many are put to the test at fresh seeds before the round is given up.
TRIES = 3
LEVEL = 0.05
# A close call is made again with twice the judging seeds, until there are MOST_SEEDS times as many
# as were asked for: one that misses the level, at a p-value below CLOSE, and whose gain is so many
# standard errors of its rows that more seeds can decide it. A program that fails at one seed in
# ten needs some forty of them to show it.
CLOSE = 0.3
CLEAR_OF_ROWS = 2.0
MOST_SEEDS = 4
# Of the judging seeds, how many are enough to rule out what the screening seeds leave open.
OPEN_SEEDS = 5
# Share of a line's gain within which another edit counts as its equal, the share where the rows
# cannot tell the two apart, and how many are verified.
EQUAL = 0.05
MAY_EQUAL = 0.2
EQUALS_TRIED = 8
HELD_OUT = ("validation", "test")


@dataclass(frozen=True)
class Protocol:
    """screening and judging: runs at disjoint seeds; further judging seeds follow the last one.
    least: the smallest gain that matters, in the loss's unit. say: called with what is being
    tried."""

    screening: Runs
    judging: Runs
    least: float
    say: Callable[[str], None]


@dataclass(frozen=True)
class Equivalent:
    """Another edit in a line's place, and what it takes off the test loss there."""

    edit: Edit
    gain: float


@dataclass(frozen=True)
class Line:
    """One proven cause: what its edit takes off the test loss, over the judging seeds.

    training: what it takes off the training loss. p_value: after Holm's correction. equivalents:
    edits of other families that bring as much.
    """

    edit: Edit
    gain: Paired
    training: float
    p_value: float
    equivalents: list[Equivalent] = field(default_factory=list)

    @property
    def families(self) -> tuple[str, ...]:
        return families_of(self.edit)


@dataclass(frozen=True)
class Ledger:
    """lines: in the order of their edits. edit: all of them. runs: those in which the lines were
    judged. screened: each family's edits tried on the program with all lines applied, with their
    gain over it on validation and test rows."""

    lines: list[Line]
    edit: Edit
    runs: Runs
    screened: dict[str, list[tuple[Candidate, Paired]]]


class Search:
    """Forward selection of edits for one program."""

    def __init__(
        self,
        laboratory: Laboratory,
        sections: Sections,
        facts: Facts,
        protocol: Protocol,
        evidence: set[str],
    ) -> None:
        self.laboratory, self.sections, self.facts = laboratory, sections, facts
        self.protocol, self.evidence = protocol, evidence
        self.judging = protocol.judging  # grows with close calls
        self.tested: list[float] = []  # p-values of all judgements, for Holm's correction

    def ledger(self) -> Ledger:
        """Search, prune and account. Trains on demand."""
        edit: Edit = {}
        for number in range(1, ROUNDS + 1):
            step = self._round(edit, number)
            if step is None:
                break
            edit = edit | step
        edit = self._pruned(effective(self.sections, edit))
        lines = self._accounted(edit)
        edit = {key: value for line in lines for key, value in line.edit.items()}
        self.protocol.say("ruling out what is left")
        return Ledger(lines, edit, self.judging, self._screened(edit))

    # ------------------------------------------------------------------------------- 1. search

    def _round(self, edit: Edit, number: int) -> Edit | None:
        """The next edit, or None when nothing more holds up."""
        self.protocol.say(f"round {number}")
        found = self._candidates(edit)
        together = recommended(edited(self.sections, edit), self.facts)
        if len(together.edit) > 1 and self._runs(edit, together):
            found.append(together)
        return self._first_confirmed(edit, self._ranked(edit, found))

    def _candidates(self, edit: Edit) -> list[Candidate]:
        found = candidates(edited(self.sections, edit), self.facts)
        return [one for one in found if self._runs(edit, one)]

    def _runs(self, edit: Edit, candidate: Candidate) -> bool:
        return self.laboratory.runs(edited(self.sections, edit | candidate.edit))

    def _ranked(self, edit: Edit, found: list[Candidate]) -> list[Candidate]:
        """Candidates worth a judgement, best first: TRIES at most, and those of a rank below 2
        that the validation rows, which may be few, do not rule out. These come before any that
        goes beyond recommended values: what only compensates for a fault would hide it.

        Candidates whose validation loss is within the smallest gain that matters of the best are
        equals. Of these, and of those of a rank below 2 that bring most of the best gain, the one
        of the lowest rank is best: one that names no family that the edit does not, or that a
        check or a symptom speaks for, with the fewest keys, whose gain is the surest.
        """
        losses = self._validation(edit, found)
        design = self.laboratory.design(self.protocol.screening, "validation")
        judged = [paired(losses[0] - one, design) for one in losses[1:]]
        gains = [one.mean for one in judged]
        open_ = [i for i, gain in enumerate(gains) if gain > self._least(found[i])]

        def suffices(i: int, best: int) -> bool:
            if gains[i] > gains[best] - self.protocol.least:
                return True
            if found[i].rank >= 2 or gains[i] < MAY_SUFFICE * gains[best]:
                return False
            apart = paired(losses[1 + i] - losses[1 + best], design).p_value < LEVEL
            return not apart or gains[i] >= SUFFICES * gains[best]

        ranked = []
        while open_:
            best = max(open_, key=lambda i: gains[i])
            first = min(
                (i for i in open_ if suffices(i, best)),
                key=lambda i: (*self._order(edit, found[i]), judged[i].p_value, i),
            )
            ranked.append(found[first])
            open_.remove(first)
        best = ranked[:TRIES]
        resets = [
            one
            for one, gain in zip(found, judged, strict=True)
            if one.rank < 2 and gain.interval()[1] > self.protocol.least and one not in best
        ]
        return sorted(best + resets, key=lambda one: one.rank >= 2)

    def _validation(self, edit: Edit, found: list[Candidate]) -> list[np.ndarray]:
        """Validation losses [seeds, rows] at the screening seeds of the edited program, and with
        each candidate's edit too."""
        runs = self.protocol.screening
        programs = [edited(self.sections, edit | one) for one in ({}, *(c.edit for c in found))]
        self.laboratory.train(programs, runs)
        return [self.laboratory.losses(program, runs, "validation") for program in programs]

    def _order(self, edit: Edit, candidate: Candidate) -> tuple[float, int]:
        known = set(candidate.families) <= set(families_of(edit))
        spoken_for = bool(self.evidence & set(candidate.families))
        return candidate.rank - 0.5 * (known or spoken_for), len(candidate.edit)

    def _first_confirmed(self, edit: Edit, ranked: list[Candidate]) -> Edit | None:
        for number, candidate in enumerate(ranked):
            if number == 1:  # the rest beside each other: compiling takes longer than training
                rest = [edited(self.sections, edit | one.edit) for one in ranked[number:]]
                self.laboratory.train(rest, self.judging)
            if self._confirmed(edit, candidate):
                return candidate.edit
        return None

    def _least(self, candidate: Candidate) -> float:
        """The smallest gain by which this candidate counts as a cause."""
        return self.protocol.least * (1 if candidate.rank < 2 else BEYOND)

    def _confirmed(self, edit: Edit, candidate: Candidate) -> bool:
        """Whether the gain is clear of zero, and matters; with more seeds if it is close.

        Each look counts as a test of its own in Holm's correction, so that looking again does not
        make luck more likely.
        """
        least, level = self._least(candidate), LEVEL
        if edit and candidate.rank >= 2:
            least = max(least, SHARE_BEYOND * self._judged({}, edit).mean)
            level = LEVEL_BEYOND
        while True:
            gain = self._judged(edit, edit | candidate.edit)
            self.tested.append(gain.p_value)
            adjusted = holm(self.tested)[-1]
            if gain.mean <= least or adjusted < level:
                return gain.mean > least and adjusted < level
            seeds, asked = self.judging.seeds, len(self.protocol.judging.seeds)
            close = gain.p_value < CLOSE and gain.mean > CLEAR_OF_ROWS * gain.of_rows
            if not close or 2 * len(seeds) > MOST_SEEDS * asked:
                return False
            self.protocol.say(f"a close call: {2 * len(seeds)} seeds")
            following = range(seeds[-1] + 1, seeds[-1] + 1 + len(seeds))
            more = tuple(seed % 2**32 for seed in following)
            self.judging = replace(self.judging, seeds=seeds + more)

    def _judged(self, before: Edit, after: Edit, split: str = "test") -> Paired:
        """What `after` gains over `before` in the judging runs."""
        runs = self.judging
        old, new = edited(self.sections, before), edited(self.sections, after)
        self.laboratory.train([old, new], runs)
        return paired(
            self.laboratory.losses(old, runs, split) - self.laboratory.losses(new, runs, split),
            self.laboratory.design(runs, split),
        )

    def _mean(self, sections: Sections, runs: Runs, split: str) -> float:
        losses = self.laboratory.losses(sections, runs, split)
        return mean(losses, self.laboratory.design(runs, split).weights)

    # -------------------------------------------------------------------------------- 2. prune

    def _pruned(self, edit: Edit) -> Edit:
        """Without the keys that bring nothing: one after the other the one that is missed least,
        while the validation loss stays within the smallest gain that matters of the best. A key
        whose own gain is proven stays, and so does one without which the rest's is not."""
        runs = Runs(self.protocol.screening.seeds + self.judging.seeds)
        allowed = None
        while len(edit) > 1:
            self.protocol.say("pruning")
            without = {
                key: {k: v for k, v in edit.items() if k != key}
                for key in edit
                if self.laboratory.runs(
                    edited(self.sections, {k: v for k, v in edit.items() if k != key})
                )
            }
            programs = {key: edited(self.sections, rest) for key, rest in without.items()}
            whole = edited(self.sections, edit)
            self.laboratory.train([whole, *programs.values()], runs)
            if allowed is None:
                allowed = self._mean(whole, runs, "validation") + self.protocol.least
            losses = {key: self._mean(one, runs, "validation") for key, one in programs.items()}
            needless = (
                key
                for key in sorted(losses, key=losses.get)
                if losses[key] <= allowed
                and self._proven({}, without[key])
                and not self._proven(without[key], edit)
            )
            key = next(needless, None)
            if key is None:
                break
            edit = without[key]
        return edit

    def _proven(self, before: Edit, after: Edit) -> bool:
        gain = self._judged(before, after)
        return gain.p_value < LEVEL and gain.mean > self.protocol.least

    # ------------------------------------------------------------------------------ 3. account

    def _accounted(self, edit: Edit) -> list[Line]:
        """The edit's keys as lines, a family each, the one that brings most first; families that
        help only together share a line."""
        groups: dict[str, Edit] = {}
        for key, value in edit.items():
            groups.setdefault(families_of({key: value})[0], {})[key] = value
        order = self._order_of(groups)
        lines: list[tuple[Edit, Paired, float]] = []
        before: Edit = {}
        pending: Edit = {}
        for family in order:
            pending = pending | groups[family]
            after = before | pending
            if not self.laboratory.runs(edited(self.sections, after)):
                continue
            if self._proven(before, after):
                gain = self._judged(before, after)
                training = self._judged(before, after, "train").mean
                lines.append((pending, gain, training))
                before, pending = after, {}
        adjusted = holm([gain.p_value for _, gain, _ in lines])
        while lines and max(adjusted) >= LEVEL:
            lines.pop()  # each line is judged on top of those before it, so the last one goes
            adjusted = holm([gain.p_value for _, gain, _ in lines])
        whole = {key: value for edit, _, _ in lines for key, value in edit.items()}
        return [
            Line(edit, gain, training, p, self._equivalents(whole, edit, gain.mean))
            for (edit, gain, training), p in zip(lines, adjusted, strict=True)
        ]

    def _order_of(self, groups: dict[str, Edit]) -> list[str]:
        """Greedily: next the family whose keys bring the validation loss down most."""
        order: list[str] = []
        done: Edit = {}
        while len(order) < len(groups):
            rest = [family for family in groups if family not in order]
            options = {
                family: edited(self.sections, done | groups[family])
                for family in rest
                if self.laboratory.runs(edited(self.sections, done | groups[family]))
            }
            if len(rest) == 1 or not options:
                return order + rest
            self.laboratory.train(list(options.values()), self.judging)
            losses = {
                family: self._mean(program, self.judging, "validation")
                for family, program in options.items()
            }
            best = min(losses, key=losses.get)
            order.append(best)
            done = done | groups[best]
        return order

    def _equivalents(self, whole: Edit, own: Edit, gain: float) -> list[Equivalent]:
        """Edits of other families that would do in this line's place.

        Chosen on validation rows in the screening runs, verified on validation and test rows in
        the judging runs: there, beside the other lines' edits, they come within EQUAL of the
        line's gain, or within the smallest gain that matters, or within MAY_EQUAL and no
        difference can be shown.
        """
        rest = {key: value for key, value in whole.items() if key not in own}
        found = [
            one for one in self._candidates(rest) if not set(one.families) & set(families_of(own))
        ]
        margin = max(self.protocol.least, EQUAL * gain)
        line = Candidate("line", 0, "", own)
        weights = self.laboratory.design(self.protocol.screening, "validation").weights
        *losses, reached = (
            mean(one, weights) for one in self._validation(rest, [*found, line])[1:]
        )
        close = sorted(
            (i for i, loss in enumerate(losses) if loss < reached + max(margin, MAY_EQUAL * gain)),
            key=lambda i: (found[i].rank, losses[i]),
        )[:EQUALS_TRIED]
        programs = [edited(self.sections, rest | found[i].edit) for i in close]
        target = edited(self.sections, whole)
        self.laboratory.train([target, *programs], self.judging)
        test = self._mean(target, self.judging, "test")
        equal = []
        for i, program in zip(close, programs, strict=True):
            aimed, came = (self._held_out(one, self.judging) for one in (target, program))
            short = paired(came - aimed, self.laboratory.design(self.judging, *HELD_OUT))
            brings = gain + test - self._mean(program, self.judging, "test")
            most = MAY_EQUAL * gain if short.p_value >= LEVEL else margin
            if max(short.mean, gain - brings) <= max(most, margin):
                equal.append(Equivalent(found[i].edit, brings))
        return equal

    def _screened(self, edit: Edit) -> dict[str, list[tuple[Candidate, Paired]]]:
        """What more each family's edits would gain, on held-out rows no edit was chosen by.

        A few seeds rule out the hopeless; what they leave open is tried on the judging seeds too.
        """
        found = self._candidates(edit)
        gains = self._gains(edit, found, self.protocol.screening)
        open_ = [i for i, gain in enumerate(gains) if gain.interval()[1] >= self.protocol.least]
        every = Runs(self.protocol.screening.seeds + self.protocol.judging.seeds[:OPEN_SEEDS])
        for i, gain in zip(open_, self._gains(edit, [found[i] for i in open_], every), strict=True):
            gains[i] = gain
        screened: dict[str, list[tuple[Candidate, Paired]]] = {family: [] for family in FAMILIES}
        for candidate, gain in zip(found, gains, strict=True):
            for family in candidate.families:
                screened[family].append((candidate, gain))
        return screened

    def _gains(self, edit: Edit, found: list[Candidate], runs: Runs) -> list[Paired]:
        present = edited(self.sections, edit)
        programs = [edited(self.sections, edit | one.edit) for one in found]
        self.laboratory.train([present, *programs], runs)
        base, design = self._held_out(present, runs), self.laboratory.design(runs, *HELD_OUT)
        return [paired(base - self._held_out(program, runs), design) for program in programs]

    def _held_out(self, sections: Sections, runs: Runs) -> np.ndarray:
        return np.concatenate(
            [self.laboratory.losses(sections, runs, split) for split in HELD_OUT], axis=1
        )
