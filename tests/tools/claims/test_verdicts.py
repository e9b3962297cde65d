"""Each rule of the verdicts, on made-up effects with a known answer."""

import numpy as np
import pytest

from stages.tools.claims.advice.table import CLAIMS
from stages.tools.claims.pooling import false_discovery_adjusted, pool
from stages.tools.claims.verdicts import (
    HOLDS,
    MIXED,
    NO_EFFECT,
    NOT_SHOWN,
    REVERSED,
    VERDICTS,
    advice,
    outcome,
    verdict,
)
from stages.tools.claims.words import MOST_WORDS

MARGIN = 0.03


@pytest.mark.parametrize(
    ("mean", "error", "expected"),
    [
        (0.10, 0.01, "yes"),
        (-0.10, 0.01, "reversed"),
        (0.00, 0.01, "no"),
        (-0.04, 0.01, "open"),
        (0.04, 0.01, "open"),
        (0.10, 0.05, "open"),
    ],
)
def test_outcome_of_a_data_set(mean, error, expected):
    assert outcome(mean, error, 7, MARGIN) == expected


def test_outcome_by_hand():
    """Student's t of seven degrees of freedom is 2.365 at 95 %."""
    assert outcome(0.03 + 2.366 * 0.01, 0.01, 7, MARGIN) == "yes"
    assert outcome(0.03 + 2.364 * 0.01, 0.01, 7, MARGIN) == "open"


YES, NO, BACK, OPEN = "yes", "no", "reversed", "open"
BOTH = {YES: 2, NO: 1, BACK: 1, OPEN: 6}
FOR, AGAINST = BOTH | {BACK: 0}, BOTH | {YES: 0}


@pytest.mark.parametrize(
    ("region", "q_region", "q_alike", "effects", "outcomes", "expected"),
    [
        # The mean is shown above the margin, and most data sets are there.
        ("above", 0.01, 0.9, [0.1, 0.2, 0.1], [OPEN, YES, OPEN], HOLDS),
        # Also where data sets differ in how far.
        ("above", 0.01, 0.001, [0.1, 0.9, 0.02], [YES, YES, NO], HOLDS),
        # Only a few large ones make the mean: they differ.
        ("above", 0.01, 0.001, [0.0, 0.0, 0.9], [NO, NO, YES], MIXED),
        ("above", 0.01, 0.2, [0.0, 0.0, 0.9], [OPEN, OPEN, YES], NOT_SHOWN),
        # Exactly half is not most.
        ("above", 0.01, 0.9, [0.1, 0.02], [OPEN, OPEN], NOT_SHOWN),
        ("below", 0.01, 0.9, [-0.1, -0.2, 0.1], [BACK, BACK, OPEN], REVERSED),
        ("below", 0.06, 0.9, [-0.1, -0.2, -0.1], [BACK, BACK, BACK], NOT_SHOWN),
        ("within", 0.05, 0.9, [0.0, 0.01, -0.01], [NO, OPEN, NO], NO_EFFECT),
        # The mean does not matter, but the data sets that make it do, to either side.
        ("within", 0.01, 0.05, [0.2, -0.2, 0.0], [YES, BACK, OPEN], MIXED),
        # They differ, but all that is told is the same.
        ("within", 0.5, 0.01, [0.2, -0.2, 0.0], [YES, OPEN, OPEN], NOT_SHOWN),
        # They say different things, but that may be luck.
        ("within", 0.5, 0.06, [0.2, -0.2, 0.0], [YES, BACK, NO], NOT_SHOWN),
        ("within", 0.2, 0.9, [0.0, 0.0, 0.0], [OPEN, OPEN, OPEN], NOT_SHOWN),
    ],
)
def test_verdict(region, q_region, q_alike, effects, outcomes, expected):
    assert verdict(region, q_region, q_alike, effects, outcomes, MARGIN) == expected


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.letter)
@pytest.mark.parametrize("found", VERDICTS)
@pytest.mark.parametrize("counts", [BOTH, FOR, AGAINST])
def test_what_to_do_is_a_short_sentence(claim, found, counts):
    sentence = advice(found, counts, claim.first, claim.second, claim.do)
    assert sentence[0].isupper() and sentence[-1] == "."
    assert len(sentence.split()) <= MOST_WORDS, sentence


def test_what_to_do_follows_the_verdict():
    [claim] = [claim for claim in CLAIMS if claim.letter == "g"]
    sentences = {advice(v, BOTH, claim.first, claim.second, claim.do) for v in VERDICTS}
    assert len(sentences) == len(VERDICTS)
    assert "Prefer Adam by default to SGD by default." in sentences
    assert advice(HOLDS, BOTH, "a", "b", {HOLDS: "So."}) == "So."
    against = "Prefer a to b, against the advice."
    assert advice(REVERSED, BOTH, "a", "b", {HOLDS: "So."}) == against


@pytest.mark.parametrize(
    ("counts", "words"), [(BOTH, "Try both a and b"), (FOR, "Prefer b: "), (AGAINST, "Prefer a: ")]
)
def test_both_are_to_be_tried_only_where_each_is_better_on_some_data(counts, words):
    assert advice(MIXED, counts, "a", "b", {}).startswith(words)


@pytest.mark.in_turn
def test_under_the_null_few_parts_of_many_get_a_verdict():
    """Thirty parts without any effect, on twelve data sets each: of 60 such reports one in twenty
    says of any part that it holds, is reversed or mixed."""
    rng = np.random.default_rng(3)
    wrong = 0
    for _ in range(60):
        models = []
        for _ in range(30):
            values = 0.1 * rng.standard_normal((12, 8))
            errors = values.std(axis=1, ddof=1) / 8**0.5
            models.append(pool(values.mean(axis=1), errors, [7.0] * 12, MARGIN))
        regions, p_values = zip(*(model.p_region(MARGIN) for model in models), strict=True)
        both = [q for pair in zip(p_values, (m.p_alike for m in models), strict=True) for q in pair]
        adjusted = false_discovery_adjusted(both)
        for k, model in enumerate(models):
            said = [outcome(m, v**0.5, 7, MARGIN) for m, v in zip(model.effects, model.variances,
                                                                 strict=True)]  # fmt: skip
            found = verdict(
                regions[k], adjusted[2 * k], adjusted[2 * k + 1], model.effects, said, MARGIN
            )
            if found in (HOLDS, REVERSED, MIXED):
                wrong += 1
                break
    assert wrong <= 8  # 3 of 60, and three standard errors
