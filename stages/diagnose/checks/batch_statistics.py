"""LL225: batch normalization over very few rows."""

from collections.abc import Iterator

from stages.diagnose.findings import Check, CheckFinding
from stages.lib.params.layer import hidden_layers
from stages.lib.trials.subject import Subject

FEW_ROWS = 8


def few_rows_a_batch(subject: Subject) -> Iterator[CheckFinding]:
    """Hidden layers normalized over batches that are too small for a mean and a deviation."""
    train, rows = subject.sections["train"], len(subject.x["train"])
    if all(layer["batch_normalization"] == "none" for layer in hidden_layers(train)):
        return
    size = min(train["batch_size"], rows)
    if size == 1:
        yield CHECK.finding(
            "several rows a batch, or train.batch_normalization: none",
            "1: a row less its own mean is 0, so that in training no input reaches the output",
            severity="error",
        )
    elif size < FEW_ROWS:
        yield CHECK.finding(
            f"{FEW_ROWS} rows a batch at least, or train.batch_normalization: none",
            f"{size}: the mean and deviation of {size} rows are mostly luck",
            severity="warning",
        )
    elif rows % size == 1:
        yield CHECK.finding(
            "a last batch of several rows",
            f"{rows} training rows in batches of {size}: the last of each epoch has a single row, "
            "which less its own mean is 0",
            severity="note",
        )


CHECK = Check(
    code="LL225",
    name="batch_statistics",
    title="Batch normalization sees very few rows at once",
    families=("batch_size",),
    severities=("error", "warning", "note"),
    keys=("train.batch_normalization", "train.batch_size"),
    about="The rows of a batch where hidden layers are normalized over it. In training each unit "
    "is scaled by the mean and deviation of the batch, in prediction by their averages over many "
    "batches: the fewer rows, the more these two differ. Of one row nothing is left.",
    source="Wu and He (Group Normalization, ECCV 2018, figure 1): the error is the same for 32 and "
    "16 rows, a little higher for 8, and rises steeply for 4 and 2. Arithmetic: x - mean(x) = 0.",
    remedy="Set train.batch_size: 32, or train.batch_normalization: none.",
    find=few_rows_a_batch,
    looks_inside=True,
)
