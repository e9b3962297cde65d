"""LL232: an average of the weights that lags behind them, or that is thrown away."""

import math
from collections.abc import Iterator

from stages.diagnose.findings import Check, CheckFinding
from stages.lib.trials.subject import Subject

# Of the weights after the first step, the share that the average keeps to the end.
MAX_FIRST_SHARE = 0.05


def average_of_weights(subject: Subject) -> Iterator[CheckFinding]:
    """An average over more steps than there are, or beside weights that are restored."""
    train, rows = subject.sections["train"], len(subject.x["train"])
    momentum, early = train["ema_momentum"], train["early_stopping"]
    if momentum is None:
        return
    if early["patience"] is not None and early["restore_best"]:
        yield CHECK.finding(
            "train.ema_momentum: null, or train.early_stopping.restore_best: false",
            "both: the weights of the best epoch replace the average, as in Keras",
            severity="warning",
        )
        return
    after_first = train["epochs"] * -(-rows // train["batch_size"]) - 1
    share = momentum**after_first
    if after_first and share > MAX_FIRST_SHARE:
        # Rounded down: in many steps the largest momentum is nearly 1.
        least_new = 1 - MAX_FIRST_SHARE ** (1 / after_first)
        digits = 1 - math.floor(math.log10(least_new))
        most = 1 - math.ceil(least_new * 10**digits) / 10**digits
        yield CHECK.finding(
            f"train.ema_momentum of {most:.{digits}f} at most for {after_first + 1:,} steps, "
            "or null",
            f"{momentum:g}: after them {share:.0%} of the average are the weights after the first",
            severity="warning" if share > 0.5 else "note",
        )


CHECK = Check(
    code="LL232",
    name="average_of_weights",
    title="The average of the weights lags behind them",
    families=("optimizer",),
    severities=("warning", "note"),
    keys=("train.ema_momentum", "train.epochs", "train.early_stopping.restore_best"),
    about="The average of the weights that training ends with: at each step m times itself and "
    "1 - m times the weights, from those after the first step on. Of these it keeps "
    "m ** (steps - 1). "
    "Where early stopping restores the best epoch's weights, the average is not used at all.",
    source="Arithmetic. Keras: Optimizer.finalize_variable_values runs before "
    "EarlyStopping.on_train_end.",
    remedy="Set train.ema_momentum: null, or lower; or early_stopping.restore_best: false.",
    find=average_of_weights,
)
