"""What stands on a terminal, of diagnoses made up for it."""

import copy
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.lib.diagnosis import schema
from stages.lib.diagnosis.summary import MOST_LINES, WIDTH, in_colour, summary
from tests.conftest import ROOT

CONTENT = json.loads((ROOT / "reports/diagnosis.json").read_text())
COMMAND = CONTENT["generalize"]["prescription"]["commands"][0]


def crowded(causes: int, edits: int, errors: int, gains: int) -> dict:
    """The committed one with so many of each."""
    content = copy.deepcopy(CONTENT)
    account = content["generalize"]
    at = [line["line"] for line in account["ledger"]].index("cause")
    others = [line for line in account["ledger"] if line["line"] != "cause"]
    account["ledger"] = [*others[:at], *[account["ledger"][at]] * causes, *others[at:]]
    account["prescription"]["edits"] = account["prescription"]["edits"][:1] * edits
    check = {"check": "shifted_target", "code": "LL230", "title": "t", "families": [],
             "severity": "error", "expected": "e", "received": "r " * 200,
             "keys": []}  # fmt: skip
    content["checks"] = [*content["checks"], *[check] * errors]
    account["small_gains"] = account["small_gains"][:1] * gains
    return content


@given(st.integers(1, 4), st.integers(1, 9), st.integers(0, 4), st.integers(0, 9))
def test_sixteen_lines_hold_the_ledger_the_edit_and_the_command(causes, edits, errors, gains):
    lines = summary(schema.parse(crowded(causes, edits, errors, gains), "x")).splitlines()
    assert len(lines) <= MOST_LINES
    assert all(len(line) <= WIDTH or COMMAND in line for line in lines)
    amounts = [
        line for line in lines if line[:1] == " " and line[58:70].strip(" -.0123456789") == ""
    ]
    text = "\n".join(lines)
    assert text.count("  input normalization  ") == causes
    assert "\n  floor   " in text and "\n  unexplained   " in text
    assert text.count(COMMAND) == 1
    assert amounts


def test_what_matters_least_is_left_out_first():
    roomy = summary(schema.parse(crowded(1, 1, 0, 2), "x"))
    assert "\n\n" in roomy and "perhaps " in roomy and "none of these alone" in roomy
    full = summary(schema.parse(crowded(3, 1, 2, 2), "x"))
    assert "\n\n" not in full and "LL230" in full and COMMAND in full
    assert "hit the per-row cap" not in full


@pytest.mark.parametrize(
    ("scores", "words"),
    [
        ({"rmse": 9.1118, "r2": 0.7873, "split": "test"},
         "(RMSE 9.112, R² 0.787 of this run on its test rows)"),
        ({"rmse": None, "r2": -0.5, "split": "train"}, "(R² -0.500 of this run on its training "),
        ({"rmse": None, "r2": None, "split": "test"}, None),
    ],
)  # fmt: skip
def test_a_squared_loss_has_its_root_beside_it(scores, words):
    content = copy.deepcopy(CONTENT)
    assert "RMSE" not in summary(schema.parse(content, "x"))
    content["about"][0]["regression"] = scores
    text = summary(schema.parse(content, "x"))
    assert (words in text) if words else ("of this run on its" not in text)


def test_a_part_that_is_nothing_is_left_out():
    content = copy.deepcopy(CONTENT)
    [luck] = [line for line in content["generalize"]["ledger"] if line["line"] == "seed_luck"]
    for amount, said in (0.0, False), (0.0004, False), (0.05, True):
        luck["amount"] = amount
        assert ("seed luck" in summary(schema.parse(content, "x"))) is said


def test_families_that_do_not_fit_into_a_line_are_counted():
    [line] = [one for one in summary(schema.parse(CONTENT, "x")).splitlines() if "more" in one[-4:]
              and "none of these" in one]  # fmt: skip
    tried = [one for one in CONTENT["generalize"]["families"] if one["status"] == "no_effect"]
    named = line.split(": ")[1].split(" and ")[0].split(", ")
    assert line.endswith(f"and {len(tried) - len(named)} more")


def test_colour_changes_no_word():
    plain, coloured = (summary(schema.parse(CONTENT, "x"), colour) for colour in (False, True))
    assert "\x1b" not in plain
    for code in ("\x1b[1m", "\x1b[32m", "\x1b[31m", "\x1b[0m"):
        coloured = coloured.replace(code, "")
    assert coloured == plain


@pytest.mark.parametrize("no_colour", ["", "1"])
def test_only_a_terminal_is_coloured(monkeypatch, no_colour):
    monkeypatch.setenv("NO_COLOR", no_colour)
    stream = io.StringIO()
    assert not in_colour(stream)
    monkeypatch.setattr(stream, "isatty", lambda: True)
    assert in_colour(stream) == (no_colour == "")
