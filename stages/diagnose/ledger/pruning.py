"""An edit without the keys that bring nothing."""

from stages.diagnose.ledger.bench import Bench
from stages.lib.params.edits import Edit
from stages.lib.trials.laboratory import Runs


def prune(bench: Bench, edit: Edit) -> Edit:
    """Takes out one key after the other, each time the one that is missed least, while the
    validation loss stays within the smallest gain that matters of the best. A key whose own gain is
    proven stays, and so does one without which the rest's is not."""
    runs = Runs(bench.protocol.screening.seeds + bench.judging.seeds)
    max_loss = None
    while len(edit) > 1:
        bench.protocol.on_status("pruning")
        without = {key: _without(edit, key) for key in edit if bench.can_run(_without(edit, key))}
        bench.train([edit, *without.values()], runs)
        if max_loss is None:
            max_loss = bench.mean(edit, runs, "validation") + bench.protocol.min_gain
        losses = {key: bench.mean(rest, runs, "validation") for key, rest in without.items()}
        needless = (
            key
            for key in sorted(losses, key=losses.__getitem__)
            if losses[key] <= max_loss
            and bench.is_proven({}, without[key])
            and not bench.is_proven(without[key], edit)
        )
        key = next(needless, None)
        if key is None:
            break
        edit = without[key]
    return edit


def _without(edit: Edit, key: str) -> Edit:
    return {name: value for name, value in edit.items() if name != key}
