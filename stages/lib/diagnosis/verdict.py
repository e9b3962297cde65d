"""The diagnosis in a sentence or two."""

import json

from stages.lib.diagnosis.schema import Account, Diagnosis, LeaveOut

# Columns to leave out that a sentence names.
MOST_NAMES = 5
# Which rows' loss a question is of.
ROWS = {"fit": "training", "generalize": "test"}
# Share of what all lines bring by which the sum of what each brings alone has to differ, for their
# interplay to be worth a word.
TELLING_INTERPLAY = 0.1
# Share of the excess from which this run's distance from the mean over seeds is worth a word.
TELLING = 0.1


def verdict(diagnosis: Diagnosis) -> str:
    """A column that gives the target away first, then a leak of rows, then divergence, then what
    the leading question came to, then what cannot be answered."""
    where = diagnosis.divergence
    lead = diagnosis.lead
    sentences = []
    if diagnosis.leave_out is not None:
        sentences += [leaving_out(diagnosis.leave_out), _why_leave_out(diagnosis.leave_out)]
    if diagnosis.leak is not None:
        sentences.append(
            f"Held-out rows stand in training: {diagnosis.leak}. Their loss says nothing of new "
            "rows, so no floor and no edit is told from it. Mend that first: remove repeated rows, "
            "or name the column that says which rows belong together (data.file.groups)."
        )
    if where is not None:
        sentences.append(
            f"This training diverged: non-finite {where.what} at epoch {where.epoch}, step "
            f"{where.step}."
        )
    if lead.causes or lead.families:
        sentences.append(_causes(diagnosis, lead) if lead.causes else _nothing(diagnosis, lead))
    sentences += _unreliable(lead)
    if lead.causes and lead.prescription is None:
        sentences.append(_why_nothing_is_prescribed(lead))
    full = diagnosis.full_size
    if full is not None and full.after >= full.before:
        sentences.append(
            "What looked better in a search of fewer steps is not, trained with all of them: "
            f"{number(full.before)} before, {number(full.after)} after."
        )
    is_withheld = diagnosis.leak is not None or diagnosis.leave_out is not None
    if diagnosis.generalize is None and not is_withheld:
        budget = diagnosis.budget
        sentences.append(
            f"Too few rows to judge new rows: {budget.held_out} held out, about "
            f"{budget.held_out_needed} needed."
        )
    return " ".join(sentences)


def leaving_out(leave_out: LeaveOut) -> str:
    """Which columns give the target away, with the edit that leaves them out."""
    names, one = ", ".join(map(repr, leave_out.columns)), len(leave_out.columns) == 1
    if len(leave_out.columns) > MOST_NAMES:
        names = f"{len(leave_out.columns)} columns"
    return (
        f"{names} {'gives' if one else 'give'} the target away; leave {'it' if one else 'them'} "
        f"out: data.file.ignore={json.dumps(leave_out.ignore)}."
    )


def _why_leave_out(leave_out: LeaveOut) -> str:
    it_is = "it is" if len(leave_out.columns) == 1 else "they are"
    return (
        f"{leave_out.how}. If {it_is} known when the prediction is needed, say so: "
        f"data.file.keep={json.dumps(leave_out.keep)}. Until then no floor and no other edit is "
        "told."
    )


def _why_nothing_is_prescribed(account: Account) -> str:
    loss = account.loss
    return (
        f"This run, {number(loss.run)}, already lies below what the edits would give, so nothing "
        "is prescribed."
    )


def _causes(diagnosis: Diagnosis, account: Account) -> str:
    loss, unit = account.loss, diagnosis.unit
    rows = ROWS[account.question]
    names = " and ".join(words(line.families) for line in account.causes)
    if not account.is_of_knowledge:
        return (
            f"{names.capitalize()}: the edit takes the {rows} loss from {number(loss.baseline)} to "
            f"{number(loss.after)} {unit}, mean over seeds; the best constant has "
            f"{number(loss.chance)}, so nothing is learnt yet."
        )
    held = f"{reference_name(account)} {number(loss.floor)}"
    if loss.baseline > loss.chance - loss.min_gain:
        is_worse = loss.baseline > loss.chance + loss.min_gain
        worse = f"The {rows} loss is worse than chance:"
        nothing = f"Next to nothing is learnt: {rows} loss"
        return (
            f"{worse if is_worse else nothing} {number(loss.baseline)} {unit}, mean "
            f"over seeds; the best constant has {number(loss.chance)}. "
            f"The cause{'s' if len(account.causes) > 1 else ''}: {names}. "
            f"Mended it is {number(loss.after)}; {held}."
        )
    parts = ", ".join(
        f"{number(line.amount)} from {words(line.families)}" for line in account.causes
    )
    above = loss.baseline - loss.floor - account.amount("label_luck")
    below = -account.rest().amount
    if below > 0:
        return (
            f"The {rows} loss, mean over seeds, lies {number(above)} {unit} above "
            f"{reference_name(account)}. The edits take off more, to {number(below)} below it: "
            f"{parts}{_luck(account)}."
        )
    return (
        f"Of {number(above)} {unit} of {rows} loss above {reference_name(account)}, mean over "
        f"seeds, {parts}{_luck(account)}."
    )


def _luck(account: Account) -> str:
    """Where the run at hand lies, if that is far from the mean that the causes explain."""
    loss, luck = account.loss, account.amount("seed_luck")
    if abs(luck) < max(loss.min_gain, TELLING * (loss.baseline - loss.floor)):
        return ""
    return f"; this run lies {number(abs(luck))} {'above' if luck > 0 else 'below'} that mean"


def _nothing(diagnosis: Diagnosis, account: Account) -> str:
    loss, unit, rest = account.loss, diagnosis.unit, account.rest()
    rows = ROWS[account.question]
    if account.reference.kind == "exact" and rest.high is not None and rest.high < loss.min_gain:
        return (
            f"At the floor: the {rows} loss lies at most {number(rest.high)} {unit} above it "
            "(95 %). Stop tuning."
        )
    bound = loss.exact_bound
    if account.question == "fit" and bound is not None and loss.after - bound < loss.min_gain:
        return (
            f"The training rows are fitted: {number(loss.after)} {unit}, mean over seeds, where no "
            f"function of these inputs goes below {number(bound)}."
        )
    signal, known = diagnosis.signal, diagnosis.about[0].signal
    if loss.learnt_before > loss.chance - loss.min_gain:
        if known.status == "none":
            return (
                "No signal: no reference model gains what matters over the best constant, "
                f"{number(loss.chance)} {unit}, and no edit tried brings the {rows} loss below it."
            )
        if known.status == "cannot_tell":
            needed = f", about {signal.rows_needed:,} would" if signal.rows_needed else ""
            return (
                f"No edit tried brings the {rows} loss below that of the best constant, "
                f"{number(loss.chance)} {unit}. Whether the inputs say anything of the target, "
                f"{signal.rows:,} rows cannot tell{needed}."
            )
    tried = (
        f"Nothing we tried is shown to lower the {rows} loss by more than min_gain, "
        f"{number(loss.min_gain)} {unit}."
    )
    if rest.amount < 0:
        return f"{tried} It is better than {reference_name(account)} by {number(-rest.amount)}."
    return f"{tried} It lies {number(rest.amount)} above {reference_name(account)}."


def _unreliable(account: Account) -> list[str]:
    """Seeds at which the network learns nothing, where it learns something at others."""
    seeds = account.seeds
    bad, after = seeds.no_better_than_chance, seeds.no_better_than_chance_after
    if not 0 < bad < seeds.judging:
        return []
    text = (
        f"It depends on the seed: at {bad} of {seeds.judging} seeds it does no better than chance"
    )
    return [f"{text}; with the edit at {after}." if account.causes else f"{text}."]


def interplay(account: Account) -> str:
    """How the causes work on each other, or '': together they bring more than the sum of what each
    brings alone (synergy), or less (redundancy)."""
    causes = account.causes
    whole = sum(line.amount for line in causes)
    alone = [line.alone or 0.0 for line in causes]
    if len(causes) < 2 or abs(whole - sum(alone)) <= max(
        account.loss.min_gain, TELLING_INTERPLAY * abs(whole)
    ):
        return ""
    each = ", ".join(number(amount) for amount in alone)
    if whole > sum(alone):
        return f"synergy: alone they bring {each}, together {number(whole)}"
    return f"redundancy: alone they bring {each}, together no more than {number(whole)}"


def reference_name(account: Account) -> str:
    """What the loss is held against, in words."""
    kind, name = account.reference.kind, account.reference.name
    if kind == "exact":
        return "the floor"
    return name if kind == "network" else f"the best reference ({name})"


def words(names: list[str]) -> str:
    """Names of families as words."""
    return ", ".join(name.replace("_", " ") for name in names)


def number(value: float | None) -> str:
    """As a terminal shows it: three decimals, or four significant digits; no zero has a sign."""
    return "none" if value is None else f"{value:.4g}" if abs(value) >= 10 else f"{value:z.3f}"
