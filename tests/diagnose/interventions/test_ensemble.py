"""Several networks in place of one: proposed where they can be, tried last, and worth it where the
networks of different seeds disagree."""

from dataclasses import replace

import pytest

from stages.diagnose.diagnosis import diagnose
from stages.diagnose.interventions.candidates import candidates
from stages.diagnose.interventions.entry import Facts, Rank
from stages.diagnose.ledger.build import build_ledger
from stages.diagnose.ledger.lines import Protocol
from stages.lib.keras_fit.facts import ModelFacts
from stages.lib.params.edits import edited
from stages.lib.params.families import families
from stages.lib.trials.laboratory import Laboratory, Runs
from stages.lib.trials.statistics import paired
from tests.cards import card_of
from tests.conftest import content_of, lead, settings
from tests.diagnose.ledger.known import Known
from tests.subjects import subject_of

FACTS = Facts(rows=900, task=card_of().task, categorical=False, skewness=0.0)
MODEL = ModelFacts((), ("relu",), ("he_normal",), (), False, (8,), "sigmoid", 1)
FIVE = {"train.members": 5}


def proposed(facts: Facts, **changes) -> list[dict]:
    found = candidates(content_of(**changes), facts)
    return [one.edit for one in found if one.intervention == "ensemble"]


def test_it_is_proposed_last_and_only_where_it_can_be():
    assert candidates(content_of(), FACTS)[-1].edit == FIVE
    assert max(one.rank for one in candidates(content_of(), FACTS)) is Rank.SEVERAL_NETWORKS
    for facts in (replace(FACTS, unstable=True), replace(FACTS, short=True)):
        assert proposed(facts) == []
    assert proposed(replace(FACTS, model=MODEL)) == []
    assert proposed(FACTS, **{"train.initial_weights": "data/initial_weights/a.npz"}) == []
    assert proposed(FACTS, **{"train.members": 2}) == []


class Recorded(Known):
    """Remembers of how many networks the programs were, in their order."""

    def __init__(self, cost) -> None:
        super().__init__(cost)
        self.members: list[int] = []

    def train(self, programs: list[dict], runs: Runs) -> None:
        super().train(programs, runs)
        self.members += [program["train"]["members"] for program in programs]


def test_it_stands_beside_a_cause_and_never_in_its_place():
    """Averaging brings more than the optimizer does, which is found first all the same."""

    def cost(sections: dict) -> float:
        adam, several = sections["train"]["optimizer"] == "adam", sections["train"]["members"] > 1
        return 3.0 - 1.0 * adam - 1.5 * several

    laboratory = Recorded(cost)
    protocol = Protocol(Runs((0, 1, 2)), Runs(tuple(range(3, 13))), 0.05, lambda what: None)
    sections = content_of(**{"train.optimizer": "sgd", "train.learning_rate": 0.001})
    facts = replace(FACTS, families=("optimizer", "ensemble"))
    ledger = build_ledger(laboratory, sections, facts, protocol, set())
    assert ledger.edit == {"train.optimizer": "adam", **FIVE}
    assert {line.families: round(line.share.mean, 1) for line in ledger.lines} == {
        ("ensemble",): 1.5,
        ("optimizer",): 1.0,
    }
    # A round that ends the search comes after the one that found the optimizer.
    assert laboratory.members.index(5) > 20


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [4, 12])
def test_it_takes_no_other_edit_s_time(seconds):
    subject = subject_of(content_of(**{"data.synthetic.rows": 1500, "train.epochs": 15}))
    untried = []
    for named in (families(), tuple(name for name in families() if name != "ensemble")):
        given = settings(**{"diagnose.families": list(named), "diagnose.seconds": seconds})
        content = diagnose(subject, given.diagnose)
        untried.append([edit for edit in content["about"][0]["untried"] if edit != FIVE])
        small = [gain["edit"] for gain in lead(content)["small_gains"] if gain["edit"] != FIVE]
        untried[-1] += [small, lead(content)["prescription"]]
    assert untried[0] == untried[1]


@pytest.mark.slow
def test_an_average_is_better_where_networks_memorise_noise():
    """By the ambiguity decomposition the average costs less by what the networks differ in their
    predictions (Krogh, Vedelsby, NIPS 1994), which is much where few rows are learnt by heart."""
    content = content_of(
        **{
            "data.synthetic.scenario": "friedman",
            "data.synthetic.rows": 600,
            "data.split.validation": 0.2,
            "data.split.test": 0.6,
            "normalize.features": "standard",
            "normalize.target": "standard",
            "train.epochs": 200,
        }
    )
    subject = subject_of(content)
    laboratory, runs = Laboratory(subject), Runs((1, 2, 3, 4, 5))
    programs = [subject.sections, edited(subject.sections, FIVE)]
    one, five = (laboratory.losses(program, runs, "test") for program in programs)
    gain = paired(one - five, laboratory.design(runs, "test"))
    assert gain.interval()[0] > 0
    assert gain.mean > 0.1 * one.mean() / 5
