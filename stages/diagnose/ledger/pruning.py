"""An edit without the keys that bring nothing."""

from stages.diagnose.ledger.bench import Bench
from stages.diagnose.ledger.lines import Scale
from stages.lib.params.edits import Edit
from stages.lib.trials.laboratory import Runs

# Below this one-sided p-value a key's own gain is taken for shown, and the key stays.
LEVEL = 0.025


def prune(bench: Bench, edit: Edit, scale: Scale) -> Edit:
    """Takes out one key after the other, each time the one that is missed least, while the
    loss on the rows that choose stays within the smallest gain that matters of the best.

    A key whose own gain is shown stays. So does one without which the rest is not confirmed: that
    is a test that is paid for, since what is left is what will be prescribed.
    """
    min_gain, split = bench.protocol.min_gain, bench.protocol.question.chosen_on
    runs = Runs(bench.protocol.screening.seeds + bench.judging.seeds)
    max_loss = None
    while len(edit) > 1:
        bench.protocol.on_status("pruning")
        without = {key: _without(edit, key) for key in edit if bench.can_run(_without(edit, key))}
        bench.train([edit, *without.values()], runs)
        if max_loss is None:
            max_loss = bench.mean(edit, runs, split, scale) + min_gain
        losses = {key: bench.mean(rest, runs, split, scale) for key, rest in without.items()}
        needless = (
            key
            for key in sorted(losses, key=losses.__getitem__)
            if losses[key] <= max_loss
            and bench.judged_gain(without[key], edit, scale).p_above(min_gain) >= LEVEL
            and bench.is_confirmed({}, without[key], min_gain, scale)
        )
        key = next(needless, None)
        if key is None:
            break
        edit = without[key]
    return edit


def _without(edit: Edit, key: str) -> Edit:
    return {name: value for name, value in edit.items() if name != key}
