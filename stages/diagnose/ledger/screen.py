"""What more each family's edits would gain, so that families can be ruled out."""

from stages.diagnose.interventions.entry import Candidate
from stages.diagnose.ledger.bench import HELD_OUT, Bench
from stages.diagnose.ledger.lines import Screened
from stages.lib.params.edits import Edit
from stages.lib.params.families import families
from stages.lib.trials.laboratory import Runs
from stages.lib.trials.statistics import Paired, paired

# Of the judging seeds, how many are enough to rule out what the screening seeds leave open.
JUDGING_SEEDS = 5


def screen(bench: Bench, edit: Edit) -> Screened:
    """What more each family's edits would gain, on held-out rows no edit was chosen by.

    A few seeds rule out the hopeless; what they leave open is tried on the judging seeds too.
    """
    protocol = bench.protocol
    protocol.on_status("ruling out what is left")
    options = bench.candidates(edit)
    gains = _gains(bench, edit, options, protocol.screening)
    possible = [i for i, gain in enumerate(gains) if gain.interval()[1] >= protocol.min_gain]
    runs = Runs(protocol.screening.seeds + protocol.judging.seeds[:JUDGING_SEEDS])
    retried = _gains(bench, edit, [options[i] for i in possible], runs)
    for i, gain in zip(possible, retried, strict=True):
        gains[i] = gain
    screened: Screened = {family: [] for family in families()}
    for option, gain in zip(options, gains, strict=True):
        for family in option.families:
            screened[family].append((option, gain))
    return screened


def _gains(bench: Bench, edit: Edit, options: list[Candidate], runs: Runs) -> list[Paired]:
    """What each candidate gains over the edited program on validation and test rows."""
    edits = [edit | option.edit for option in options]
    bench.train([edit, *edits], runs)
    base, design = bench.held_out_losses(edit, runs), bench.laboratory.design(runs, *HELD_OUT)
    return [paired(base - bench.held_out_losses(candidate, runs), design) for candidate in edits]
