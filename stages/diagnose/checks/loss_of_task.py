"""LL101: the trained loss does not fit the task."""

from collections.abc import Iterator

from stages.diagnose.checks.common import sample
from stages.diagnose.checks.output import Output, output_of
from stages.diagnose.findings import Check, CheckFinding
from stages.lib.trials.subject import Subject


def mismatched_loss(subject: Subject) -> Iterator[CheckFinding]:
    """What minimises the loss, and whether that is what is asked."""
    output = output_of(subject)
    if output.task.is_regression:
        yield from _of_numbers(subject, output)
    else:
        yield from _of_classes(output)


def _of_numbers(subject: Subject, output: Output) -> Iterator[CheckFinding]:
    loss = output.loss
    expected = "a loss of numbers, such as mean_squared_error"
    if loss.reads == "probabilities":
        received = f"{loss.name}, which takes the target for a probability"
        yield CHECK.finding(expected, received, severity="error")
    elif loss.reads == "margin":
        received = f"{loss.name}, which takes the target for a class"
        yield CHECK.finding(expected, received, severity="error")
    elif loss.reads == "direction":
        received = f"{loss.name}, which is the same of outputs of any size"
        yield CHECK.finding(expected, received, severity="error")
    elif loss.nonnegative and (share := float((sample(subject.y["train"]) < 0).mean())):
        received = f"{loss.name}, and {share:.1%} of the scaled training targets are negative"
        yield CHECK.finding("targets of 0 and above", received, severity="error")
    elif loss.least_at == "log_mean":
        received = f"{loss.name}, which is least at the mean of the logarithm, below the mean"
        yield CHECK.finding("a loss that is least at the mean", received, severity="note")
    elif loss.least_at == "weighted_median":
        received = (
            f"{loss.name}, which is least where targets weigh by one over their size, below the "
            "median"
        )
        yield CHECK.finding("a loss that is least at the mean", received, severity="note")
    elif loss.least_at == "mean_of_batch":
        received = (
            f"{loss.name}, which compares each prediction with the targets of all rows of its "
            "batch, and is least where all predictions are their mean, whatever the inputs are: "
            "targets of shape (n,) against outputs of shape (n, 1) do that"
        )
        yield CHECK.finding("a loss that compares row with row", received, severity="error")
    elif loss.least_at == "quantile":
        received = f"{loss.name}, which is least at a quantile"
        yield CHECK.finding("a loss that is least at the mean", received, severity="note")
    elif loss.least_at in ("median", "between"):
        received = f"{loss.name}, which is least at the median, or between median and mean"
        yield CHECK.finding("a loss that is least at the mean", received, severity="note")


def _of_classes(output: Output) -> Iterator[CheckFinding]:
    loss, has_labels = output.loss, output.task.has_labels
    if has_labels and loss.of_one_class:
        expected = "binary_crossentropy, each label by itself"
        received = f"{loss.name}, which takes a row's labels for shares of one"
        yield CHECK.finding(expected, received, severity="error")
        return
    what = "label" if has_labels else "class"
    expected = f"cross-entropy, which is least at the {what} probabilities"
    if not output.finds_probabilities:
        received = f"{loss.name}, which is not least at the {what} probabilities"
        yield CHECK.finding(expected, received, severity="warning")
    elif loss.reads == "numbers":
        received = f"{loss.name}: its gradient is weak where a prediction is sure and wrong"
        yield CHECK.finding(expected, received, severity="warning")
    elif output.least_at_ones and (output.units == 1 or not output.activation.sums_to_one):
        received = (
            f"{loss.name} of {output.activation.name} outputs, which is least where all of them "
            "are 1"
        )
        expected = "softmax over one output a class"
        yield CHECK.finding(expected, received, severity="error")


CHECK = Check(
    code="LL101",
    name="loss_of_task",
    title="The trained loss does not fit the task",
    families=("loss",),
    severities=("error", "warning", "note"),
    keys=("train.loss",),
    about="What minimises the trained loss, and whether that is what is asked: the probabilities "
    "of classes or labels, or the mean of a number. A loss with another minimum trains well and "
    "is judged badly.",
    source="The minimiser of each loss: Gneiting and Raftery, Strictly Proper Scoring Rules, JASA "
    "2007, of probabilities; Gneiting, Making and Evaluating Point Forecasts, JASA 2011, of "
    "numbers.",
    remedy="Set train.loss: auto, which is cross-entropy for classes and labels and "
    "mean_squared_error for numbers. A note may stand where the median, or robustness to "
    "outliers, is what you want.",
    find=mismatched_loss,
)
