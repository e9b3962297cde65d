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
    is a test that is paid for, since what is left is what will be prescribed. Where the search's
    seconds do not suffice for that, keys are taken out several at once, by fewer seeds.
    """
    min_gain, split = bench.protocol.min_gain, bench.protocol.question.chosen_on
    runs = Runs(bench.protocol.screening.seeds + bench.judging.seeds)
    max_loss = None
    while len(edit) > 1:
        bench.protocol.on_status("pruning")
        without = _without_each(bench, edit)
        if not bench.has_time([edit, *without.values()], runs, bench.seconds_left(1.0)):
            return _pruned_at_once(bench, edit, scale)
        bench.train([edit, *without.values()], runs)
        if max_loss is None:
            max_loss = bench.mean(edit, runs, split, scale) + min_gain
        losses = {key: bench.mean(rest, runs, split, scale) for key, rest in without.items()}
        needless = (
            key
            for key in sorted(losses, key=losses.__getitem__)
            if losses[key] <= max_loss and _is_needless(bench, without[key], edit, scale)
        )
        key = next(needless, None)
        if key is None:
            break
        edit = without[key]
    return edit


def _pruned_at_once(bench: Bench, edit: Edit, scale: Scale) -> Edit:
    """The edit without all keys that the screening seeds do not miss one by one; where they are
    missed together, without the half of them that is missed least, and so on. What is left is put
    to the same tests as above. Nothing is taken out where there is no time to screen either."""
    runs, split = bench.protocol.screening, bench.protocol.question.chosen_on
    without = _without_each(bench, edit)
    if not bench.has_time([edit, *without.values()], runs, bench.seconds_left(1.0)):
        return edit
    bench.train([edit, *without.values()], runs)
    max_loss = bench.mean(edit, runs, split, scale) + bench.protocol.min_gain
    losses = {key: bench.mean(rest, runs, split, scale) for key, rest in without.items()}
    needless = sorted(
        (key for key, loss in losses.items() if loss <= max_loss), key=losses.__getitem__
    )
    # All keys may do without each other two by two: one stays.
    needless = needless[: len(edit) - 1]
    while needless:
        rest = {key: value for key, value in edit.items() if key not in needless}
        if bench.can_run(rest):
            bench.train([rest], runs)
            if bench.mean(rest, runs, split, scale) <= max_loss and _is_needless(
                bench, rest, edit, scale
            ):
                return rest
        needless = needless[: len(needless) // 2]
    return edit


def _is_needless(bench: Bench, rest: Edit, edit: Edit, scale: Scale) -> bool:
    """Whether what the edit gains over the rest of it is not shown, and the rest is confirmed."""
    min_gain = bench.protocol.min_gain
    return bench.judged_gain(rest, edit, scale).p_above(min_gain) >= LEVEL and bench.is_confirmed(
        {}, rest, min_gain, scale
    )


def _without_each(bench: Bench, edit: Edit) -> dict[str, Edit]:
    """The edit without each of its keys, where that can be trained."""
    rests = {key: {k: v for k, v in edit.items() if k != key} for key in edit}
    return {key: rest for key, rest in rests.items() if bench.can_run(rest)}
