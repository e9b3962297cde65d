"""What cannot be edited without risk is not edited: the reason, with its line, and the lines."""

import time
from dataclasses import replace

import pytest

from stages.lib.artifacts.adopted import ScriptText
from stages.lib.params.edits import edited
from stages.report.patch.fix import fix_of, text_of
from tests.report.patch.patching import BASE, COMMITTED, Shape, fixed, program_of, script_of

SHAPE = Shape("import keras", "list", "array", "data", "name", False, "    ", "\n", True, False)
TEXT, _ = script_of(SHAPE)
SCALED = {"normalize.features": "standard"}
LONGER = {"train.epochs": 7}
RATE = {"train.learning_rate": 0.02}


def without(text: str, *pairs: tuple[str, str]) -> str:
    """The script with parts of it written in another way."""
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new)
    return text


IN_FUNCTION = without(
    TEXT,
    ("model = keras.Sequential([", "def build(rate):\n  model = keras.Sequential(["),
    ("    keras.layers", "      keras.layers"),
    ("])\n", "  ])\n"),
    ('model.compile(loss="binary_crossentropy", optimizer="adam")',
     '  model.compile(loss="binary_crossentropy", optimizer=keras.optimizers.Adam(rate))\n'
     "  return model\nmodel = build(0.001)"),
    ('"""\n  text in   between  \n"""\n', ""),
)  # fmt: skip
REFUSED = {
    "fit twice": (TEXT + "model.fit(x, y, epochs=3)\n", LONGER,
                  "fit is called in lines 23, 30: which of them is meant is not known"),
    "no fit": (without(TEXT, ("model.fit(", "train(model, ")), LONGER, "no call of fit is seen"),
    "a variable that is used elsewhere": (
        without(TEXT, ("epochs=3", "epochs=n"), ("import pandas", "n = 3\nimport pandas"))
        + "print(n)\n", LONGER, "line 26: n is set or used elsewhere too"),
    "an argument of the command line": (
        without(TEXT, ("epochs=3", "epochs=args.epochs")), LONGER,
        "line 25: args.epochs comes from elsewhere"),
    "unpacked arguments": (without(TEXT, ("epochs=3,", "**options,")), LONGER,
                           "line 23: fit's arguments are unpacked from a variable"),
    "built twice with other arguments": (
        IN_FUNCTION + "other = build(0.1)\n", RATE, "rate may differ from call to call"),
    "built in a loop": (
        without(IN_FUNCTION, ("model = build(0.001)", "for rate in (0.1, 0.2):\n  build(rate)")),
        RATE, "rate may differ from call to call"),
    "a rate that a loop goes through": (
        without(TEXT, ('model.compile(loss="binary_crossentropy", optimizer="adam")',
                       "for rate in (0.1, 0.2):\n  model.compile(keras.optimizers.Adam(rate))")),
        RATE, "line 23: rate may differ from call to call"),
    "handed on": (TEXT + "explain(model, x)\n", SCALED, "line 30: model is handed on"),
    "predicts before": (without(TEXT, ("model.fit(", "print(model.predict(x))\nmodel.fit(")),
                        SCALED, "line 23: the model is given rows before fit"),
    "a method that may take rows": (TEXT + "model.train_on_batch(x, y)\n", SCALED,
                                    "line 30: model.train_on_batch may take rows"),
    "in another function": (TEXT + "def f(x):\n  return model.predict(x)\n", SCALED,
                            "line 31: the model is given rows before fit, or in another function"),
    "a data set": (without(TEXT, ("x[:40], y[:40]", "data")), SCALED,
                   "line 23: fit takes a data set, which holds x and y together"),
    "on a line with others": (without(TEXT, ("model.fit(", "a = 1; model.fit(")), SCALED,
                              "line 23: it stands on no line of its own"),
    "more layers than the model has": (
        TEXT + "spare = keras.layers.Dense(3)\n", {"train.activation": "elu"},
        "it has 4 calls of Dense for the 3 of the model"),
    "other layers than the model's": (
        without(TEXT, ("Dense(6", "Dense(7")), {"train.activation": "elu"},
        "line 13: the layers do not stand in the order of the model"),
    "a name that means something else": (
        without(TEXT, ("import numpy", "StandardScaler = None\nimport numpy")), SCALED,
        "it calls something else StandardScaler"),
    "loaded from a file": (
        TEXT + "model.save('m.keras')\nprint(keras.models.load_model('m.keras').predict(x))\n",
        SCALED, "line 31: keras.models.load_model('m.keras') may be a part of the model"),
    "a part of it": (
        TEXT + "half = keras.Model(model.inputs, model.layers[-2].output)\nhalf.predict(x)\n",
        SCALED, "line 31: half may be a part of the model"),
    "a callback's": (
        TEXT + "class C(keras.callbacks.Callback):\n  def on_epoch_end(self, epoch, logs):\n"
        "    self.model.evaluate(x, y)\n", SCALED, "line 32: self.model may be a part"),
    "its epochs in a loop": (
        without(TEXT, ("model.fit(", "for turn in range(3):\n  model.fit(")), LONGER,
        "line 24: fit is called in a loop, which counts its epochs too"),
    "its epochs in a function that a loop calls": (
        without(TEXT, ("model.fit(", "def train():\n  model.fit("),
                ("print(model", "for turn in range(3):\n  train()\nprint(model")), LONGER,
        "line 24: fit may be called again with the same model"),
    "its epochs in a function that gets it": (
        without(TEXT, ("model.fit(", "def train(net):\n  net.fit("),
                ("print(model", "train(model)\ntrain(model)\nprint(model")), LONGER,
        "line 24: fit may be called again with the same model"),
    "no Python": ("print 'a'\n", LONGER, "Python does not read it"),
    "another encoding": ("# coding: latin-1\n" + TEXT, LONGER, "its encoding is latin-1"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_no_edit_without_a_reason(name):
    text, edit, reason = REFUSED[name]
    fix, _ = fixed(text, SHAPE, edit)
    assert not fix.diff
    assert reason in fix.reason
    written = text_of(fix, "train.py")
    assert all(line.startswith("# ") for line in written.splitlines())
    assert any("+ " in line for line in written.splitlines())


def test_the_same_scripts_are_edited_where_nothing_stands_in_the_way():
    assert fixed(TEXT, SHAPE, SCALED | LONGER | RATE)[0].diff
    fix, _ = fixed(IN_FUNCTION, SHAPE, RATE)
    assert "+  model.compile(" in fix.diff


ONE_TRAINING = {
    "a model for each turn": without(
        TEXT,
        ("model = keras.Sequential([", "for fold in range(3):\n  model = keras.Sequential(["),
        ('"""\n  text in   between  \n"""\n', ""), ("model.compile(", "  model.compile("),
        ("model.fit(", "  model.fit("),
    ),
    "a function that is called once": without(
        TEXT, ("model.fit(", "def train(net):\n  net.fit("),
        ("print(model", "def main():\n  train(model)\nmain()\nprint(model"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ONE_TRAINING)
def test_epochs_are_edited_where_they_are_all_of_a_training(name):
    fix, _ = fixed(ONE_TRAINING[name], SHAPE, LONGER)
    assert "+    epochs=7,  # few" in fix.diff, fix.reason


def test_another_packages_predictions_stand_in_no_way():
    more = (
        "from sklearn.linear_model import LogisticRegression\n"
        "other = LogisticRegression().fit(x, y)\n"
        "print(other.predict(x), LogisticRegression(C=2.0).fit(x, y).predict(x))\n"
    )
    assert "other.predict(scaler" not in fixed(TEXT + more, SHAPE, SCALED)[0].diff
    assert fixed(TEXT + more, SHAPE, SCALED)[0].diff


def test_an_import_stands_before_the_decorators_of_what_comes_first():
    lines = TEXT.replace('"""\n  text in   between  \n"""\n', "").splitlines()
    head = ["@print", "def main():", "  import keras, numpy as np, pandas as pd"]
    text = "\n".join([*head, *(f"  {line}" for line in lines[3:])]) + "\n"
    diff = fixed(text, SHAPE, SCALED)[0].diff
    at = diff.index("+from sklearn.preprocessing import StandardScaler\n @print\n")
    assert "--- " in diff[:at]


def test_a_line_that_looks_like_a_header_is_a_line():
    """`-- a` less a line of a diff is what git writes before a file's name."""
    text = without(
        TEXT, ("epochs=3,  # few", "epochs=3\n-- a\n- 0,"), ("import p", "a = 0\nimport p")
    )
    diff = fixed(text, SHAPE, LONGER)[0].diff
    assert diff.startswith("--- a/a folder/train.py\t\n+++ b/a folder/train.py\t\n")
    assert "\n--- a\n" in diff


def test_predictions_that_come_to_mean_something_else():
    logits = without(
        TEXT, ('Dense(1, activation="sigmoid")', "Dense(1)"),
        ('"binary_crossentropy"', "keras.losses.BinaryCrossentropy(from_logits=True)"),
    )  # fmt: skip
    before = edited(
        COMMITTED, BASE | {"train.from_logits": True, "train.output_activation": "linear"}
    )
    after = edited(COMMITTED, BASE | {"train.from_logits": False})
    script = ScriptText(path="train.py", source=logits, named=False, applied=[])
    programs = program_of(before, SHAPE), program_of(after, SHAPE)
    assert "line 28: what is predicted there comes" in fix_of(script, *programs).reason
    silent = script.model_copy(update={"source": logits.replace("print(model", "#")})
    assert '+    keras.layers.Dense(1, activation="sigmoid"),' in fix_of(silent, *programs).diff


@pytest.mark.parametrize(
    "path", ["a\nb.py", 'say "a".py', "a\\b.py", "../train.py", "/etc/train.py", "täst.py", "-x.py"]
)
def test_a_name_that_no_header_holds(path):
    program = program_of(edited(COMMITTED, BASE), SHAPE)
    longer = program_of(edited(COMMITTED, BASE | LONGER), SHAPE)
    script = ScriptText.model_construct(path=path, source=TEXT, named=False, applied=[])
    fix = fix_of(script, program, longer)
    assert "file name has characters" in fix.reason


def test_layers_of_a_model_that_is_no_chain_are_changed_by_hand():
    """An edit of train.model has no lines in the script that a patch could tell."""
    model = {"train.model.file": "data/programs/adopted.json", "train.output_units": 7}
    before = edited(COMMITTED, BASE | model)
    script = ScriptText(path="train.py", source=TEXT, named=False, applied=[])

    def fix(edit):
        programs = (program_of(one, SHAPE) for one in (before, edited(before, edit)))
        return fix_of(script, *(replace(one, units=1) for one in programs))

    wider = fix({"train.model.width": 4.0, **RATE})
    assert not wider.diff
    assert "by hand" in wider.reason
    assert [part.title for part in wider.by_hand] == ["layers of the model", "optimizer"]
    # What its loss and outputs are is not asked of the chain's keys that are left.
    assert "learning_rate=0.02" in fix(RATE).diff
    assert [part.title for part in fix({"train.loss": "auto", **LONGER}).by_hand] == []


def test_without_a_source_the_lines_stand_alone():
    program = program_of(edited(COMMITTED, BASE), SHAPE)
    longer = program_of(edited(COMMITTED, BASE | LONGER), SHAPE)
    for script in (None, ScriptText(path="a.py", source=None, named=False, applied=[])):
        fix = fix_of(script, program, longer)
        assert not fix.diff
        assert [part.title for part in fix.by_hand] == ["fit"]
    assert fix_of(None, program, program).reason == "nothing is prescribed"
    assert not fix_of(None, program, replace(program)).by_hand


@pytest.mark.parametrize(
    "text",
    ["(" * 3000, "x = " + "-" * 5000 + "1\n" + TEXT, "\0" + TEXT, "f" * 2**20],
    ids=["open", "nested", "null", "long"],
)
def test_a_hostile_source_is_refused_in_time(text):
    begun = time.monotonic()
    fix, _ = fixed(text, SHAPE, LONGER)
    assert fix.diff or fix.reason
    assert time.monotonic() - begun < 60


def test_nothing_of_a_shown_diff_is_obeyed():
    """Control characters of a script reach the patch, which has to be exact, and no page."""
    text = without(TEXT, ("# few", "# \x1b[31mfew\u202e"))
    fix, _ = fixed(text, SHAPE, LONGER)
    assert "# \x1b[31mfew\u202e\n" in fix.diff
    assert all(line.isprintable() for line in fix.shown)
    assert any(r"\x1b[31mfew\u202e" in line for line in fix.shown)


SCHEDULED = without(
    TEXT, ("import pandas", "from keras.callbacks import LearningRateScheduler\nimport pandas"),
    ("epochs=3,", "epochs=3, callbacks=[drop],"),
    ("model.fit(", "drop = LearningRateScheduler(lambda epoch: 0.1)\nmodel.fit("),
)  # fmt: skip


def test_a_scheduler_that_would_set_its_own_rates_goes_with_the_optimizer():
    """Keras lets it set the rate before every epoch, and raises over a schedule of keras'."""
    fix, _ = fixed(SCHEDULED, SHAPE, RATE)
    assert "-    epochs=3, callbacks=[drop]," in fix.diff
    assert "+    epochs=3, callbacks=[]," in fix.diff
    assert "callbacks=[]" not in fixed(SCHEDULED, SHAPE, {"train.dropout": 0.25})[0].diff
    elsewhere = without(SCHEDULED, ("callbacks=[drop]", "callbacks=options"))
    assert "callbacks are no list that is written there" in fixed(elsewhere, SHAPE, RATE)[0].reason
