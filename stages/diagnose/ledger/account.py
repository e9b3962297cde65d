"""An edit as lines, a family each, and what each takes off the loss."""

from stages.diagnose.interventions.entry import families_of
from stages.diagnose.ledger.bench import LEVEL, Bench
from stages.diagnose.ledger.equals import find_equivalents
from stages.diagnose.ledger.lines import Line
from stages.lib.params.edits import Edit
from stages.lib.trials.statistics import Paired, holm


def account(bench: Bench, edit: Edit) -> list[Line]:
    """The edit's keys as lines, a family each, the one that brings most first; families that
    help only together share a line."""
    groups: dict[str, Edit] = {}
    for key, value in edit.items():
        groups.setdefault(families_of({key: value})[0], {})[key] = value
    lines: list[tuple[Edit, Paired, float]] = []
    before: Edit = {}
    pending: Edit = {}
    for family in _order(bench, groups):
        pending = pending | groups[family]
        after = before | pending
        if bench.can_run(after) and bench.is_proven(before, after):
            gain = bench.judged_gain(before, after)
            training = bench.judged_gain(before, after, "train").mean
            lines.append((pending, gain, training))
            before, pending = after, {}
    adjusted = holm([gain.p_value for _, gain, _ in lines])
    while lines and max(adjusted) >= LEVEL:
        lines.pop()  # each line is judged on top of those before it, so the last one goes
        adjusted = holm([gain.p_value for _, gain, _ in lines])
    whole = {key: value for own, _, _ in lines for key, value in own.items()}
    return [
        Line(own, gain, training, p_value, find_equivalents(bench, whole, own, gain.mean))
        for (own, gain, training), p_value in zip(lines, adjusted, strict=True)
    ]


def _order(bench: Bench, groups: dict[str, Edit]) -> list[str]:
    """Greedily: next the family whose keys bring the validation loss down most."""
    order: list[str] = []
    done: Edit = {}
    while len(order) < len(groups):
        rest = [family for family in groups if family not in order]
        options = {
            family: done | groups[family] for family in rest if bench.can_run(done | groups[family])
        }
        if len(rest) == 1 or not options:
            return order + rest
        bench.train(list(options.values()), bench.judging)
        losses = {
            family: bench.mean(option, bench.judging, "validation")
            for family, option in options.items()
        }
        best = min(losses, key=losses.__getitem__)
        order.append(best)
        done = done | groups[best]
    return order
