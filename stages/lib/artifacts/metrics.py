"""reports/metrics.json: the scores of each split."""

from pydantic import ConfigDict, Field

from stages.lib.artifacts.base import Artifact, BySplit, Count, Finite, read_artifact
from stages.lib.artifacts.card import Card
from stages.lib.core.errors import UserError
from stages.lib.core.splits import SPLITS

# The scores of a split, by task: of classes, of labels and of each, of a number and of several.
CLASSIFICATION = (
    "log_loss",
    "accuracy",
    "balanced_accuracy",
    "roc_auc",
    "average_precision",
    "brier",
    "calibration_error",
)
MULTILABEL = (
    "log_loss",
    "subset_accuracy",
    "hamming_loss",
    "f1_micro",
    "f1_macro",
    "roc_auc",
    "average_precision",
    "brier",
    "calibration_error",
)
LABEL = ("share", "log_loss", "accuracy", "precision", "recall", "f1", "roc_auc")
REGRESSION = ("mse", "rmse", "mae", "r2")
# A root or a mean of absolute errors over targets in different units means nothing.
SEVERAL = ("mse", "r2")


class Scores(Artifact):
    """The scores of a split by name, None for one that is not finite. targets: of each of several
    targets by itself."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Count | Finite | None]  # a whole number stays one

    targets: dict[str, dict[str, Finite | None]] = Field(default_factory=dict)

    @property
    def by_name(self) -> dict[str, float | None]:
        """The scores of the split as a whole."""
        return self.__pydantic_extra__


class TrainingFacts(Artifact):
    """How the training ended. diverged: 0 or 1, for DVC shows numbers."""

    diverged: int
    epochs_run: Count
    kept_epoch: Count
    parameters: Count


class Metrics(BySplit[Scores]):
    """The content of the file."""

    training: TrainingFacts


def score_names(card: Card) -> tuple[str, ...]:
    """The scores of a split of these data."""
    if card.task.is_regression:
        return SEVERAL if len(card.targets) > 1 else REGRESSION
    return MULTILABEL if card.task.has_labels else CLASSIFICATION


def target_score_names(card: Card) -> tuple[str, ...]:
    """The scores of each of several targets."""
    return LABEL if card.task.has_labels else REGRESSION


def read_metrics(path: str, card: Card) -> Metrics:
    """The metrics of the data of this card. Raises UserError."""
    metrics = read_artifact(Metrics, path)
    expected = {*score_names(card), *metrics.test.by_name}
    of_target = set(target_score_names(card))
    for split in SPLITS:
        targets = list(metrics[split].targets.values())
        whole = expected <= set(metrics[split].by_name)
        whole = whole and all(of_target <= set(target_metrics) for target_metrics in targets)
        if not whole or len(targets) != (len(card.targets) if len(card.targets) > 1 else 0):
            name = card.task_name
            raise UserError(f"{path}: {split}", f"the scores of a {name} task, as of the test")
    return metrics
