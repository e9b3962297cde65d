"""The whole diagnosis of one run, as one strict-JSON mapping."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from stages.diagnose.accounts import build_account, fit_reference, generalize_reference
from stages.diagnose.checks import CHECKS, MAX_FINDINGS, run_checks
from stages.diagnose.checks.leaking_column import leaks_of
from stages.diagnose.evidence.pair import Pair
from stages.diagnose.findings import CheckFinding, SymptomFinding, applicable
from stages.diagnose.floor.conflicts import conflict_floor
from stages.diagnose.floor.estimate import Floor, estimate_floor, estimate_signal
from stages.diagnose.interventions.candidates import facts_of
from stages.diagnose.interventions.layers import edited
from stages.diagnose.ledger.account import MAX_LINES
from stages.diagnose.ledger.build import account_edit, build_ledger
from stages.diagnose.ledger.lines import FIT, GENERALIZE, Ledger, Protocol, Question
from stages.diagnose.plan import Plan, fixed_seconds, plan
from stages.diagnose.prescription import Promise, command
from stages.diagnose.rounding import rounded
from stages.diagnose.squared_errors import regression_scores
from stages.diagnose.symptoms import SYMPTOMS, find_symptoms
from stages.diagnose.verdicts import families_with_evidence, small_gains, verdicts
from stages.lib.diagnosis.schema import SCHEMA
from stages.lib.mlp.saved import TrainedNetwork
from stages.lib.params.edits import Edit
from stages.lib.params.schema import Diagnose
from stages.lib.trials.laboratory import Laboratory, Runs
from stages.lib.trials.statistics import mean, paired
from stages.lib.trials.subject import Subject

# Share of the rows at their cap beyond which an edit that changes nothing may have changed much:
# both are beyond what is told apart.
MAX_SHARE_AT_CAP = 0.1
# Held-out rows below which nothing is said of new rows. Student's interval of a mean is about right
# from some thirty draws of a mildly skewed law on (Cochran, Sampling Techniques, 3rd ed., section
# 2.15: n > 25 G1^2, with the skewness G1 of the draws); row losses are skewed by more than one.
MIN_JUDGED_ROWS = 50
# What a second search, of the other question, has of the seconds at least.
SECOND_SEARCH = 0.25
# The check that says so.
LEAK = "held_out_twins"
# Of what the networks tried learn of the training rows, the share below which a program is said
# not to fit: it leaves more behind than it has learnt.
MIN_SHARE_FITTED = 0.5


def diagnose(
    subject: Subject,
    settings: Diagnose,
    on_status: Callable[[str], None] = lambda what: None,
    on_progress: Callable[[int], object] = lambda fits: None,
    backend: str = "threads",
) -> dict[str, Any]:
    """The content of diagnosis.json: see `diagnose_with_pair`, which has the arguments."""
    return diagnose_with_pair(subject, settings, on_status, on_progress, backend)[0]


def diagnose_with_pair(
    subject: Subject,
    settings: Diagnose,
    on_status: Callable[[str], None] = lambda what: None,
    on_progress: Callable[[int], object] = lambda fits: None,
    backend: str = "threads",
) -> tuple[dict[str, Any], Pair]:
    """Checks, floor, symptoms, and an account of each question; beside them the two programs of the
    leading one, of which evidence can be gathered.

    Losses are mean proper losses: nats, or squared target units.

    Args:
        on_status: called with what is tried next.
        on_progress: called with the number of fits that have ended.
        backend: where the fits run, a row of `BACKENDS`.
    """
    whole = Laboratory(subject, None, on_progress, backend)
    enough = -(-MIN_JUDGED_ROWS // max(1, len(subject.tables["test"])))
    budget = plan(subject, settings, len(whole.folds), min(enough, len(whole.folds)))
    laboratory = whole
    if budget.is_short or budget.divisions < len(whole.folds):
        laboratory = Laboratory(
            subject,
            budget.rows,
            on_progress,
            backend,
            most_folds=budget.divisions,
            epochs=budget.epochs,
        )
    # What is told is of all rows, whatever the search was of.
    folds = whole.folds[: len(laboratory.folds)]
    on_status("floor")
    # Nothing is held out of a table of a few rows: its floor is that of the training rows.
    bound, seed = None, subject.sections["train"]["seed"]
    if len(subject.tables["test"]):
        bound = estimate_floor(subject, seed, folds, settings.min_gain)
    signal = bound.signal if bound else estimate_signal(subject, seed, settings.min_gain)
    lowest = conflict_floor(subject) if bound is None else bound.value
    chance = subject.card.chance.train if bound is None else bound.chance
    findings = run_checks(subject)
    symptoms = find_symptoms(subject, lowest, chance)
    run = _Diagnosis(
        subject, settings, budget, laboratory, whole, bound, findings, symptoms, on_status
    )
    accounts = run.accounts()
    content: dict[str, Any] = {
        "schema": SCHEMA,
        **accounts,
        "signal": {
            "found": int(signal.found),
            "p_value": signal.p_value,
            "smallest_p_value": signal.smallest_p,
            "permutations": signal.permutations,
            "rows": signal.rows,
            "rows_needed": signal.rows_needed,
        },
        "about": [
            {
                "unit": subject.card.unit,
                "lead": run.lead.name,
                "references": {} if bound is None else bound.references,
                "signal": {
                    "status": signal.status,
                    "reference": signal.reference,
                    "reason": signal.reason,
                },
                "divergence": run.divergence,
                "leak": run.leak,
                "untried": [option.edit for option in run.lead_ledger.untried],
                **({} if run.leave_out is None else {"leave_out": run.leave_out}),
                **_of_model(subject),
                **_of_regression(subject, "train" if run.lead.name == "fit" else "test"),
            }
        ],
        "checks": [finding.content() for finding in findings],
        "symptoms": [symptom.content() for symptom in symptoms],
        "budget": {
            "fits": run.fits,
            "seconds": run.nominal_seconds,
            "rows": len(laboratory.frames["train"]),
            "rows_of": len(subject.tables["train"]),
            "epochs_share": budget.epochs,
            "held_out": run.held_out,
            "held_out_needed": MIN_JUDGED_ROWS,
        },
    }
    if run.full_size is not None:
        content["full_size"] = run.full_size
    pair = Pair(subject, run.told, run.lead, run.lead_ledger, settings.seconds)
    return rounded(content), pair


def _of_regression(subject: Subject, split: str) -> dict[str, Any]:
    """The run's squared loss on these rows in other units, where it has one."""
    scores = regression_scores(subject, split)
    return {} if scores is None else {"regression": scores}


def _of_model(subject: Subject) -> dict[str, Any]:
    """Of a Keras model, that Keras' fit trained it, what was not asked of it, and its outputs."""
    if isinstance(subject.network, TrainedNetwork):
        return {}
    asked = {row.code for row in applicable(CHECKS, subject)}
    asked |= {row.code for row in applicable(SYMPTOMS, subject)}
    every = [*(row.code for row in CHECKS), *(row.code for row in SYMPTOMS)]
    not_asked = [code for code in every if code not in asked]
    return {"keras_fit": {"not_asked": not_asked, "units": subject.network.contract.units}}


@dataclass
class _Diagnosis:
    """One run's questions, in the order in which they are asked.

    laboratory: of the search, which may be of fewer steps than the program has (`Plan.is_short`);
    whole: of all of them, and of all rows.
    """

    subject: Subject
    settings: Diagnose
    plan: Plan
    laboratory: Laboratory
    whole: Laboratory
    bound: Floor | None
    findings: list[CheckFinding]
    symptoms: list[SymptomFinding]
    on_status: Callable[[str], None]

    def __post_init__(self) -> None:
        first, count = self.subject.sections["train"]["seed"], self.plan.screening_seeds
        seeds = tuple((first + i) % 2**32 for i in range(count + self.plan.seeds))
        self.screening, self.judging = Runs(seeds[:count]), Runs(seeds[count:])
        self.held_out = sum(len(frames["test"]) for frames in self.laboratory.folds)
        # Edits are of the program on all rows.
        rows = len(self.whole.frames["train"])
        facts = facts_of(self.subject, rows, self.settings.families)
        self.facts = replace(facts, short=self.plan.is_short)
        self.evidence = families_with_evidence(self.findings, self.symptoms)
        self.full_size: dict[str, float] | None = None
        self.lead, self.lead_ledger = self._search()

    def accounts(self) -> dict[str, Any]:
        """fit and generalize. The one that does not lead accounts for the other's edit only;
        generalize is None where too few rows are held out."""
        content: dict[str, Any] = {"fit": None, "generalize": None}
        for question in (FIT, GENERALIZE):
            if question is self.lead:
                content[question.name] = self._account(question, self.lead_ledger, True)
            elif question is FIT or self.can_judge_new_rows:
                ledger = self._accounted(question, self.lead_ledger.edit)
                content[question.name] = self._account(question, ledger, False)
        return content

    @property
    def can_judge_new_rows(self) -> bool:
        """Enough rows are held out, they are no training rows again, and no column gives the target
        away."""
        enough = self.held_out >= MIN_JUDGED_ROWS and len(self.subject.tables["validation"]) > 0
        return enough and self.leak is None and self.leave_out is None

    @property
    def leak(self) -> str | None:
        """What is known of held-out rows that stand in training: what they cost says nothing of new
        rows, so there is no account of these."""
        return next((check.received for check in self.findings if check.check == LEAK), None)

    @cached_property
    def leave_out(self) -> dict[str, Any] | None:
        """The columns that give the target away. No edit of the program mends that, and the
        references see them too."""
        card = self.subject.card
        leaks = [leak for leak in leaks_of(self.subject) if leak.blocks]
        if not leaks:
            return None
        names = [leak.name for leak in leaks]
        ignore = [*card.ignored, *names]
        return {
            "columns": names,
            "how": "; ".join(leak.sentence for leak in leaks[:MAX_FINDINGS]),
            "ignore": ignore,
            "keep": [*card.kept, *names],
            "command": command({"data.file.ignore": ignore}),
        }

    @property
    def divergence(self) -> dict[str, Any] | None:
        """Where the trained run met a value that is not finite."""
        where = self.subject.network.training.divergence
        return None if where is None else where.plain()

    def _search(self) -> tuple[Question, Ledger]:
        """Which question leads, and what its search came to: the one that `diagnose.question`
        names, and fit in any case where too few rows are held out. With a leak nothing is searched
        unless fit is asked for: it is to be mended first. With a column that gives the target away
        nothing is searched at all.

        auto searches for edits that lower the held-out loss; where there are none, although there
        is a signal, and the program does not even fit, for edits that lower the training loss. One
        that is shown to raise the held-out loss is no answer: more of the training rows is learnt
        by heart.
        """
        if not self.searches:
            return FIT, self._accounted(FIT, {})
        if self.settings.question == "fit" or not self.can_judge_new_rows:
            return FIT, self._searched(FIT)
        ledger = self._searched(GENERALIZE)
        # Without a signal there is nothing that a better fit could bring but memory.
        told = self.bound is not None and self.bound.signal.found
        if self.settings.question == "auto" and told and not ledger.edit and not self._fits():
            fitted = self._searched(FIT)
            if not self._raises_held_out(fitted.edit):
                return FIT, fitted
        return GENERALIZE, ledger

    def _raises_held_out(self, edit: Edit) -> bool:
        """Whether the edit is shown to raise the held-out loss."""
        split = GENERALIZE.judged_on
        runs = self._accounted(GENERALIZE, edit, most_lines=1).runs
        before, after = (
            self.told.losses(edited(self.subject.sections, one), runs, split) for one in ({}, edit)
        )
        return paired(before - after, self.told.design(runs, split)).interval()[1] < 0

    @property
    def searches(self) -> bool:
        """Whether edits are tried."""
        asked = self.leak is None or self.settings.question == "fit"
        return asked and self.leave_out is None

    def _fits(self) -> bool:
        """Whether the program learns at least MIN_SHARE_FITTED of what the best network tried
        learns of the training rows; of no more, though, than there is to learn of new rows (chance
        less floor or best reference), since what lies beyond can be learnt by heart only."""
        runs = self.screening
        weights = self.laboratory.design(runs, "train").weights
        chance = mean(self.laboratory.chance_losses(runs, "train")[None], weights)
        learnt = mean(self.laboratory.learnt_losses(self.subject.sections, runs, "train"), weights)
        best = min(chance, self.laboratory.lowest_mean("train"))
        learnable = chance - best
        if self.bound is not None and self.bound.withheld is None:
            learnable = min(learnable, self.bound.chance - self.bound.value)
        return chance - learnt >= MIN_SHARE_FITTED * learnable

    @property
    def _laboratories(self) -> list[Laboratory]:
        return [self.whole, *([] if self.laboratory is self.whole else [self.laboratory])]

    @property
    def fits(self) -> int:
        """Fits so far."""
        return sum(laboratory.fits for laboratory in self._laboratories)

    @property
    def nominal_seconds(self) -> float:
        """What was done so far takes so long, at nominal speeds."""
        fixed = fixed_seconds({split: len(x) for split, x in self.subject.x.items()})
        return fixed + sum(laboratory.spent for laboratory in self._laboratories)

    @property
    def told(self) -> Laboratory:
        """Of whose programs all losses are that are told."""
        return self.whole if self.plan.is_short else self.laboratory

    def _protocol(self, question: Question) -> Protocol:
        chance = self.laboratory.chance_losses(Runs(self.judging.seeds), question.judged_on)
        weights = self.subject.design(self.laboratory.frames[question.judged_on]).weights
        folds = len(self.laboratory.folds) if question.rows_vary else 1
        return Protocol(
            self.screening,
            replace(self.judging, folds=folds),
            self.settings.min_gain * mean(chance[None], weights),
            self.on_status,
            question,
            max(self.plan.seconds - self.laboratory.spent, SECOND_SEARCH * self.plan.seconds),
        )

    def _searched(self, question: Question) -> Ledger:
        found = build_ledger(
            self.laboratory,
            self.subject.sections,
            self.facts,
            self._protocol(question),
            self.evidence,
        )
        if not self.plan.is_short:
            return found
        # Of programs with fewer steps nothing is told but which edit to try with all of them.
        told = self._accounted(question, found.edit)
        if found.edit and not self._lowers(found.edit, told.runs, question):
            told = self._accounted(question, {})
        return replace(told, as_given=found.as_given, untried=found.untried)

    def _lowers(self, edit: Edit, runs: Runs, question: Question) -> bool:
        """Whether the edited program has the lower loss with all of its steps."""
        programs = [self.subject.sections, edited(self.subject.sections, edit)]
        before, after = (
            float(self.whole.means(program, runs, question.judged_on).mean())
            for program in programs
        )
        self.full_size = {"before": before, "after": after, "gain": before - after}
        return after < before

    def _accounted(self, question: Question, edit: Edit, most_lines: int = MAX_LINES) -> Ledger:
        """What this edit does to the question's loss, with nothing searched, on so many lines at
        most."""
        protocol = self._protocol(question)
        if self.plan.is_short:
            self.on_status("training with all steps")
            seeds = (*self.screening.seeds[:1], *self.judging.seeds)[: self.plan.verifying_seeds]
            protocol = replace(protocol, judging=replace(protocol.judging, seeds=seeds))
            most_lines = 1
        return account_edit(
            self.told, self.subject.sections, self.facts, protocol, edit, most_lines
        )

    def _account(self, question: Question, ledger: Ledger, leads: bool) -> dict[str, Any]:
        protocol = self._protocol(question)
        if question is FIT:
            final = edited(self.subject.sections, ledger.edit)
            after = float(self.told.means(final, ledger.runs, "train").mean())
            rows = replace(self.subject, tables=self.told.frames)
            reference = fit_reference(self.told, after, conflict_floor(rows))
        else:
            assert self.bound is not None
            reference = generalize_reference(self.subject, self.bound)
        families = []
        if leads and self.searches:
            # On the scale of what was learnt a capped loss is that of a program at chance.
            share = self._share_at_cap(question, ledger)
            at_cap = ledger.scale == "raw" and share > MAX_SHARE_AT_CAP
            families = verdicts(
                ledger,
                self.findings,
                self.symptoms,
                protocol.min_gain,
                at_cap,
                short=self.plan.is_short,
            )
        return build_account(
            self.subject,
            self.told,
            protocol,
            ledger,
            reference,
            self._promise(question, ledger),
            families,
            small_gains(ledger.further) if leads else [],
        )

    def _promise(self, question: Question, ledger: Ledger) -> Promise | None:
        """What the edited program is seen to do on this run's own rows, at its own seed too; None
        without an edit."""
        if not ledger.edit:
            return None
        final = edited(self.subject.sections, ledger.edit)
        split, runs = question.judged_on, Runs(ledger.runs.seeds)
        if not self.plan.is_short:
            seen = self.laboratory.means(final, Runs(self.screening.seeds[:1]), split)
            return Promise(self.laboratory.means(final, runs, split), seen)
        # As many seeds as the search judged by, about the mean that all steps give.
        seen = self.whole.means(final, runs, split)
        losses = self.laboratory.means(final, Runs(self.judging.seeds), split)
        return Promise(losses - losses.mean() + seen.mean(), seen)

    def _share_at_cap(self, question: Question, ledger: Ledger) -> float:
        runs, split = ledger.runs, question.judged_on
        losses = self.told.losses(self.subject.sections, runs, split)
        at_cap = losses >= self.told.judges[0].worst
        return mean(at_cap, self.told.design(runs, split).weights)
