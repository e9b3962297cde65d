"""LL213: one batch of all rows."""

from collections.abc import Iterator

from stages.diagnose.findings import Check, CheckFinding
from stages.lib.trials.subject import Subject


def full_batch(subject: Subject) -> Iterator[CheckFinding]:
    """Full-batch training: one step in each epoch."""
    rows, size = len(subject.x["train"]), subject.sections["train"]["batch_size"]
    if size >= rows:
        epochs = subject.sections["train"]["epochs"]
        yield CHECK.finding(
            f"less than the {rows} training rows, so that an epoch has several steps",
            f"{size}: one step an epoch, {epochs} in all",
        )


CHECK = Check(
    code="LL213",
    name="batch_size",
    title="A batch holds all training rows",
    families=("batch_size",),
    severities=("note",),
    keys=("train.batch_size", "train.epochs"),
    about="The size of a batch against the number of training rows. With all rows in one batch an "
    "epoch is a single step, and the usual number of epochs is few steps.",
    source="Arithmetic: steps in an epoch = rows / batch size, rounded up.",
    remedy="Set train.batch_size: 32, or give many more epochs.",
    find=full_batch,
)
