"""When a chain of prescriptions ends, and what it is then."""

from dataclasses import replace

import pytest

from stages.tools.mend.chain import Chain, mend
from stages.tools.mend.text import ending, heading, of_round, to_paste
from tests.tools.mend.scripted import ScriptedCopy, Step

SCALE = {"normalize.features": "standard"}
RATE = {"train.learning_rate": 0.01}


@pytest.fixture
def run_chain(finished_run):
    """Run a chain over these steps."""

    def chain_of(*steps: Step, rounds: int = 8, seconds: float = 3600.0) -> Chain:
        seen: list[str] = []
        copy = ScriptedCopy(finished_run, list(steps))
        chain = mend(
            copy,
            rounds,
            seconds,
            lambda state: seen.append(heading(state)),
            lambda done: seen.append(of_round(done)),
        )
        assert len(seen) == 1 + len(chain.rounds)
        assert not copy.steps
        return chain

    return chain_of


def test_it_goes_on_until_nothing_is_prescribed(run_chain):
    chain = run_chain(Step(6.0, SCALE), Step(0.55, RATE, (0.45, 0.4, 0.5)), Step(0.44), rounds=2)
    assert [one.state.loss for one in chain.rounds] == [0.55, 0.44]
    assert chain.ended == "nothing more is shown"
    assert chain.edit == SCALE | RATE
    assert chain.last.sections["train"]["learning_rate"] == 0.01
    assert chain.first.sections["normalize"]["features"] == "none"
    assert "dvc exp run -S normalize.features=standard -S train.learning_rate=0.01" in to_paste(
        chain
    )


def test_a_broken_promise_ends_it_and_the_edit_is_left_out(run_chain):
    chain = run_chain(Step(6.0, SCALE), Step(0.55, RATE, (0.45, 0.4, 0.5)), Step(0.52, SCALE))
    assert chain.broken is chain.rounds[-1]
    assert chain.edit == SCALE
    assert chain.last.loss == 0.55
    assert "not kept: the training loss is 0.520" in of_round(chain.rounds[-1])
    assert "did not keep its promise, and is left out" in ending(chain)


@pytest.mark.parametrize(
    ("obtained", "kept"),
    [(0.1, True), (0.6, True), (0.60002, True), (0.601, False), (None, False)],
)
def test_only_a_higher_loss_breaks_a_promise(run_chain, obtained, kept):
    chain = run_chain(Step(6.0, SCALE), Step(obtained))
    assert chain.rounds[0].kept is kept
    assert (chain.broken is None) is kept


def test_an_edit_taken_back_is_none_of_the_whole(run_chain):
    back = {"normalize.features": "none", "train.learning_rate": 0.01}
    chain = run_chain(Step(6.0, SCALE), Step(0.5, back), Step(0.4))
    assert chain.edit == RATE


def test_a_circle_ends_it(run_chain):
    chain = run_chain(Step(6.0, SCALE), Step(0.5, {"normalize.features": "none"}), Step(0.5, SCALE))
    assert "go in a circle" in chain.ended
    assert chain.edit == {}


def test_budgets(run_chain):
    chain = run_chain(Step(6.0, SCALE), Step(0.5, RATE), rounds=1)
    assert chain.ended == "--rounds 1 are done"
    chain = run_chain(Step(6.0, SCALE), seconds=1e-9)
    assert chain.ended == "another round would pass --seconds 1e-09"
    assert chain.rounds == [] and chain.edit == {}


def test_learnt_is_of_what_the_floor_learns(run_chain):
    state = run_chain(Step(6.0)).first

    def learnt(floor: float) -> float | None:
        numbers = {"chance": 0.7, "floor": floor, "learnt_before": 0.4}
        account = state.diagnosis.fit
        account = account.model_copy(update={"loss": account.loss.model_copy(update=numbers)})
        return replace(state, diagnosis=state.diagnosis.model_copy(update={"fit": account})).learnt

    assert learnt(0.3) == pytest.approx(0.75)
    assert learnt(0.7) is None
