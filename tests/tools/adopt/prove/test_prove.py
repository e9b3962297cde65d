"""Patches keep their promise in plain Keras, for scripts of many shapes."""

import re
import shutil
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.tools.adopt.adoption import SCRIPTS, workplace
from tests.tools.adopt.prove.proving import diagnosed, differences, prescribed, proven

# What of each is to be seen in its patch: a line that goes, and one that comes.
SCRIPTS_TO_PROVE = {
    "frame_with_regions": ("-model.fit(", ").fit(x_fit[:rows_2])"),
    "whole_numbers": ("-model.fit(", "+target_scaler = "),
    "in_a_function": ("-\toptimizer = Adam(0.5)\r\n", "+\toptimizer = Adam("),
    "raw_income": ("-model.fit(", "+scaler = StandardScaler().fit(x_train)"),
    "few_steps": ("-", "+"),
    "heavy_dropout": ("-        L.Dropout(0.9),", "+"),
    "stops_at_once": ("-", "+"),
    "in_order": ("-model.fit(", "+model.fit("),
    "five_folds": ("-    model.fit(", "+    scaler = "),
    "four_rows": ("-model.compile(", "+model.compile("),
    "one_column": ("-model.fit(", "+target_scaler = "),
    "tiny_rate": ("-    optimizer=tf.keras.optimizers.SGD(", "+    optimizer=tf.keras.optimizers."),
    "one_softmax": ("-model.add(Activation(", "+"),
    "wide_weights": ("-            kernel_initializer=", "+"),
    "prices": ("-model.fit(", "+target_scaler = "),
    "rare_class": ("-    class_weight={0: 1.0, 1: 40.0},", ""),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", SCRIPTS_TO_PROVE)
def test_the_patch_keeps_its_promise_in_plain_keras(name, tmp_path):
    folder = workplace(tmp_path / "work")
    script = Path(shutil.copy(SCRIPTS / f"{name}.py", tmp_path))
    if name == "in_a_function":  # as another editor may have left it
        text = script.read_text().replace("    ", "\t").replace("\n", "\r\n")
        script.write_bytes(text.removesuffix("\r\n").encode())
    diagnosed(folder, script, 20 if name == "raw_income" else 10)
    patch = (folder / "reports/fix.patch").read_bytes().decode()
    print(patch)
    gone, new = SCRIPTS_TO_PROVE[name]
    assert gone in patch
    assert new in patch
    shown = proven(folder, script)
    print(shown.text)
    assert shown.proof.kept, shown.text
    if name == "raw_income":  # numbers may differ in their last digits elsewhere
        text = (ROOT / "stages/tools/adopt/README.md").read_text()
        block = text.split("<!-- prove -->\n```\n")[1].split("\n```")[0]
        assert re.sub(r"\d", "0", shown.text) == re.sub(r"\d", "0", block)
    assert not differences(tmp_path, shown.case.after, script.name, prescribed(folder))
