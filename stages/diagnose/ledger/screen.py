"""What each family's edits would gain, so that families can be ruled out."""

import math

from stages.diagnose.interventions.entry import Candidate, Rank
from stages.diagnose.ledger.bench import Bench
from stages.diagnose.ledger.lines import Scale, Screened, Tried
from stages.lib.params.edits import Edit
from stages.lib.params.families import families
from stages.lib.trials.laboratory import Runs

# Of the judging seeds, how many are enough to rule out what the screening seeds leave open.
JUDGING_SEEDS = 5
# Of a search's seconds, what may be spent when the program as it is has been looked at, and when
# the edited one has.
SHARE_AS_GIVEN, SHARE_WITH_EDIT = 0.9, 1.0


def screen(bench: Bench, edit: Edit, scale: Scale, several: bool) -> Screened:
    """What each family's edits gain on the edited program: those that make several networks of one,
    or all others. The former take the time of many of the latter.

    The screening seeds, on the rows that choose, rule out the hopeless: those whose interval ends
    below the smallest gain that matters. What they leave open is judged on the rows that judge, at
    judging seeds only. What there is no time for is left out.
    """
    protocol = bench.protocol
    protocol.on_status("ruling out what is left" if edit else "the program as it is")
    screening, question = protocol.screening, protocol.question
    share = SHARE_WITH_EDIT if edit else SHARE_AS_GIVEN
    wanted = [
        option
        for option in bench.candidates(edit)
        if (option.rank is Rank.SEVERAL_NETWORKS) is several
    ]
    options = bench.affordable(edit, wanted, screening, bench.seconds_left(share))
    if not options:
        return {family: [] for family in families()}
    base, *losses = bench.screened_losses(edit, [option.edit for option in options], scale)
    screened: Screened = {family: [] for family in families()}
    open_options: list[Candidate] = []
    for option, loss in zip(options, losses, strict=True):
        gain = bench.paired(base - loss, screening, question.chosen_on)
        if gain.interval()[1] >= protocol.min_gain:
            open_options.append(option)
            continue
        _enter(screened, Tried(option, gain, *base.shape))
    runs = judged(bench)
    open_options = bench.affordable(edit, open_options, runs, bench.seconds_left(share))
    bench.train([edit, *(edit | option.edit for option in open_options)], runs)
    rows = len(bench.laboratory.chance_losses(runs, question.judged_on))
    for option in open_options:
        gain = bench.judged_gain(edit, edit | option.edit, scale, runs)
        _enter(screened, Tried(option, gain, len(runs.seeds), rows))
    return screened


def most_seconds(bench: Bench, edit: Edit) -> float:
    """What screening all other edits of the program as it is, and of the edited one, may take at
    most at nominal speeds: where nothing is ruled out by the screening seeds."""
    if math.isinf(bench.protocol.seconds):
        return 0.0
    programs = [
        bench.program(before | option.edit)
        for before in ({}, edit)
        for option in bench.candidates(before)
        if option.rank is not Rank.SEVERAL_NETWORKS
    ]
    every = bench.protocol.screening, judged(bench)
    return sum(bench.laboratory.seconds(programs, runs) for runs in every)


def judged(bench: Bench) -> Runs:
    """In which edits that the screening seeds leave open are judged."""
    judging = bench.protocol.judging
    return Runs(judging.seeds[:JUDGING_SEEDS], judging.folds)


def together(first: Screened, second: Screened) -> Screened:
    """What both have, family by family."""
    return {family: first[family] + second[family] for family in first}


def _enter(screened: Screened, tried: Tried) -> None:
    for family in tried.candidate.families:
        screened[family].append(tried)
