"""NaN and infinity among the inputs, by column and split, in all rows."""

import dataclasses

import numpy as np

from stages.diagnose.checks import run_checks
from stages.diagnose.checks.common import MAX_ROWS
from tests.diagnose.checks.programs import SCALED
from tests.diagnose.tables import coin, table, untrained


def test_gaps_that_are_kept_are_counted_by_column_and_split(rng):
    hole = rng.standard_normal(400)
    hole[:100] = np.nan
    dataset = table(coin(rng), whole=rng.standard_normal(400), hole=hole)
    subject = untrained(dataset, **SCALED | {"normalize.missing": "keep"})
    [finding] = run_checks(subject)
    holes = {name: int(np.isnan(x).sum()) for name, x in subject.x.items()}
    assert (finding.check, finding.severity) == ("non_finite_inputs", "error")
    assert finding.received == (
        f"NaN or infinity in 'hole': {holes['train']} of 240 train rows, "
        f"{holes['validation']} of 80 validation rows, {holes['test']} of 80 test rows"
    )
    assert run_checks(untrained(dataset, **SCALED)) == []


def test_one_bad_cell_is_found_beyond_the_sample(rng):
    rows = MAX_ROWS + 500
    subject = untrained(
        table(coin(rng, rows), x=rng.standard_normal(rows)),
        **{"data.split.validation": 0.001, "data.split.test": 0.001},
    )
    for row in (0, len(subject.x["train"]) - 1):
        x = {name: values.copy() for name, values in subject.x.items()}
        x["train"][row] = np.inf
        [finding] = run_checks(dataclasses.replace(subject, x=x))
        assert finding.check == "non_finite_inputs"
