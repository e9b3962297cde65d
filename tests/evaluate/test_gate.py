"""The gate: whether the held-out loss rose beyond what a pull request may cost."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.evaluate import gate
from stages.lib.core.commits import PROFILE
from stages.lib.core.errors import UserError
from stages.lib.core.json_files import read_json, write_json
from tests.conftest import ROOT, edit_params, run


def split_of(loss: float | None, bayes: float | None = 0.3, chance: float = 0.7) -> gate.Scores:
    excess = None if loss is None or bayes is None else loss - bayes
    return gate.Scores("log_loss", loss, chance, excess)


WITHOUT_ROWS = gate.Scores("log_loss", None, None, None)


@pytest.mark.parametrize(
    ("base", "here", "limit", "opens", "says"),
    [
        (split_of(0.4), split_of(0.45), 0.1, True, "+0.05 nats, within gate.excess 0.1"),
        (split_of(0.4), split_of(0.45), 0.01, False, "+0.05 nats, beyond gate.excess 0.01"),
        (split_of(0.4), split_of(0.35), 0.0, True, "-0.05 nats, within"),
        (split_of(0.4), split_of(9.0), None, True, "no limit in gate.excess"),
        # Other rows with a higher floor: the network is as good as it was.
        (split_of(0.4, 0.3), split_of(0.6, 0.5), 0.01, True, "less the Bayes loss 0.1"),
        # A floor that one of them lacks tells nothing; against the same chance the loss rose.
        (split_of(0.4), split_of(0.5, None), 0.01, False, "less chance -0.2"),
        (split_of(0.4), split_of(None), 0.1, False, "not finite here"),
        (split_of(0.4), split_of(None), None, True, "not finite here"),
        (split_of(None), split_of(0.4), 0.1, True, "not finite in the base commit"),
        # As large as JSON can say: no rise of them is a number that is not one.
        (split_of(1e308), split_of(1e308), 0.0, True, "+0 nats, within gate.excess 0"),
        (split_of(0.4), split_of(1e308), 1e307, False, "+1e+308 nats, beyond"),
        (split_of(1e308), split_of(0.4), 0.0, True, "-1e+308 nats, within"),
        (split_of(0.4), split_of(1e308), 1e308, True, "+1e+308 nats, within"),
        (
            gate.Scores("log_loss", 0.0, 1e308, -1e308),
            gate.Scores("log_loss", 1e308, 0.0, 1e308),
            1e308,
            False,
            "+inf nats, beyond gate.excess 1e+308",
        ),
        (
            gate.Scores("log_loss", 1e308, 0.0, 1e308),
            gate.Scores("log_loss", 0.0, 1e308, -1e308),
            0.0,
            True,
            "-inf nats, within",
        ),
        (split_of(0.4), WITHOUT_ROWS, 0.1, False, "there are no test rows here"),
        (split_of(0.4), WITHOUT_ROWS, None, True, "there are no test rows here"),
        (WITHOUT_ROWS, split_of(0.4), 0.1, True, "there are no test rows in the base commit"),
    ],
)
def test_what_opens_the_gate(base, here, limit, opens, says):
    found, line = gate.judged(base, here, limit)
    assert found is opens
    assert says in line and "\n" not in line


def test_two_kinds_of_loss_are_not_compared():
    with pytest.raises(UserError, match="one kind of test loss"):
        gate.judged(split_of(0.4), gate.Scores("mse", 0.4, 0.7, None), 0.1)


def test_a_file_of_a_table_without_test_rows():
    content = {"test": {"log_loss": None, "chance": None}}
    assert gate.scores_of(content, "x") == WITHOUT_ROWS


@pytest.mark.parametrize(
    "content",
    [
        [],
        {},
        {"test": 3},
        {"test": {"mse": "1", "chance": 1.0}},
        {"test": {"mse": 1.0}},
        {"test": {"mse": 1.0, "chance": None}},
    ],
)
def test_a_file_without_scores_is_one_line(content):
    with pytest.raises(UserError, match="x: expected the scores of a test split"):
        gate.scores_of(content, "x")


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("log_loss", -0.1, "x: test.log_loss: expected a loss of 0 or more. Received: -0.1"),
        ("log_loss", -1e308, "x: test.log_loss: expected a loss of 0 or more. Received: -1e+308"),
        ("chance", -1, "x: test.chance: expected a loss of 0 or more. Received: -1"),
    ],
)
def test_a_negative_loss_is_one_line(key, value, words):
    with pytest.raises(UserError) as caught:
        gate.scores_of({"test": {"log_loss": 0.4, "chance": 0.7} | {key: value}}, "x")
    assert str(caught.value) == words


@given(st.data())
def test_the_gate_knows_open_from_shut_whatever_the_numbers(data):
    """It opens as the exact difference says, which float64 may not hold."""
    losses = st.floats(0, 1.7e308)
    base, here = (
        gate.Scores("mse", data.draw(losses), data.draw(losses), data.draw(finite))
        for finite in [st.floats(-1.7e308, 1.7e308)] * 2
    )
    limit = data.draw(losses)
    opens, line = gate.judged(base, here, limit)
    rise = Fraction(here.excess) - Fraction(base.excess)
    assert "nan" not in line and "\n" not in line
    assert opens is (rise <= limit) or abs(rise - Fraction(limit)) <= abs(rise) / 2**52


def test_the_command_compares_with_a_commit(finished_run, monkeypatch, capsys):
    def command(base: str) -> str:
        monkeypatch.setattr("sys.argv", ["gate", base])
        gate.main()
        return capsys.readouterr().out

    monkeypatch.chdir(finished_run)
    edit_params(finished_run, **{"gate.excess": 0.1})
    assert command("HEAD").startswith("gate open: test log_loss less the Bayes loss ")
    (finished_run / PROFILE).write_text("{}")
    assert command("HEAD").endswith(f"\nthe data differ, too: {PROFILE}\n")
    (finished_run / PROFILE).unlink()
    assert "the data differ" in command("HEAD")
    run(finished_run, "git", "checkout", "--", PROFILE)
    content = read_json(gate.FILE)
    content["test"]["excess"] += 0.5
    write_json(gate.FILE, content)
    with pytest.raises(SystemExit) as raised:
        command("HEAD")
    assert raised.value.code == 1
    [line] = capsys.readouterr().out.splitlines()
    assert line.startswith("gate shut: test log_loss less the Bayes loss ") and "+0.5 nats" in line
    with pytest.raises(UserError, match="expected a commit, branch or tag"):
        command("nosuch")


def test_the_limit_is_a_param_that_reruns_nothing():
    assert "gate" not in (ROOT / "dvc.yaml").read_text()
