"""Which question leads: what fits all there is to learn is not made to learn by heart."""

import numpy as np
import pandas as pd
import pytest

from stages.diagnose.diagnosis import _Diagnosis, diagnose
from stages.diagnose.ledger.lines import FIT
from stages.lib.params.edits import edited
from tests.conftest import content_of, settings
from tests.diagnose.tables import table
from tests.subjects import subject_of

# What a network of this size learns of 180 rows in so many epochs is mostly their noise.
BY_HEART = {"train.layers": [64], "train.epochs": 300, "train.learning_rate": 0.01}


@pytest.fixture(scope="module")
def subject():
    """A fifth of the target's variance is one column's, the rest is noise; nine columns are none.
    The program learns about that fifth."""
    rng = np.random.default_rng(3)
    x = rng.standard_normal((300, 10))
    target = pd.Series(x[:, 0] + 2 * rng.standard_normal(300))
    weak = table(target, **{f"c{i}": x[:, i] for i in range(10)})
    content = content_of(
        **{
            "data.synthetic.scenario": "friedman",
            "data.synthetic.rows": 300,
            "normalize.features": "standard",
            "normalize.target": "standard",
            "train.layers": [8],
            "train.epochs": 20,
            "train.learning_rate": 0.01,
            "train.l2": 0.01,
        }
    )
    return subject_of(content, lambda dataset, train, generator: weak)


@pytest.mark.parametrize(
    ("edit", "fits", "leads"),
    [
        (BY_HEART, False, "generalize"),  # it is shown to raise the held-out loss
        ({"train.epochs": 25}, False, "fit"),  # nothing of the kind is shown of it
        (BY_HEART, None, "generalize"),  # the program fits what there is to learn
    ],
)
def test_what_only_learns_the_training_rows_by_heart_does_not_lead(
    subject, monkeypatch, edit, fits, leads
):
    """The search is told what to find for each question: nothing that lowers the held-out loss."""
    given = settings(**{"diagnose.seconds": 10.0}).diagnose

    def found(run, question):
        run.laboratory.train([edited(subject.sections, BY_HEART)], run.screening)
        return run._accounted(question, edit if question is FIT else {})

    monkeypatch.setattr(_Diagnosis, "_searched", found)
    if fits is not None:
        monkeypatch.setattr(_Diagnosis, "_fits", lambda run: fits)
    content = diagnose(subject, given)
    assert content["signal"]["found"] == 1 and content["about"][0]["lead"] == leads
    account = content[leads]
    assert (account["prescription"] is not None) == (leads == "fit")
    if fits is None:
        learnt = account["loss"]["chance"] - content["fit"]["loss"]["baseline"]
        by_heart = content["fit"]["loss"]["chance"] - content["fit"]["loss"]["floor"]
        assert 0 < learnt < 0.5 * by_heart
