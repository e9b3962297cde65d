"""The losses by epoch: what is drawn and told where no rows validate."""

from functools import partial
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from stages.report.figures import curves
from stages.report.style import images
from tests.cards import card_of

HISTORY = pd.DataFrame(
    {"epoch": [0, 1], "training_proper": [0.9, 0.25], "validation_proper": [0.8, 0.5]}
    | {name: [0.9, 0.25] for name in ("running_loss", "training_loss", "validation_loss")}
)
WITHOUT = {"validation_proper": np.nan, "validation_loss": np.nan}


@pytest.mark.parametrize(
    ("history", "facts", "words"),
    [
        (HISTORY, {}, "0.250 on training and 0.500 on validation rows; chance is 0.700."),
        (
            HISTORY.assign(**WITHOUT),
            {
                "rows": {"train": 4, "validation": 0, "test": 0},
                "chance": {"train": 0.693, "validation": None, "test": None},
            },
            "0.250 on training rows; chance is 0.693.",
        ),
    ],
)
def test_the_loss_by_epoch(history, facts, words):
    run = SimpleNamespace(history=history, card=card_of(**facts), unit="nats")
    assert images(partial(curves.curves, run))
    assert curves.FIGURE.alt(run) == f"Loss by epoch. After epoch 1 the proper loss is {words}"
