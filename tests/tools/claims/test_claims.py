"""The common advice: what is asked, what is trained for it, and what is written of it."""

from itertools import pairwise

import numpy as np
import pytest
import yaml

from stages.lib import params
from stages.lib.core.errors import UserError
from stages.lib.params.edits import identity
from stages.tools.claims import programs, settings
from stages.tools.claims.advice.table import CLAIMS
from stages.tools.claims.cell import Cell, Shape, train_cell
from stages.tools.claims.measures import MEASURES
from stages.tools.claims.networks import Network
from stages.tools.claims.plan import Wanted, plan
from stages.tools.claims.side import Side, fixed
from stages.tools.claims.study import Study
from stages.tools.claims.trials import Place, Trials
from tests.conftest import ROOT, changed


def content_of(**changes) -> dict:
    return changed(settings.read(), changes)


@pytest.fixture
def in_repository(monkeypatch):
    monkeypatch.chdir(ROOT)


# --------------------------------------------------------------------------------- what is asked


def test_the_twelve_claims_and_the_nine_that_came_later_are_there():
    titles = {claim.letter: claim.title for claim in CLAIMS}
    assert list(titles) == list("abcdefghijklmnopqrstu")
    assert [titles[letter] for letter in "abcdefghijkl"] == [
        "weights too small",
        "weights too large",
        "initializer by activation",
        "random_uniform",
        "unequal ranges",
        "where inputs belong",
        "SGD and Adam",
        "smaller learning rate",
        "batch size",
        "dropout",
        "loss by task",
        "normalization of program 1",
    ]
    assert list(programs.PROGRAMS) == ["1", "2", "3"]


def test_a_part_is_said_in_six_words_and_once():
    said = [part.says for claim in CLAIMS for part in claim.parts]
    assert max(len(words.split()) for words in said) <= 6
    assert len(set(said)) == len(said)


def test_every_part_is_asked_of_ten_data_sets_under_all_settings(in_repository):
    content = content_of()
    study = Study(content, settings.check(content))
    for claim in CLAIMS:
        for part in claim.parts:
            places = study.places(part)
            assert len(places) >= 10 and all(places.values()), part.says
            assert part.measure in MEASURES


def test_both_sides_differ_and_untuned_ones_have_one_rate(in_repository):
    content = content_of()
    checked = settings.check(content)
    for claim in CLAIMS:
        for part in claim.parts:
            first, second = part.pair(checked)
            assert first != second, part.says
            for side in (first, second):
                assert side.default in side.rates
                assert len(side.untuned().rates) == 1


# ----------------------------------------------------------------------- what is trained for it

PLACE = Place("moons", Network(2, "relu"))


@pytest.fixture
def trials(in_repository) -> Trials:
    return Trials(settings.base(content_of()), 32, 0)


def made_up(trials: Trials, side: Side, validation: list[list[float]]) -> dict:
    """Results of a side: at each rate the validation losses of each replicate; the test loss is the
    rate."""
    return {
        entry.name: {"validation": losses, "test": [rate] * len(losses)}
        for entry, rate, losses in zip(
            trials.wanted(PLACE, side, False), side.rates, validation, strict=False
        )
    }


def test_each_replicate_takes_the_rate_of_its_lowest_validation_loss(trials):
    side = Side(rates=(0.1, 0.2, 0.3), default=0.1)
    results = made_up(trials, side, [[3, 1, 2], [2, 1, 1], [1, 2, 3]])
    found = trials.values(results, PLACE, side, False)
    assert found["test"].tolist() == [0.3, 0.1, 0.2]


def test_a_program_that_follows_takes_the_others_rate_some_steps_up(trials):
    small = Side({"train.batch_size": 8}, (0.1, 0.2), 0.1)
    large = Side({"train.batch_size": 80}, (0.1, 0.2, 0.3, 0.4), 0.1, follows=small, steps=2)
    results = made_up(trials, small, [[3, 1], [2, 2]])
    results |= made_up(trials, large, [[9, 9]] * 4)
    assert trials.values(results, PLACE, large, False)["test"].tolist() == [0.4, 0.3]
    assert large.untuned().rates == (0.3,)
    rates = [w.sections["train"]["learning_rate"] for w in trials.wanted(PLACE, large, False)]
    assert rates == [0.1, 0.2, 0.3, 0.4, 0.1, 0.2]


@pytest.mark.parametrize("data_set", ["moons", "digits"])
def test_other_shapes_have_as_many_weights(trials, data_set):
    place = Place(data_set, Network(4, "relu"))
    inputs, outputs = {"moons": (2, 1), "digits": (64, 10)}[data_set]

    def weights(side: Side) -> int:
        [wanted] = trials.wanted(place, side, False)
        widths = [inputs, *wanted.sections["train"]["layers"], outputs]
        return sum((a + 1) * b for a, b in pairwise(widths))

    whole = weights(fixed(0.001))
    for shape, layers in (("one layer", 1), ("two layers", 2)):
        side = fixed(0.001, shape=shape)
        [wanted] = trials.wanted(place, side, False)
        assert len(wanted.sections["train"]["layers"]) == layers
        assert weights(side) == pytest.approx(whole, rel=0.03)


def test_what_shares_a_graph_is_one_cell_and_nothing_is_trained_twice(trials):
    sides = (Side(), Side({"train.ema_momentum": 0.9}), Side({"train.optimizer": "sgd"}), Side())
    wanted = [entry for side in sides for entry in trials.wanted(PLACE, side, False)]
    planned = plan(wanted, (0, 1))
    assert sorted(len(entry.cell.programs) for entry in planned) == [5, 10]
    assert all(entry.seconds > 0 for entry in planned)


def test_a_known_difference_is_measured(trials):
    """Zeros leave the network at a constant: chance, and every unit a copy of the others."""
    place = Place("iris", Network(2, "relu"))
    zeros = fixed(0.001, edit={"train.kernel_initializer": "zeros", "train.epochs": 8})
    sound = fixed(0.03, edit={"train.epochs": 8})
    wanted = [w for side in (zeros, sound) for w in trials.wanted(place, side, True)]
    [planned] = plan(wanted, (0, 1, 2))
    of_zeros, of_sound = train_cell(planned.cell, in_process=True)
    assert of_zeros["test"] == pytest.approx(of_zeros["chance_test"], abs=0.05)
    assert of_zeros["copies"] == [1] * 3 and of_zeros["gradient"] == [12] * 3
    assert of_sound["copies"] == [0] * 3 and max(of_sound["gradient"]) < 3
    assert np.mean(of_sound["test"]) < 0.6 * np.mean(of_sound["chance_test"])
    assert of_sound["running"] != of_sound["train"]
    plain = Cell("iris", planned.cell.programs, (0, 1, 2), watched=False)
    for watched, other in zip((of_zeros, of_sound), train_cell(plain, True), strict=True):
        assert other["test"] == pytest.approx(watched["test"], abs=1e-4)


def test_the_programs_have_both_tables(in_repository):
    content = content_of()
    checked = settings.check(content)
    planned = programs.planned(content, checked)
    scenarios = {entry.cell.source.scenario for entry in planned}
    assert scenarios == {"coin_flips", "moons"}
    assert all(isinstance(entry.cell.source, Shape) for entry in planned)
    assert sum(len(entry.cell.programs) for entry in planned) == 6
    assert {len(entry.cell.seeds) for entry in planned} == {30}
    epochs = {sections["train"]["epochs"] for entry in planned for sections in entry.cell.programs}
    assert epochs == {100, 200}


def test_names_are_of_what_is_trained():
    one, other = (Wanted("iris", {"a": {"b": value}}) for value in (1, 2))
    assert one.name != other.name and one.name == Wanted("iris", {"a": {"b": 1}}).name
    assert one.name[1] == identity({"a": {"b": 1}})


# ------------------------------------------------------------------------------------- settings


def test_the_file_states_only_what_differs(in_repository):
    """Each of its keys of the program differs from params.yaml, and the rest is as there."""
    own, root = yaml.safe_load(settings.FILE.read_text()), params.sections("normalize", "train")
    content = settings.read()
    for name, section in root.items():
        assert content[name] == section | own[name]
        assert all(section[key] != value for key, value in own[name].items())
        assert list(content[name]) == list(section)


def test_an_unknown_key_of_the_program_is_named(in_repository, tmp_path, monkeypatch):
    content = yaml.safe_load(settings.FILE.read_text())
    file = tmp_path / "params.yaml"
    file.write_text(yaml.safe_dump(changed(content, {"train.layer": [3]})))
    monkeypatch.setattr(settings, "FILE", file)
    with pytest.raises(UserError, match=r"train\.layer: expected a known key; .* 'layers'"):
        settings.read()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"replicates": 1}, "replicates: expected a number >= 3. Received: 1"),
        (
            {"programs.keras_replicates": 40},
            "programs: expected keras_replicates <= replicates. Received: 40 of 30",
        ),
        (
            {"programs.premise": "nope"},
            "tools/claims/params.yaml: programs.premise: expected one of coin_flips, .*'nope'",
        ),
        ({"data_sets": ["iris", "rose"]}, "params.yaml: data_sets: expected one of iris.*'rose'"),
        ({"data_sets": ["iris", "iris"]}, "data_sets: expected each entry once.*'iris' twice"),
        ({"min_effect": "x"}, "min_effect: expected a number. Received: 'x'"),
    ],
)
def test_bad_params_are_named(in_repository, change, message):
    with pytest.raises(UserError, match=message):
        settings.check(content_of(**change))
