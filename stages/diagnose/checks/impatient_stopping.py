"""LL226: early stopping after a single epoch without improvement."""

from collections.abc import Iterator

from stages.diagnose.findings import Check, CheckFinding
from stages.lib.trials.subject import Subject

IMPATIENT = 1  # epochs: Keras stops after the first bad one for 0 and for 1


def impatient_stopping(subject: Subject) -> Iterator[CheckFinding]:
    """A patience that one unlucky epoch uses up."""
    patience = subject.sections["train"]["early_stopping"]["patience"]
    if patience is not None and patience <= IMPATIENT:
        yield CHECK.finding(
            "several epochs of patience, such as 10, or null",
            f"{patience}: the first epoch without improvement ends the training",
        )


CHECK = Check(
    code="LL226",
    name="impatient_stopping",
    title="One epoch without improvement ends the training",
    families=("epochs",),
    severities=("warning",),
    keys=("train.early_stopping.patience",),
    about="The patience of early stopping. The validation loss jitters from epoch to epoch, by the "
    "order of the rows and the size of the steps, long before it stops falling; the first rise is "
    "no end.",
    source="Prechelt (Early Stopping, But When?, in Neural Networks: Tricks of the Trade, 1998): "
    "criteria that wait longer find lower validation losses, for longer training. scikit-learn's "
    "n_iter_no_change is 10.",
    remedy="Set train.early_stopping.patience: 10, with restore_best: true, or null.",
    find=impatient_stopping,
)
