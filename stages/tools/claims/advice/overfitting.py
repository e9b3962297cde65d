"""Advice on dropout."""

from collections.abc import Callable

from stages.lib.params.edits import Edit
from stages.tools.claims.advice.claim import Claim, Part
from stages.tools.claims.advice.comparisons import world_of
from stages.tools.claims.condition import Condition
from stages.tools.claims.settings import Settings


def _dropout(measure: str) -> Callable[[Settings], list[Condition]]:
    """A wide network on noisy labels, without against with dropout."""

    def conditions(settings: Settings) -> list[Condition]:
        claims = settings.claims
        wide: Edit = {"train.layers": [4 * claims.width, 2 * claims.width]}
        without, dropped = wide | {"train.dropout": 0.0}, wide | {"train.dropout": 0.3}
        return [
            Condition(
                f"{rows:,} rows, without against with dropout 0.3",
                world_of("income", claims, rows, label_noise=0.2),
                (without,),
                (dropped,),
                measure,
            )
            for rows in (claims.few_rows, claims.many_rows)
        ]

    return conditions


CLAIMS = (
    Claim(
        "j",
        "dropout",
        "Dropout prevents overfitting and finds a better optimum, for a lower loss.",
        (
            Part("less overfitting", _dropout("gap")),
            Part("a lower held-out loss", _dropout("held_out")),
            Part("a better optimum: a lower training loss", _dropout("training")),
        ),
    ),
)
