"""The search on a laboratory whose losses are known, without any training."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.diagnose.findings import SymptomFinding
from stages.diagnose.interventions.entry import Facts
from stages.diagnose.ledger.account import account, subsets_before
from stages.diagnose.ledger.bench import Bench
from stages.diagnose.ledger.build import build_ledger
from stages.diagnose.ledger.lines import Ledger, Protocol
from stages.diagnose.ledger.pruning import prune
from stages.diagnose.ledger.spending import Spending
from stages.diagnose.verdicts import verdicts
from stages.lib.params.edits import value
from stages.lib.trials.laboratory import Runs
from stages.lib.trials.statistics import paired
from tests.cards import card_of
from tests.conftest import content_of
from tests.diagnose.ledger.known import CHANCE, ROWS, Known

FACTS = Facts(rows=900, task=card_of().task, categorical=False, skewness=0.0)


def search(cost, noise: float = 0.01, **changes) -> tuple[Ledger, dict]:
    content = content_of(**changes)
    sections = {name: content[name] for name in ("normalize", "train")}
    protocol = Protocol(Runs((0, 1, 2)), Runs((3, 4, 5, 6, 7)), 0.02, lambda what: None)
    return build_ledger(Known(cost, noise), sections, FACTS, protocol, set()), sections


def costs(**wrong):
    """A cost for each dotted key that does not have its right value: {key: (right, cost)}."""

    def cost(sections: dict) -> float:
        return sum(price for key, (right, price) in wrong.items() if value(sections, key) != right)

    return cost


def test_nothing_to_gain_is_no_line():
    ledger, _ = search(lambda sections: 0.0)
    assert ledger.lines == [] and ledger.edit == {}
    found = {one["family"]: one["status"] for one in verdicts(ledger, [], [], 0.02)}
    assert found["learning_rate"] == found["initialization"] == "no_effect"
    assert found["loss"] == "not_tried"


def test_one_cause_is_one_line_with_its_gain():
    cost = costs(**{"normalize.features": ("standard", 0.5)})
    ledger, _ = search(cost)
    [line] = ledger.lines
    assert line.edit == {"normalize.features": "standard"}
    assert line.share.mean == pytest.approx(0.5, abs=0.01)
    low, high = line.share.interval()
    assert low < 0.5 < high or line.share.error < 0.01


def test_two_causes_are_two_lines_the_larger_first():
    cost = costs(**{"normalize.features": ("standard", 0.3), "train.optimizer": ("adam", 0.6)})
    ledger, _ = search(cost, **{"train.optimizer": "sgd", "train.learning_rate": 0.001})
    assert [line.families for line in ledger.lines] == [("optimizer",), ("input_normalization",)]
    assert sum(line.share.mean for line in ledger.lines) == pytest.approx(0.9, abs=0.02)


def test_a_line_without_which_the_others_cannot_be_trained_has_no_equals(monkeypatch):
    """As one output under categorical cross-entropy: with another loss it can be scaled, say."""

    def possible(_, sections: dict) -> bool:
        scaled = value(sections, "normalize.features") == "standard"
        return not scaled or value(sections, "train.loss") == "auto"

    def train(lab: Known, programs: list[dict], runs: Runs) -> None:
        assert all(lab.runs(sections) for sections in programs)

    monkeypatch.setattr(Known, "runs", possible)
    monkeypatch.setattr(Known, "train", train)
    cost = costs(**{"normalize.features": ("standard", 0.3), "train.loss": ("auto", 0.6)})
    ledger, _ = search(cost, **{"train.loss": "mean_squared_error"})
    assert ledger.edit == {"train.loss": "auto", "normalize.features": "standard"}
    found = {line.families: line.equivalents for line in ledger.lines}
    assert found["loss",] == []
    assert "input_normalization" in {family for families in found for family in families}


def test_a_pair_that_only_helps_together():
    """Neither edit alone gains anything: all recommended settings at once find them, pruning
    leaves the two, and what they bring is shared between their lines."""

    def cost(sections: dict) -> float:
        right = value(sections, "normalize.features") == "standard"
        return 0.0 if right and value(sections, "train.dropout") == 0 else 0.5

    ledger, _ = search(cost, **{"train.dropout": 0.9, "train.l2": 0.5})
    assert ledger.edit == {"normalize.features": "standard", "train.dropout": 0.0}
    assert {line.families for line in ledger.lines} == {
        ("input_normalization",),
        ("regularization",),
    }
    for line in ledger.lines:
        assert line.alone.mean == pytest.approx(0.0, abs=0.02)
        assert line.last.mean == pytest.approx(0.5, abs=0.02)
        assert line.share.mean == pytest.approx(0.25, abs=0.02)


def test_either_of_two_that_do_the_same_is_enough():
    """One of them is pruned, and named as what would do in its place."""

    def cost(sections: dict) -> float:
        right = value(sections, "normalize.features") == "standard"
        return 0.0 if right or value(sections, "train.optimizer") == "adam" else 0.5

    ledger, _ = search(cost, **{"train.optimizer": "sgd", "train.learning_rate": 0.001})
    [line] = ledger.lines
    assert len(line.edit) == 1 and line.share.mean == pytest.approx(0.5, abs=0.02)
    others = [equivalent.edit for equivalent in line.equivalents]
    pair = [{"normalize.features": "standard"}, {"train.optimizer": "adam"}]
    assert line.edit in pair and next(edit for edit in pair if edit != line.edit) in others


@given(
    st.dictionaries(
        st.frozensets(st.integers(0, 2), min_size=1), st.floats(-1, 1), min_size=7, max_size=7
    )
)
def test_shapley_shares_add_up(values):
    """Whatever each subset of three edits brings, the shares sum to what all three bring."""
    gains = {frozenset(): 0.0, **values}
    shares = [
        sum(weight * (gains[before | {i}] - gains[before]) for before, weight in before_each(i))
        for i in range(3)
    ]
    assert sum(shares) == pytest.approx(gains[frozenset({0, 1, 2})], abs=1e-9)


def before_each(i: int) -> list[tuple[frozenset[int], float]]:
    return list(subsets_before(frozenset({0, 1, 2}) - {i}))


class Diverging(Known):
    """As it is the program costs far more than chance; with one edit it learns, and with another
    it costs what chance does."""

    def __init__(self) -> None:
        def cost(sections: dict) -> float:
            if value(sections, "normalize.features") == "standard":
                return CHANCE / 2
            return CHANCE - 1 if value(sections, "train.batch_size") == 128 else 50 * CHANCE

        super().__init__(cost)


def test_a_gain_is_split_at_chance():
    """An edit that brings a huge loss down to chance is no equal of one that learns something."""
    content = content_of()
    sections = {name: content[name] for name in ("normalize", "train")}
    protocol = Protocol(Runs((0, 1, 2)), Runs((3, 4, 5, 6, 7)), 0.02, lambda what: None)
    ledger = build_ledger(Diverging(), sections, FACTS, protocol, set())
    [line] = ledger.lines
    assert ledger.scale == "learnt" and line.edit == {"normalize.features": "standard"}
    assert line.share.mean == pytest.approx(CHANCE / 2, rel=0.05)
    assert line.equivalents == []


def test_a_key_that_brings_nothing_is_pruned():
    cost = costs(**{"train.learning_rate": (0.001, 0.5)})
    ledger, _ = search(cost, **{"train.optimizer": "sgd", "train.learning_rate": 3.0})
    assert ledger.edit == {"train.learning_rate": 0.001}


class Slow(Known):
    """A second for each program and seed that is not trained yet."""

    def __init__(self, cost) -> None:
        super().__init__(cost)
        self.trained: set[tuple[str, int]] = set()

    @property
    def spent(self) -> float:
        return float(len(self.trained))

    def missing(self, programs: list[dict], runs: Runs) -> set[tuple[str, int]]:
        wanted = {(repr(program), seed) for program in programs for seed in runs.seeds}
        return wanted - self.trained

    def seconds(self, programs: list[dict], runs: Runs) -> float:
        return float(len(self.missing(programs, runs)))

    def train(self, programs: list[dict], runs: Runs) -> None:
        self.trained |= self.missing(programs, runs)


def within(seconds: float, cost, edit: dict, **changes) -> tuple[dict, int, float]:
    """What pruning leaves of an edit in so many seconds, how many lines account for it, and the
    seconds that were spent."""
    content = content_of(**changes)
    sections = {name: content[name] for name in ("normalize", "train")}
    judging = Runs((3, 4, 5, 6, 7))
    protocol = Protocol(Runs((0, 1)), judging, 0.02, lambda what: None, seconds=seconds)
    laboratory = Slow(cost)
    bench = Bench(laboratory, sections, FACTS, protocol)
    pruned = prune(bench, edit, "learnt")
    lines = account(bench, pruned, "learnt", equivalents=False)
    return pruned, len(lines), laboratory.spent


EDIT = {
    "train.optimizer": "adam",
    "train.learning_rate": 0.001,
    "train.batch_size": 7,
    "train.dropout": 0.1,
    "train.l2": 0.01,
}
WRONG = {"train.optimizer": "sgd", "train.learning_rate": 3.0}


@pytest.mark.parametrize(("seconds", "keys", "lines"), [(8, 5, 1), (24, 2, 1), (40, 2, 2)])
def test_what_pruning_and_the_lines_take_is_within_the_seconds(seconds, keys, lines):
    """Of five keys two are needed; to look at them one by one takes 98 s. In fewer seconds the
    three others go at once, or stay, and the two share a line."""
    cost = costs(**{"train.optimizer": ("adam", 0.5), "train.learning_rate": (0.001, 0.3)})
    pruned, found, spent = within(seconds, cost, EDIT, **WRONG)
    assert (pruned, found) == (dict(list(EDIT.items())[:keys]), lines)
    assert spent <= max(1.25 * seconds, 10)  # what is told is judged: two programs at five seeds
    assert within(1000, cost, EDIT, **WRONG)[:2] == (dict(list(EDIT.items())[:2]), 2)


def test_keys_that_do_without_each_other_but_not_without_both_are_halved():
    """Two of which either is enough look needless one by one; in few seconds one stays too."""

    def cost(sections: dict) -> float:
        right = value(sections, "train.learning_rate") == 0.001
        return 0.0 if right or value(sections, "train.optimizer") == "adam" else 0.5

    pruned, _, _ = within(30, cost, EDIT, **WRONG)
    assert len(pruned) < len(EDIT)
    assert {"train.optimizer", "train.learning_rate"} & set(pruned)


class Blind(Known):
    """Of what the learning rate costs the validation rows show nothing."""

    def losses(self, sections: dict, runs: Runs, split: str) -> np.ndarray:
        if split == "validation":
            train = sections["train"] | {"learning_rate": 0.001}
            sections = sections | {"train": train}
        return super().losses(sections, runs, split)


def test_a_key_whose_gain_is_proven_is_not_pruned():
    """Few validation rows may miss what the test rows prove."""
    cost = costs(**{"train.optimizer": ("adam", 0.5), "train.learning_rate": (0.001, 0.3)})
    wrong = {"train.optimizer": "sgd", "train.learning_rate": 3.0}
    content = content_of(**wrong)
    sections = {name: content[name] for name in ("normalize", "train")}
    protocol = Protocol(Runs((0, 1, 2)), Runs((3, 4, 5, 6, 7)), 0.02, lambda what: None)
    ledger = build_ledger(Blind(cost), sections, FACTS, protocol, set())
    assert ledger.edit == {"train.optimizer": "adam", "train.learning_rate": 0.001}


def test_equals_of_other_families_are_named_and_the_recommended_value_is_prescribed():
    def cost(sections: dict) -> float:
        enough = value(sections, "train.learning_rate") * value(sections, "train.epochs")
        return 0.0 if enough >= 0.002 else 0.5

    ledger, _ = search(cost, **{"train.learning_rate": 1e-5, "normalize.features": "standard"})
    [line] = ledger.lines
    assert line.edit == {"train.learning_rate": 0.001}
    [equal] = line.equivalents
    assert equal.edit == {"train.epochs": 200}
    assert equal.gain == pytest.approx(line.share.mean, abs=0.02)


def test_a_close_call_gets_more_seeds(monkeypatch):
    """Seeds that scatter as much as the gain: some programs are decided at once, some are not."""
    monkeypatch.setattr(Known, "wobble", 0.1)
    cost = costs(**{"normalize.features": ("standard", 0.1)})
    found = [search(cost, **{"train.seed": seed})[0] for seed in range(6)]
    assert {len(ledger.runs.seeds) for ledger in found} <= {5, 10, 20}
    assert {len(ledger.runs.seeds) for ledger in found} & {10, 20}
    for ledger in found:
        assert ledger.runs.seeds == tuple(range(3, 3 + len(ledger.runs.seeds)))


def test_a_gain_below_what_matters_is_no_line():
    ledger, _ = search(costs(**{"normalize.features": ("standard", 0.01)}))
    assert ledger.lines == []


def test_luck_is_not_a_cause():
    """Pure noise, large beside what matters, over many programs: no line but for chance."""
    false = 0
    for seed in range(12):
        ledger, _ = search(lambda sections: 0.0, noise=2.0, **{"train.seed": seed})
        false += len(ledger.lines) > 0
    assert false <= 2


def test_what_cannot_be_told_names_what_it_takes_and_what_speaks_for_it():
    ledger, _ = search(lambda sections: 0.0, noise=3.0)
    suspects = ("learning_rate", "optimizer")
    symptom = SymptomFinding("LL406", "plateau", suspects, 0.01, 0.05, None, None, "It is flat.")
    entry = next(
        one for one in verdicts(ledger, [], [symptom], 0.02) if one["family"] == "learning_rate"
    )
    assert entry["status"] == "cannot_tell" and entry["evidence"] == ["plateau"]
    assert max(entry["needs_rows"] or 0, entry["needs_seeds"] or 0) > 5


def test_an_edit_that_helps_by_itself_is_told_from_one_without_effect():
    """Of two that do the same, the one that is not prescribed is not said to have no effect."""

    def cost(sections: dict) -> float:
        right = value(sections, "normalize.features") == "standard"
        return 0.0 if right or value(sections, "train.optimizer") == "adam" else 0.5

    ledger, _ = search(cost, **{"train.optimizer": "sgd", "train.learning_rate": 0.001})
    found = {one["family"]: one["status"] for one in verdicts(ledger, [], [], 0.02)}
    assert {found["optimizer"], found["input_normalization"]} == {"matters", "helps_alone"}
    assert found["initialization"] == "no_effect"


def test_a_small_improvement_is_too_little():
    ledger, _ = search(costs(**{"normalize.features": ("standard", 0.015)}), noise=0.001)
    found = {one["family"]: one["status"] for one in verdicts(ledger, [], [], 0.02)}
    assert ledger.lines == [] and found["input_normalization"] == "too_little"


def test_a_level_that_rejects_is_had_back():
    spending = Spending()
    assert spending.rejects(0.02) and spending.rejects(0.02)
    assert not spending.rejects(0.03)
    assert not spending.rejects(0.02) and spending.rejects(0.006)


def test_paired_is_not_fooled_by_rows_that_are_hard_for_all(rng):
    hard = rng.normal(0, 5, ROWS)
    before = np.stack([hard + 0.1 + rng.normal(0, 0.01, ROWS) for _ in range(3)])
    after = np.stack([hard + rng.normal(0, 0.01, ROWS) for _ in range(3)])
    assert paired(before - after).interval()[0] > 0.05
