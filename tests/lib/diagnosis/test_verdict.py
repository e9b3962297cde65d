"""What the sentences say, and what they never say, of diagnoses made up for it."""

import copy
import json

import pytest

from stages.lib.diagnosis import schema
from stages.lib.diagnosis.schema import Diagnosis
from stages.lib.diagnosis.summary import summary
from stages.lib.diagnosis.verdict import interplay, number, verdict
from tests.conftest import ROOT, changed

CONTENT = json.loads((ROOT / "reports/diagnosis.json").read_text())


def diagnosis(*, causes: bool = False, rest: dict | None = None, **changes) -> Diagnosis:
    """The committed one, changed in the account of new rows (dotted keys) or, with `_` in front, at
    the top. causes: with its cause. rest: more of the unexplained line."""
    content = copy.deepcopy(CONTENT)
    own = {f"generalize.{key}": value for key, value in changes.items() if key[0] != "_"}
    content = changed(content, own | {k[1:]: v for k, v in changes.items() if k[0] == "_"})
    account = content["generalize"]
    if account and not causes:
        account["ledger"] = [
            line for line in account["ledger"] if line["line"] not in ("cause", "above_chance")
        ]
        account["prescription"] = None
    if account and rest:
        next(line for line in account["ledger"] if line["line"] == "unexplained").update(rest)
    return schema.parse(content, "x")


# A program that learns, and nothing to change.
SOUND = {"loss.baseline": 0.4, "loss.after": 0.4, "loss.learnt_before": 0.4, "loss.run": 0.4}


def test_divergence_comes_first():
    where = {"what": "loss", "epoch": 3, "step": 14}
    found = diagnosis(causes=True)
    content = copy.deepcopy(CONTENT)
    content["about"][0]["divergence"] = where
    diverged = verdict(schema.parse(content, "x"))
    assert diverged.startswith("This training diverged: non-finite loss at epoch 3, step 14.")
    assert "diverged" not in verdict(found)


@pytest.mark.parametrize(
    ("baseline", "said"),
    [
        (
            0.75,
            "The test loss is worse than chance: 0.750 nats, mean over seeds; the best constant",
        ),
        (0.695, "Next to nothing is learnt: test loss 0.695 nats, mean over seeds; the best const"),
        (0.690, "Next to nothing is learnt: test loss 0.690 nats, mean over seeds; the best const"),
        (0.500, "Of 0."),
    ],
)
def test_a_loss_is_worse_than_chance_only_by_what_matters(baseline, said):
    near = {"loss.chance": 0.693, "loss.min_gain": 0.007, "loss.baseline": baseline}
    assert verdict(diagnosis(causes=True, **near)).startswith(said)


def test_several_causes_are_causes():
    content = copy.deepcopy(CONTENT)
    cause = next(line for line in content["generalize"]["ledger"] if line["line"] == "cause")
    others = [line for line in content["generalize"]["ledger"] if line["line"] != "cause"]
    for families, said in (
        ([["optimizer"]], "cause: optimizer."),
        (
            [["optimizer"], ["schedule"]],
            "causes: optimizer and schedule.",
        ),
    ):
        causes = [cause | {"families": names} for names in families]
        at = [line["line"] for line in others].index("unexplained")
        content["generalize"]["ledger"] = [*others[:at], *causes, *others[at:]]
        assert f" The {said} Mended it is" in verdict(schema.parse(content, "x"))


@pytest.mark.parametrize(
    ("rest", "kind", "stops"),
    [
        ({"amount": 0.002, "low": -0.002, "high": 0.004}, "exact", True),
        ({"amount": 0.002, "low": -0.04, "high": 0.05}, "exact", False),
        ({"amount": 0.002, "low": -0.002, "high": 0.004}, "model", False),
        ({"amount": -0.1, "low": -0.2, "high": -0.05}, "model", False),
    ],
    ids=["shown", "not shown", "a bound", "below a bound"],
)
def test_stop_tuning_needs_an_exact_floor_and_an_interval(rest, kind, stops):
    reference = [
        CONTENT["generalize"]["about"][0] | {"reference": {"kind": kind, "name": "boosting"}}
    ]
    found = diagnosis(rest=rest, **SOUND, about=reference)
    assert ("Stop tuning" in verdict(found)) == stops


def test_edits_that_take_off_more_than_lies_above_the_reference_say_so():
    near = {"loss.chance": 0.9, "loss.baseline": 0.5, "loss.min_gain": 0.01}
    found = verdict(diagnosis(causes=True, **near, rest={"amount": -0.02}))
    assert "The edits take off more, to 0.020 below it: " in found and "Of 0." not in found
    found = verdict(diagnosis(causes=True, **near, rest={"amount": 0.02}))
    assert found.startswith("Of 0.") and "take off more" not in found


@pytest.mark.parametrize(
    ("value", "written"),
    [(-0.0004, "0.000"), (-0.0006, "-0.001"), (12.3456, "12.35"), (-12.3456, "-12.35")],
)
def test_no_zero_has_a_sign(value, written):
    assert number(value) == written


def test_better_than_every_reference_has_words():
    reference = [
        CONTENT["generalize"]["about"][0] | {"reference": {"kind": "model", "name": "boosting"}}
    ]
    found = diagnosis(rest={"amount": -0.1}, **SOUND, about=reference)
    assert "better than the best reference (boosting) by 0.100" in verdict(found)
    assert "better than every reference" in summary(found)


@pytest.mark.parametrize("causes", [False, True])
@pytest.mark.parametrize("learnt", [0.4, 0.692])
def test_no_signal_stands_beside_no_prescription_and_no_loss_below_chance(causes, learnt):
    found = diagnosis(
        causes=causes,
        **{"loss.learnt_before": learnt, "_about": about("none")},
        rest={"low": 0.1, "high": 0.2},
    )
    assert ("No signal" in verdict(found)) == (not causes and learnt > 0.69)


def about(status: str) -> list[dict]:
    """The committed diagnosis' facts with this state of the signal."""
    signal = {"status": status, "reference": "linear model", "reason": None}
    return [CONTENT["about"][0] | {"signal": signal}]


def test_rows_that_cannot_tell_a_signal_are_said_to_be_too_few():
    found = diagnosis(
        **{"loss.learnt_before": 0.692, "_about": about("cannot_tell")},
        **{"_signal.rows": 7, "_signal.rows_needed": 30},
        rest={"low": 0.1, "high": 0.2},
    )
    text = verdict(found)
    assert "7 rows cannot tell, about 30 would" in text
    assert "No signal" not in text and "Stop tuning" not in text


def test_seeds_at_which_nothing_is_learnt_are_counted():
    some = {"seeds.no_better_than_chance": 2, "seeds.no_better_than_chance_after": 0}
    text = verdict(diagnosis(causes=True, **some))
    assert "at 2 of 10 seeds it does no better than chance; with the edit at 0." in text
    every = {"seeds.no_better_than_chance": 10, "seeds.no_better_than_chance_after": 0}
    assert "depends on the seed" not in verdict(diagnosis(causes=True, **every))


def test_too_few_rows_to_judge_new_ones_is_said_once():
    content = copy.deepcopy(CONTENT)
    content["about"][0]["lead"], content["generalize"] = "fit", None
    content["budget"] |= {"held_out": 8, "held_out_needed": 50}
    text = verdict(schema.parse(content, "x"))
    assert text.count("Too few rows to judge new rows: 8 held out, about 50 needed.") == 1


def test_nothing_is_prescribed_that_is_worse_than_the_run():
    content = copy.deepcopy(CONTENT)
    content["generalize"]["prescription"] = None
    content["generalize"]["loss"]["run"] = 0.35
    assert "already lies below what the edits would give" in verdict(schema.parse(content, "x"))


@pytest.mark.parametrize(
    ("alone", "word"), [((0.0, 0.0), "synergy"), ((0.4, 0.4), "redundancy"), ((0.25, 0.25), "")]
)
def test_interplay_of_two_causes(alone, word):
    content = copy.deepcopy(CONTENT)
    ledger = content["generalize"]["ledger"]
    at = [line["line"] for line in ledger].index("cause")
    pair = [ledger[at] | {"amount": 0.25, "alone": amount} for amount in alone]
    others = [line for line in ledger if line["line"] != "cause"]
    content["generalize"]["ledger"] = [*others[:at], *pair, *others[at:]]
    assert interplay(schema.parse(content, "x").lead).startswith(word)
    assert bool(interplay(schema.parse(content, "x").lead)) == bool(word)


@pytest.mark.parametrize("after", [0.5, 0.3])
def test_what_a_short_search_was_wrong_about_is_said(after):
    text = verdict(diagnosis(**SOUND, _full_size={"before": 0.4, "after": after}))
    words = "is not, trained with all of them: 0.400 before, 0.500 after."
    assert (words in text) is (after > 0.4)
