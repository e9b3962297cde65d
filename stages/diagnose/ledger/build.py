"""The ledger of one program: search, prune, account, screen."""

from stages.diagnose.interventions.entry import Facts
from stages.diagnose.interventions.layers import effective
from stages.diagnose.ledger.account import MAX_LINES, account
from stages.diagnose.ledger.bench import Bench
from stages.diagnose.ledger.lines import Ledger, Protocol, Scale, Screened
from stages.diagnose.ledger.pruning import prune
from stages.diagnose.ledger.screen import screen, together
from stages.diagnose.ledger.search import find_ensemble, find_next_edit
from stages.lib.params.edits import Edit, Sections
from stages.lib.params.families import families
from stages.lib.trials.laboratory import Laboratory
from stages.lib.trials.statistics import mean

# Edits accepted one after the other; published faulty programs needed three at the most.
MAX_ROUNDS = 4


def build_ledger(
    laboratory: Laboratory,
    sections: Sections,
    facts: Facts,
    protocol: Protocol,
    evidence: set[str],
) -> Ledger:
    """Search, prune, account and screen. Trains on demand.

    Args:
        sections: normalize and train of params.yaml, the program under diagnosis.
        evidence: the families that a check or a symptom speaks for.
    """
    bench = Bench(laboratory, sections, facts, protocol)
    edit: Edit = {}
    for number in range(1, MAX_ROUNDS + 1):
        step = find_next_edit(bench, edit, evidence, number)
        if step is None:
            break
        edit = edit | step
    edit = effective(sections, edit)
    scale = choose_scale(bench, edit)
    edit = prune(bench, edit, scale)
    edit = edit | (find_ensemble(bench, edit, evidence) or {})
    lines = account(bench, edit, scale)
    as_given = screen(bench, {}, scale, several=False)
    further = screen(bench, edit, scale, several=False) if edit else as_given
    # Only in the time that all else leaves.
    as_given = together(as_given, screen(bench, {}, scale, several=True))
    further = together(further, screen(bench, edit, scale, several=True)) if edit else as_given
    tried = [entry.candidate for entries in as_given.values() for entry in entries]
    untried = [option for option in bench.candidates({}) if option not in tried]
    return Ledger(lines, edit, bench.judging, scale, as_given, further, untried)


def choose_scale(bench: Bench, edit: Edit) -> Scale:
    """learnt, where the program with this edit knows more than chance by the smallest gain that
    matters; where it does not, the only gains are those of losses above chance."""
    runs, split = bench.judging, bench.protocol.question.judged_on
    weights = bench.laboratory.design(runs, split).weights
    chance = mean(bench.laboratory.chance_losses(runs, split)[None], weights)
    known = chance - bench.mean(edit, runs, split, "learnt")
    return "learnt" if known > bench.protocol.min_gain else "raw"


def account_edit(
    laboratory: Laboratory,
    sections: Sections,
    facts: Facts,
    protocol: Protocol,
    edit: Edit,
    most_lines: int = MAX_LINES,
) -> Ledger:
    """What an edit that was found elsewhere does to this question's loss: its lines, with nothing
    searched.

    Args:
        most_lines: 1 where only the program as it is and the edited one are to be trained.
    """
    bench = Bench(laboratory, sections, facts, protocol)
    scale = choose_scale(bench, edit)
    lines = account(bench, edit, scale, equivalents=False, most_lines=most_lines)
    untried: Screened = {family: [] for family in families()}
    return Ledger(lines, edit, bench.judging, scale, untried, untried)
