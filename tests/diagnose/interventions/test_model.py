"""Edits of a Keras model: only of what it has, and none of a chain."""

from dataclasses import replace

import pytest

from stages.diagnose.interventions.candidates import candidates, recommended_program
from stages.diagnose.interventions.entry import Facts
from stages.lib.keras_fit.facts import ModelFacts
from stages.lib.params.edits import Edit, Sections, edited
from stages.lib.params.model import CHAIN_KEYS
from tests.cards import task_of
from tests.conftest import content_of

PLAIN = ModelFacts(
    codes=("shop",),
    activations=("relu", "relu"),
    kernels=("glorot_uniform", "glorot_uniform"),
    rates=(),
    penalized=False,
    widths=(32, 32),
    output_activation="linear",
    units=1,
)


def sections(**changes) -> Sections:
    content = content_of(**{"train.model.file": "data/programs/mine.json", **changes})
    return {name: content[name] for name in ("normalize", "train")}


def facts(kind: str = "regression", **model) -> Facts:
    task = task_of(kind, 3) if kind == "multiclass" else task_of(kind)
    return Facts(rows=1000, task=task, categorical=False, skewness=0.0,
                 model=replace(PLAIN, **model))  # fmt: skip


def edits(given: Facts, **changes) -> list[Edit]:
    return [candidate.edit for candidate in candidates(sections(**changes), given)]


def of_model(proposed: list[Edit]) -> list[Edit]:
    return [edit for edit in proposed if any(key.startswith("train.model.") for key in edit)]


def test_classes_as_codes_are_no_other_loss_than_classes_as_shares():
    given = facts("multiclass", output_activation="softmax", units=3)
    for changes in ({}, {"train.loss": "sparse_categorical_crossentropy"}):
        assert not any("train.loss" in edit for edit in edits(given, **changes))
    unfit = {"train.loss": "mean_squared_error"}
    assert any("train.loss" in edit for edit in edits(given, **unfit))


def test_nothing_of_a_chain_is_tried():
    chain = {f"train.{key}" for key in CHAIN_KEYS}
    for edit in edits(facts(), **{"train.dropout": 0.9, "train.activation": "sigmoid"}):
        assert not chain & set(edit)
    # Of a chain, nothing of a model.
    content = content_of()
    own = {name: content[name] for name in ("normalize", "train")}
    assert not of_model([c.edit for c in candidates(own, replace(facts(), model=None))])


def test_whatever_scales_inputs_leaves_codes_alone():
    scaling = [edit for edit in edits(facts()) if "normalize.features" in edit]
    assert scaling
    for edit in scaling:
        after = edited(sections(), edit)["normalize"]
        assert after["columns"] == {"shop": "none"}
    assert {"normalize.features": "standard", "normalize.columns": {"shop": "none"}} in scaling
    # Once they are scaled so, no edit is left that would change nothing else.
    mended = {"normalize.features": "standard", "normalize.columns": {"shop": "none"}}
    assert not [e for e in edits(facts(), **mended) if e.get("normalize.features") == "standard"]


def test_only_what_a_layer_has_is_edited():
    found = of_model(edits(facts()))
    keys = {key.removeprefix("train.model.") for edit in found for key in edit}
    assert keys == {"activation", "l2", "width"}
    bare = facts(activations=(), kernels=(), widths=(), output_activation="")
    assert of_model(edits(bare)) == []


@pytest.mark.parametrize(
    ("model", "edit"),
    [
        ({"activations": ("sigmoid", "relu")}, {"train.model.activation": "relu"}),
        ({"rates": (0.0, 0.9)}, {"train.model.dropout": 0.0}),
        ({"penalized": True}, {"train.model.l2": 0.0}),
        ({"kernels": ("random_normal",)}, {"train.model.kernel_initializer": "he_normal"}),
        ({"widths": (2, 16)}, {"train.model.width": 4.0}),
        ({"widths": (256,)}, {"train.model.width": 0.25}),
    ],
)
def test_what_is_unusual_is_edited(model, edit):
    assert edit in edits(facts(**model))


def test_the_output_is_matched_to_the_task():
    auto = {"train.model.output_activation": "auto"}
    assert auto in edits(facts(output_activation="relu"))
    assert auto not in edits(facts(output_activation="linear"))
    classes = facts("multiclass", output_activation="sigmoid", units=3)
    assert auto in edits(classes)
    assert auto not in edits(replace(classes, model=replace(PLAIN, output_activation="softmax",
                                                            units=3)))  # fmt: skip
    # An output that is a sum has no activation to edit.
    assert not of_model([e for e in edits(facts(output_activation="")) if "output" in str(e)])


def test_a_width_is_a_factor_of_the_file_not_of_the_last_edit():
    wider = [e["train.model.width"] for e in edits(facts(), **{"train.model.width": 2.0})
             if "train.model.width" in e]  # fmt: skip
    assert wider == [8.0, 0.5]


def test_the_recommended_program_is_one_of_models_too():
    given = facts(activations=("sigmoid",), rates=(0.9,))
    program = recommended_program(sections(**{"train.learning_rate": 3.0}), given)
    assert program.edit["train.model.activation"] == "relu"
    assert program.edit["train.model.dropout"] == 0.0
    assert program.edit["train.learning_rate"] == 0.001
    assert not {f"train.{key}" for key in CHAIN_KEYS} & set(program.edit)
