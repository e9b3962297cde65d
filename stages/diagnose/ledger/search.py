"""The next edit of a program: chosen on some rows, confirmed on others at fresh seeds."""

import numpy as np

from stages.diagnose.interventions.candidates import recommended_program
from stages.diagnose.interventions.entry import Candidate, Rank, families_of
from stages.diagnose.ledger.account import subsets_of
from stages.diagnose.ledger.bench import Bench
from stages.diagnose.ledger.lines import Scale
from stages.diagnose.ledger.screen import most_seconds
from stages.lib.params.edits import Edit
from stages.lib.trials.statistics import Paired

# Of the best gain, the share at which an edit that returns a setting to its recommended value goes
# before one that only compensates for it (a rate of 0.1 for inputs of the size of 0.01, say), and
# the share where the rows cannot tell the two apart.
RECOMMENDED_SHARE_OF_BEST_GAIN = 0.75
RECOMMENDED_SHARE_OF_BEST_GAIN_IF_INDISTINCT = 0.5
DISTINCT_LEVEL = 0.05
# An edit that goes beyond recommended values is tuning: it has to bring this many times the
# smallest gain that matters to count as a cause. When one is known already, this share of what is
# known: less is for the next diagnosis, which starts from the mended program.
TUNING_MIN_GAIN_FACTOR = 2
TUNING_SHARE_OF_KNOWN_GAIN = 0.1
# Of one round's edits, how many are put to the test at fresh seeds before the round is given up.
MAX_TRIES_PER_ROUND = 3
# A close call is made again with twice the judging seeds, until there are MAX_SEED_FACTOR times as
# many as were asked for: one that misses the level, at a p-value below CLOSE_CALL_P_VALUE, and
# whose gain is so many standard errors of its rows that more seeds can decide it. A program that
# fails at one seed in ten needs some forty of them to show it.
CLOSE_CALL_P_VALUE = 0.15
CLOSE_CALL_ROW_ERRORS = 2.0
MAX_SEED_FACTOR = 4
# What evidence for its families takes off a candidate's rank.
EVIDENCE_RANKS = 0.5
# Of a search's seconds, the share that rounds may take; the rest is for the account, the edits that
# would do instead, and what is to be ruled out. Of what is left of it a round's candidates may take
# half, so that something is left to judge them by, and for the next round.
SHARE_OF_ROUNDS = 0.6
SHARE_OF_CANDIDATES = 0.5
# Candidates that are tried in the first round whatever they take.
LEAST_CANDIDATES = 2


def find_next_edit(bench: Bench, edit: Edit, evidence: set[str], number: int) -> Edit | None:
    """What next to change of the edited program; None when nothing more holds up.

    Gains are of what was learnt (a loss above chance counts as chance), unless no candidate gets
    below chance: then of the losses as they are.

    Args:
        evidence: the families that a check or a symptom speaks for.
        number: of the round, from 1.
    """
    bench.protocol.on_status(f"{bench.protocol.question.name}: round {number}")
    _, options = _parted(bench.candidates(edit))
    together = recommended_program(bench.program(edit), bench.facts)
    if len(together.edit) > 1 and bench.can_run(edit | together.edit):
        options.append(together)
    options = _affordable(bench, edit, options, evidence)
    return _best_confirmed(bench, edit, options, evidence)


def find_ensemble(bench: Bench, edit: Edit, evidence: set[str]) -> Edit | None:
    """The networks that the edited program is to have in place of one; None where that does not
    hold up, or there is no time to train it with each part of the edit.

    It is the last step of a search: an average of networks lowers nearly every loss a little, and
    would stand where one network's fault should. It has only the time that ruling out all other
    edits leaves for sure.
    """
    bench.protocol.on_status(f"{bench.protocol.question.name}: several networks")
    left = bench.seconds_left(1.0) - most_seconds(bench, edit)
    options = [
        option
        for option in _parted(bench.candidates(edit))[0]
        if bench.has_time(subsets_of(edit | option.edit), bench.judging, left)
    ]
    tried = bench.affordable(edit, options, bench.protocol.screening, left)
    return _best_confirmed(bench, edit, tried, evidence)


def _parted(options: list[Candidate]) -> tuple[list[Candidate], list[Candidate]]:
    """Those that make several networks of one, and the others."""
    several = [option for option in options if option.rank is Rank.SEVERAL_NETWORKS]
    return several, [option for option in options if option not in several]


def _best_confirmed(
    bench: Bench, edit: Edit, options: list[Candidate], evidence: set[str]
) -> Edit | None:
    """The best of these that holds up."""
    if not options:
        return None
    scales: tuple[Scale, ...] = ("learnt", "raw")
    for scale in scales:
        ranked = _ranked(bench, edit, options, evidence, scale)
        if ranked:
            return _first_confirmed(bench, edit, ranked, scale)
    return None


def _affordable(
    bench: Bench, edit: Edit, options: list[Candidate], evidence: set[str]
) -> list[Candidate]:
    """Those of the candidates that there is time for: where not for all, those that go least far
    and that most speaks for come first."""
    first = sorted(options, key=lambda option: _order(edit, option, evidence))
    seconds = SHARE_OF_CANDIDATES * bench.seconds_left(SHARE_OF_ROUNDS)
    least = 0 if edit else LEAST_CANDIDATES
    tried = bench.affordable(edit, first, bench.protocol.screening, seconds, least)
    return [option for option in options if option in tried]


def _ranked(
    bench: Bench, edit: Edit, options: list[Candidate], evidence: set[str], scale: Scale
) -> list[Candidate]:
    """Candidates worth a judgement, best first: MAX_TRIES_PER_ROUND at most, and those of a
    recommended rank that the rows that choose, which may be few, do not rule out. These come before
    any that goes beyond recommended values: what only compensates for a fault would hide it.

    Candidates whose loss is within the smallest gain that matters of the best are equals. Of these,
    and of the recommended ones that bring most of the best gain, the one of the lowest rank is
    best: one that names no family that the edit does not, or that a check or a symptom speaks for,
    with the fewest keys, whose gain is the surest.
    """
    min_gain, question = bench.protocol.min_gain, bench.protocol.question
    losses = bench.screened_losses(edit, [option.edit for option in options], scale)

    def compare(difference: np.ndarray) -> Paired:
        return bench.paired(difference, bench.protocol.screening, question.chosen_on)

    judged = [compare(losses[0] - with_option) for with_option in losses[1:]]
    gains = [gain.mean for gain in judged]
    contenders = [i for i, gain in enumerate(gains) if gain > _min_gain_of(bench, options[i])]
    if not contenders:
        return []

    def rivals(i: int, best: int) -> bool:
        """Whether this candidate's gain is as good as the best one's."""
        if gains[i] > gains[best] - min_gain:
            return True
        if not options[i].rank.is_recommended:
            return False
        if gains[i] < RECOMMENDED_SHARE_OF_BEST_GAIN_IF_INDISTINCT * gains[best]:
            return False
        differ = compare(losses[1 + i] - losses[1 + best]).p_value < DISTINCT_LEVEL
        return not differ or gains[i] >= RECOMMENDED_SHARE_OF_BEST_GAIN * gains[best]

    def preference(i: int) -> tuple[float, int, float, int]:
        return (*_order(edit, options[i], evidence), judged[i].p_value, i)

    ranked: list[Candidate] = []
    while contenders:
        best = max(contenders, key=lambda i: gains[i])
        first = min((i for i in contenders if rivals(i, best)), key=preference)
        ranked.append(options[first])
        contenders.remove(first)
    tries = ranked[:MAX_TRIES_PER_ROUND]
    resets = [
        option
        for option, gain in zip(options, judged, strict=True)
        if option.rank.is_recommended and gain.interval()[1] > min_gain and option not in tries
    ]
    return sorted(tries + resets, key=lambda option: not option.rank.is_recommended)


def _order(edit: Edit, candidate: Candidate, evidence: set[str]) -> tuple[float, int]:
    """Rank, less EVIDENCE_RANKS where the edit or the evidence has its families, and keys."""
    known = set(candidate.families) <= set(families_of(edit))
    supported = bool(evidence & set(candidate.families))
    return candidate.rank - EVIDENCE_RANKS * (known or supported), len(candidate.edit)


def _first_confirmed(
    bench: Bench, edit: Edit, ranked: list[Candidate], scale: Scale
) -> Edit | None:
    first, *rest = ranked
    if _is_confirmed(bench, edit, first, scale):
        return first.edit
    rest = bench.affordable(edit, rest, bench.judging, bench.seconds_left(SHARE_OF_ROUNDS))
    # Beside each other: compiling takes longer than training.
    bench.train([edit | option.edit for option in rest], bench.judging)
    confirmed = (option for option in rest if _is_confirmed(bench, edit, option, scale))
    return next((option.edit for option in confirmed), None)


def _min_gain_of(bench: Bench, candidate: Candidate) -> float:
    """The smallest gain by which this candidate counts as a cause."""
    factor = 1 if candidate.rank.is_recommended else TUNING_MIN_GAIN_FACTOR
    return bench.protocol.min_gain * factor


def _is_confirmed(bench: Bench, edit: Edit, candidate: Candidate, scale: Scale) -> bool:
    """Whether the gain is shown to be more than what matters; with more seeds if it is close.

    Each look is a test that is paid for, so that looking again does not make luck more likely.
    """
    margin = _min_gain_of(bench, candidate)
    if edit and not candidate.rank.is_recommended:
        known = bench.judged_gain({}, edit, scale).mean
        margin = max(margin, TUNING_SHARE_OF_KNOWN_GAIN * known)
    after = edit | candidate.edit
    while True:
        gain = bench.judged_gain(edit, after, scale)
        if bench.is_confirmed(edit, after, margin, scale):
            return True
        seeds, planned = len(bench.judging.seeds), len(bench.protocol.judging.seeds)
        is_close = (
            gain.p_above(margin) < CLOSE_CALL_P_VALUE
            and gain.mean - margin > CLOSE_CALL_ROW_ERRORS * gain.of_rows
        )
        if not is_close or 2 * seeds > MAX_SEED_FACTOR * planned:
            return False
        more = bench.twice_the_judging_seeds()
        if not bench.has_time([edit, after], more, bench.seconds_left(SHARE_OF_ROUNDS)):
            return False
        bench.protocol.on_status(f"a close call: {2 * seeds} seeds")
        bench.judging = more
