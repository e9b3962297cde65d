"""Classes and labels that hardly any row has."""

import numpy as np

from tests.diagnose.checks.programs import SCALED, found, several
from tests.diagnose.tables import untrained


def test_a_rare_class_is_a_note():
    changes = SCALED | {"data.synthetic.class_shares": [0.97, 0.03]}
    finding = found(untrained(**changes))["class_imbalance"]
    assert finding.keys == ("data.synthetic.class_shares",)
    mild = SCALED | {"data.synthetic.class_shares": [0.9, 0.1]}
    assert "class_imbalance" not in found(untrained(**mild))


def test_a_rare_label_is_named(rng):
    has = {
        "rare": (np.arange(400) % 40 == 0) * 1.0,
        "common": rng.integers(0, 2, 400) * 1.0,
    }
    x, z = rng.standard_normal((2, 400))
    finding = found(untrained(several("multilabel", has, x=x, z=z)))["class_imbalance"]
    assert "the label 'rare' is on 2" in finding.received
    assert finding.keys == ()
