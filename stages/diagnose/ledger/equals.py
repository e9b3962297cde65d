"""Edits of other families that would do in a line's place."""

from stages.diagnose.interventions.entry import families_of
from stages.diagnose.ledger.bench import HELD_OUT, LEVEL, Bench
from stages.diagnose.ledger.lines import Equivalent
from stages.lib.params.edits import Edit
from stages.lib.trials.statistics import mean, paired

# Share of a line's gain within which another edit counts as its equal, the share where the rows
# cannot tell the two apart, and how many are verified.
EQUAL_SHARE_OF_GAIN = 0.05
EQUAL_SHARE_OF_GAIN_IF_INDISTINCT = 0.2
MAX_VERIFIED = 8


def find_equivalents(bench: Bench, whole: Edit, own: Edit, gain: float) -> list[Equivalent]:
    """Edits of other families that would do in a line's place.

    Chosen on validation rows in the screening runs, verified on validation and test rows in
    the judging runs: there, beside the other lines' edits, they come within EQUAL_SHARE_OF_GAIN of
    the line's gain, or within the smallest gain that matters, or within
    EQUAL_SHARE_OF_GAIN_IF_INDISTINCT and no difference can be shown.

    Args:
        whole: the edits of all lines.
        own: that of this line.
        gain: of this line, in the loss's unit.
    """
    rest = {key: value for key, value in whole.items() if key not in own}
    options = [
        option
        for option in bench.candidates(rest)
        if not set(option.families) & set(families_of(own))
    ]
    margin = max(bench.protocol.min_gain, EQUAL_SHARE_OF_GAIN * gain)
    wide_margin = EQUAL_SHARE_OF_GAIN_IF_INDISTINCT * gain
    weights = bench.laboratory.design(bench.protocol.screening, "validation").weights
    *losses, reached = (
        mean(loss, weights)
        for loss in bench.validation_losses(rest, [*(option.edit for option in options), own])[1:]
    )
    close = sorted(
        (i for i, loss in enumerate(losses) if loss < reached + max(margin, wide_margin)),
        key=lambda i: (options[i].rank, losses[i]),
    )[:MAX_VERIFIED]
    bench.train([whole, *(rest | options[i].edit for i in close)], bench.judging)
    test = bench.mean(whole, bench.judging, "test")
    equivalents = []
    for i in close:
        edit = rest | options[i].edit
        target, reach = (bench.held_out_losses(program, bench.judging) for program in (whole, edit))
        shortfall = paired(reach - target, bench.laboratory.design(bench.judging, *HELD_OUT))
        brings = gain + test - bench.mean(edit, bench.judging, "test")
        allowed = wide_margin if shortfall.p_value >= LEVEL else margin
        if max(shortfall.mean, gain - brings) <= max(allowed, margin):
            equivalents.append(Equivalent(options[i].edit, brings))
    return equivalents
