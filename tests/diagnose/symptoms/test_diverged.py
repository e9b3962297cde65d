"""A training that met a value that is not finite."""

from tests.diagnose.symptoms.runs import SMALL, assert_fires, healthy, shown_by_training, training


def test_fires():
    where = {"epoch": 2, "step": 7, "what": "weights"}
    subject = training(healthy(), status="diverged", kept_epoch=1, divergence=where)
    assert_fires("diverged", subject, None, 2)


def test_a_real_divergence():
    regression = {
        "data.synthetic.scenario": "friedman",
        "train.optimizer": "sgd",
        "train.learning_rate": 100.0,
        "train.epochs": 3,
    }
    assert shown_by_training(SMALL | regression)["diverged"].epoch == 1
