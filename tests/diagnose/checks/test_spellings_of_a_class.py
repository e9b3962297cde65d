"""One class or level in several spellings."""

import numpy as np
import pandas as pd

from tests.diagnose.checks.programs import SCALED, found
from tests.diagnose.tables import coin, table, untrained


def test_classes_in_two_spellings_are_an_error(rng):
    target = pd.Series(rng.choice(["<=50K", "<=50K.", ">50K", ">50k"], 400))
    finding = found(untrained(table(target, x=rng.standard_normal(400)), **SCALED))
    finding = finding["spellings_of_a_class"]
    assert finding.received.startswith("4 classes, of which '<=50K' and '<=50K.' are alike; '>50K'")
    assert (finding.severity, finding.keys) == ("error", ("data.file.spellings",))


def test_levels_in_two_spellings_are_a_warning(rng):
    cells = np.array(["US", "us", "U S"] * 133 + ["UK"])
    finding = found(untrained(table(coin(rng), country=cells, x=rng.standard_normal(400))))
    finding = finding["spellings_of_a_class"]
    assert finding.received == "'country': 'US' and 'us' are alike"
    assert finding.severity == "warning"


def test_different_words_are_not_alike(rng):
    target = pd.Series(rng.choice(["<=50K", ">50K", "50K", "50.K"], 400))
    cells = np.array(["a", "b", "a.b", "ab"] * 100)
    findings = found(untrained(table(target, w=cells, x=rng.standard_normal(400)), **SCALED))
    assert "spellings_of_a_class" not in findings
