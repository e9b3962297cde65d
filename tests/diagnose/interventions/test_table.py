"""Every intervention is a runnable edit of known keys, and none touches a sound program twice."""

import pkgutil
from dataclasses import replace
from types import ModuleType

import pytest

from stages.diagnose import interventions
from stages.diagnose.interventions import candidates as search
from stages.diagnose.interventions import table
from stages.diagnose.interventions.candidates import (
    candidates,
    recommended_program,
    resolve_families,
)
from stages.diagnose.interventions.entry import Facts, Rank, families_of, intervention
from stages.diagnose.interventions.table import INTERVENTIONS
from stages.lib import params
from stages.lib.core.errors import UserError
from stages.lib.keras_fit.facts import ModelFacts
from stages.lib.mlp.program import program
from stages.lib.params.edits import edited, effective, value
from stages.lib.params.families import families, family_of, not_tried
from stages.lib.vocabulary.losses import LOSSES
from stages.lib.vocabulary.optimizers import OPTIMIZERS
from tests.cards import card_of, task_of
from tests.conftest import ROOT, content_of

FACTS = Facts(rows=900, task=card_of().task, categorical=True, skewness=0.0)
# Data in which every edit of what the rows hold is worth a trial.
REGRESSION = Facts(
    rows=900,
    task=card_of(task="regression").task,
    categorical=False,
    skewness=9.0,
    inputs=6,
    heavy_tails=True,
    outlying=("age",),
    outlying_target=True,
    telling=2,
    coded=("shop",),
    cyclic=("hour",),
    many_levels=True,
    turning=("age",),
    far_reaching=True,
    gaps=True,
    dying=True,
    unstable=True,
)
# A model with all that an edit of one may be about.
MODEL = ModelFacts(
    codes=("shop",),
    activations=("sigmoid",),
    kernels=("random_normal",),
    rates=(0.5, 0.0),
    penalized=True,
    widths=(32,),
    output_activation="relu",
    units=1,
)


def sections(**changes) -> dict:
    content = content_of(**changes)
    params.check(content)
    return {name: content[name] for name in ("normalize", "train")}


# A program in which every knob stands where it should not.
ODD = {
    "normalize.features": "none",
    "normalize.missing": "keep",
    "normalize.columns": {"age": "none"},
    "normalize.categorical": "ordinal",
    "train.layers": [2000, 1],
    "train.activation": "sigmoid",
    "train.kernel_initializer": {"name": "random_normal", "stddev": 5.0},
    "train.bias_initializer": {"name": "constant", "value": -9.0},
    "train.dropout": 0.9,
    "train.alpha_dropout": 0.9,
    "train.gaussian_noise": 9.0,
    "train.l1": 1.0,
    "train.l2": 1.0,
    "train.weight_decay": 0.5,
    "train.loss": "hinge",
    "train.from_logits": True,
    "train.output_activation": "relu",
    "train.target_encoding": "integer_from_one",
    "train.optimizer": "rmsprop",
    "train.learning_rate": 5.0,
    "train.epsilon": 1.0,
    "train.clip.value": 1e-6,
    "train.schedule.name": "exponential",
    "train.batch_size": 900,
    "train.shuffle": False,
    "train.early_stopping.patience": 1,
    "train.early_stopping.min_delta": 0.1,
    "train.epochs": 8,
}


@pytest.mark.parametrize("facts", [FACTS, REGRESSION])
@pytest.mark.parametrize("odd", [ODD, {}, {"train.layers": []}, {"train.optimizer": "sgd"}])
def test_edits_change_known_keys_to_valid_values(odd, facts):
    present = sections(**odd)
    found = candidates(present, facts)
    assert found
    for candidate in found:
        assert candidate.edit and effective(present, candidate.edit) == candidate.edit
        assert all(family_of(key) in families() for key in candidate.edit)
        content = params.read(ROOT / "params.yaml") | edited(present, candidate.edit)
        params.check(content)


def test_every_family_has_an_edit_that_runs():
    present = sections(**ODD)
    reached = set()
    for facts in (FACTS, REGRESSION):
        for candidate in candidates(present, facts):
            plan = params.check(params.read(ROOT / "params.yaml") | edited(present, candidate.edit))
            try:
                program(plan.train, task_of(), 6)
            except UserError:
                continue
            reached |= set(candidate.families)
    assert reached == set(families())


def reachable() -> list:
    """The candidates of programs in which, together, every intervention applies."""
    programs = [sections(**ODD), sections(), sections(**{"normalize.features": "standard"})]
    programs.append(sections(**{"train.label_smoothing": 0.2, "train.class_weight": "balanced"}))
    for name in ("momentum", "rmsprop", "adam", "adagrad"):
        constants = {"momentum": 0.1, "rho": 0.1, "beta_1": 0.1, "beta_2": 0.1, "epsilon": 0.1}
        odd = {f"train.{key}": number for key, number in constants.items()}
        programs.append(sections(**{"train.optimizer": name} | odd))
    for kind in ("value", "norm", "global_norm"):
        programs.append(sections(**{f"train.clip.{kind}": 1e-3}))
    warm = {"train.schedule.name": "cosine", "train.schedule.warmup_epochs": 5}
    programs.append(sections(**warm, **{"train.output_units": 3}))
    programs.append(sections(**{"train.early_stopping.restore_best": False}))
    programs.append(sections(**{"train.reduce_on_plateau.patience": 2}))
    programs.append(sections(**{"normalize.keep_best": 3, "train.layers": [64, 1, 32]}))
    normalized = {"train.batch_normalization": "after_activation", "train.batch_size": 2}
    programs.append(sections(**normalized))
    programs.append(sections(**{"train.ema_momentum": 0.9999}))
    programs.append(sections(**{"train.gradient_accumulation_steps": 8}))
    of_adafactor = dict.fromkeys(OPTIMIZERS["adafactor"].constants, 0.5) | {"beta_2_decay": -0.1}
    odd = {f"train.{key}": number for key, number in of_adafactor.items()}
    programs.append(sections(**{"train.optimizer": "adafactor"} | odd))
    programs.append(sections(**{"train.loss": "quantile", "train.quantile": 0.9}))
    for loss in ("huber", "binary_focal_crossentropy"):
        odd = dict.fromkeys(LOSSES[loss].constants, 0.5) | {"focal_balancing": True}
        programs.append(
            sections(**{"train.loss": loss} | {f"train.{key}": odd[key] for key in odd})
        )
    of_chains = [(program, facts) for program in programs for facts in (FACTS, REGRESSION)]
    model = sections(**{"train.model.file": "data/programs/mine.json", "train.loss": "hinge"})
    free = replace(MODEL, rates=(0.0,), penalized=False, activations=("relu",))
    of_models = [(model, replace(REGRESSION, model=given)) for given in (MODEL, free)]
    return [
        candidate
        for program, facts in [*of_chains, *of_models]
        for candidate in candidates(program, facts)
    ]


def test_each_intervention_is_reached():
    assert {one.intervention for one in reachable()} == {entry.name for entry in INTERVENTIONS}


def test_every_key_is_edited_or_named_as_not_tried():
    keys = {key for candidate in reachable() for key in candidate.edit}
    assert not keys & set(not_tried())
    plain = sections()
    leaves = {key for name in plain for key in dotted(plain[name], name)}
    assert keys | set(not_tried()) == leaves


def dotted(section: dict, prefix: str) -> list[str]:
    """The dotted keys of a section that have a value."""
    keys = []
    for name, setting in section.items():
        key = f"{prefix}.{name}"
        keys += dotted(setting, key) if isinstance(setting, dict) and setting else [key]
    return keys


def test_orders_and_names_are_different():
    assert len({entry.order for entry in INTERVENTIONS}) == len(INTERVENTIONS)
    assert len({entry.name for entry in INTERVENTIONS}) == len(INTERVENTIONS)


def test_every_file_of_entries_is_collected():
    """A file that is not in GROUPS would be silently left out."""
    package = table.__name__.rpartition(".")[0]
    others = ("candidates", "entry", "layers", "observed", "table")
    names = {group.__name__ for group in table.GROUPS} | {f"{package}.{name}" for name in others}
    assert {
        f"{package}.{module.name}" for module in pkgutil.iter_modules(interventions.__path__)
    } == names


def test_an_entered_intervention_is_proposed(monkeypatch):
    """One function in the file of what it edits: its family is that of its keys."""

    @intervention(15, Rank.RECOMMENDED, "a very small network")
    def fewer_units(sections, facts):
        yield {"train.layers": [5, 5]}

    group = ModuleType("group")
    group.fewer_units = fewer_units
    monkeypatch.setattr(search, "INTERVENTIONS", table.collect((*table.GROUPS, group)))
    present = sections()
    [found] = [one for one in candidates(present, FACTS) if one.intervention == "fewer_units"]
    assert found.families == ("capacity",) and found.rank.is_recommended
    assert recommended_program(present, FACTS).edit["train.layers"] == [5, 5]


def test_ranks_are_in_order():
    assert sorted(Rank) == list(Rank)
    assert [rank.is_recommended for rank in Rank] == [True, True, True, False, False, False]


def test_families_that_are_asked_for():
    assert resolve_families("all") == families()
    assert resolve_families(["epochs", "loss"]) == ("epochs", "loss")
    assert resolve_families([]) == ()


def test_the_recommended_program_is_a_fixed_point():
    present = sections(**ODD)
    mended = edited(present, recommended_program(present, FACTS).edit)
    assert recommended_program(mended, FACTS).edit == {}
    assert (
        value(mended, "train.optimizer") == "rmsprop" or value(mended, "train.optimizer") == "adam"
    )
    assert value(mended, "train.dropout") == 0
    assert value(mended, "normalize.features") == "standard"


def test_families_follow_the_keys():
    assert families_of({"train.epochs": 3, "train.l2": 0.1}) == ("epochs", "regularization")
