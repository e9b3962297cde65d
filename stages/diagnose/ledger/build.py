"""The ledger of one program: search, prune, account, screen."""

from stages.diagnose.interventions.entry import Facts
from stages.diagnose.ledger.account import account
from stages.diagnose.ledger.bench import Bench
from stages.diagnose.ledger.lines import Ledger, Protocol
from stages.diagnose.ledger.pruning import prune
from stages.diagnose.ledger.screen import screen
from stages.diagnose.ledger.search import find_next_edit
from stages.lib.params.edits import Edit, Sections, effective
from stages.lib.trials.laboratory import Laboratory

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
    lines = account(bench, prune(bench, effective(sections, edit)))
    edit = {key: value for line in lines for key, value in line.edit.items()}
    return Ledger(lines, edit, bench.judging, screen(bench, edit))
