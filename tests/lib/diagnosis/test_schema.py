"""diagnosis.json from anywhere: fit to be read, or refused in a line."""

import copy
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.lib.core.errors import UserError
from stages.lib.diagnosis import schema
from stages.lib.diagnosis.summary import summary
from tests.conftest import ROOT, lead
from tests.junk import JUNK, places

CONTENT = json.loads((ROOT / "reports/diagnosis.json").read_text())


def test_what_dvc_repro_wrote_is_read():
    assert schema.parse(CONTENT, "x").lead.loss.run == lead(CONTENT)["loss"]["run"]


@settings(max_examples=400)
@given(st.data())
def test_a_harmed_file_is_refused_in_one_line_or_can_be_summed_up(data):
    content = copy.deepcopy(CONTENT)
    *way, last = data.draw(st.sampled_from(places(content)))
    node = content
    for key in way:
        node = node[key]
    if data.draw(st.booleans()) and isinstance(node, dict):
        del node[last]
    else:
        node[last] = data.draw(JUNK)
    try:
        checked = schema.parse(content, "reports/diagnosis.json")
    except UserError as error:
        assert str(error).startswith("reports/diagnosis.json: ")
    else:
        assert summary(checked)


@pytest.mark.parametrize(
    "content", [None, [], {}, {"schema": 1}, {"schema": 4.0}, {"schema": True}]
)
def test_another_version_is_named(content):
    with pytest.raises(UserError, match="expected schema 4"):
        schema.parse(content, "x")


def test_no_character_that_a_terminal_would_obey_is_printed():
    content = copy.deepcopy(CONTENT)
    content["about"][0]["unit"] = "nats\x1b[2J\u202e"
    assert all(line.isprintable() for line in summary(schema.parse(content, "x")).splitlines())
