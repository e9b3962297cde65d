"""The promises' tables and arithmetic, without any training."""

import json

import numpy as np
import pytest

from stages.lib import params
from tests.bench.logs import append, code, read
from tests.bench.promises.report import kept, markdown
from tests.bench.promises.tables import TABLES
from tests.conftest import content_of

SHORT = {"rows": 100, "rows_of": 100, "epochs_share": 0.5, "splits": 1}
EXPECTED = {"loss": 0.5, "low": 0.4, "high": 0.6}


def record(state: str = "done", **more) -> dict:
    budget = {"rows": 100, "rows_of": 100, "epochs_share": 1.0, "splits": 1}
    plain = {"name": "wine", "seed": 1, "state": state, "before": 0.9, "budget": budget}
    return plain | {"full_size": None, "expected": EXPECTED, "edit": {"train.l2": 0.0}} | more


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_a_tables_program_is_one_that_params_allow(table):
    params.check(content_of(**table.changes))
    if table.write is not None:
        rows = table.write(np.random.default_rng(1))
        assert table.changes["data.file.target"] in rows
        assert rows.equals(table.write(np.random.default_rng(1)))


@pytest.mark.parametrize(
    ("obtained", "inside"), [(0.4, True), (0.6, True), (0.399, False), (0.61, False), (None, False)]
)
def test_inside_is_between_the_ends(obtained, inside):
    assert kept(record(obtained=obtained)) is inside


def test_the_summary_counts_each_kind():
    records = [
        record(obtained=0.5),
        record(obtained=0.3),
        record(obtained=None),
        record(obtained=0.7, budget=SHORT),
        record("nothing"),
        record("failed", reason="Traceback\nKeyError: 3"),
    ]
    text = markdown(records, "command")
    assert "6 runs; nothing was prescribed in 1." in text
    assert "| all | 4 | 1 | 25% (1% to 81%) | 1 | 1 | 1 |" in text
    assert "| searched with fewer steps | 1 | 0 | 0% (0% to 98%) | 0 | 1 | 0 |" in text
    assert "| wine | 1 | KeyError: 3 |" in text


def test_records_of_other_code_and_cut_lines_are_passed_over(tmp_path):
    log = tmp_path / "new" / "log.jsonl"
    append(log, {"code": "a", "name": 1})
    append(log, {"code": "b", "name": 2})
    with log.open("a") as file:
        file.write(json.dumps({"code": "a", "name": 3})[:-4])
    assert list(read(log, "a")) == [{"code": "a", "name": 1}]
    assert list(read(tmp_path / "none", "a")) == []


def test_code_differs_between_folders():
    assert code("tests/bench/null") != code("tests/bench/promises")
