"""Edits of other families that would do in a line's place."""

from stages.diagnose.interventions.entry import Rank, families_of
from stages.diagnose.ledger.bench import Bench
from stages.diagnose.ledger.lines import Equivalent, Scale
from stages.lib.params.edits import Edit
from stages.lib.trials.statistics import mean

# Share of what a line brings that an equal may leave behind, and how many are verified.
MAX_SHARE_LEFT_BEHIND = 0.05
MAX_VERIFIED = 8
# Level of the one-sided test that it leaves no more behind.
LEVEL = 0.05
# Of a search's seconds, what may be spent when these edits are known.
SHARE_OF_EQUALS = 0.8


def find_equivalents(
    bench: Bench, whole: Edit, of_line: Edit, gain: float, scale: Scale
) -> list[Equivalent]:
    """Edits of other families that would do in a line's place.

    Chosen on the rows that choose, at the screening seeds; verified on the rows that judge, at the
    judging seeds: there the edit, beside the other lines', is *shown* to leave no more than
    MAX_SHARE_LEFT_BEHIND of the line's gain behind (a test of non-inferiority). That no difference
    is seen is not enough.

    Args:
        whole: the edits of all lines.
        of_line: that of this line.
        gain: what this line takes off the loss when it comes last, in the loss's unit.

    Returns:
        An empty list where the other lines' edits alone are a program that cannot be trained.
    """
    rest = {key: value for key, value in whole.items() if key not in of_line}
    if not bench.can_run(rest):
        return []
    options = [
        option
        for option in bench.candidates(rest)
        if not set(option.families) & set(families_of(of_line))
        and option.rank is not Rank.SEVERAL_NETWORKS  # tried where no other edit wants the time
    ]
    left = bench.seconds_left(SHARE_OF_EQUALS)
    options = bench.affordable(rest, options, bench.protocol.screening, left)
    margin = MAX_SHARE_LEFT_BEHIND * gain
    screening, question = bench.protocol.screening, bench.protocol.question
    weights = bench.laboratory.design(screening, question.chosen_on).weights
    edits = [*(option.edit for option in options), of_line]
    *losses, reached = (
        mean(loss, weights) for loss in bench.screened_losses(rest, edits, scale)[1:]
    )
    # Few rows choose; what they put behind by less than what matters may still be an equal.
    near = reached + max(margin, bench.protocol.min_gain)
    close = sorted(
        (i for i, loss in enumerate(losses) if loss < near),
        key=lambda i: (options[i].rank, losses[i]),
    )[:MAX_VERIFIED]
    verified = [options[i] for i in close]
    left = bench.seconds_left(SHARE_OF_EQUALS)
    verified = bench.affordable(rest, verified, bench.judging, left)
    bench.train([whole, *(rest | option.edit for option in verified)], bench.judging)
    equivalents = []
    for option in verified:
        ahead = bench.judged_gain(whole, rest | option.edit, scale)
        if ahead.p_above(-margin) < LEVEL:
            equivalents.append(Equivalent(option.edit, gain + ahead.mean))
    return equivalents
