"""A new scenario and a new bundled data set are one entry each: everything else follows."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from stages.generate.__main__ import main as generate
from stages.generate.bundled import BUNDLED
from stages.generate.laws import Normal, Posterior
from stages.generate.scenarios import SCENARIOS, Draw, Scenario, Stated
from stages.lib import params
from stages.lib.artifacts.bayes import read_bayes
from stages.lib.artifacts.card import read_card
from stages.lib.core.errors import UserError
from stages.lib.params.schema_json import json_schema
from stages.tools.schema.__main__ import NAMES
from tests.conftest import ROOT, changed

SOURCES = {
    "data.synthetic.scenario": {"data.source": "synthetic"},
    "data.bundled.dataset": {"data.source": "bundled"},
}


@pytest.fixture
def workplace(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def configure(key: str, name: str, **changes) -> None:
    content = changed(
        params.read(ROOT / "params.yaml"),
        {"data.synthetic.rows": 300, key: name, **SOURCES[key], **changes},
    )
    Path("params.yaml").write_text(yaml.safe_dump(content))


def read(name: str) -> dict:
    return json.loads(Path(name).read_text())


def staircase(draw: Draw) -> Stated:
    """A target that rises by steps, with normal noise."""
    x = draw.rng.uniform(size=(draw.rows, draw.columns))
    inputs = {f"x{k}": x[:, k] for k in range(draw.columns)}
    noise = np.full((draw.rows, 1), draw.params.noise_sd)
    return inputs, Normal(np.floor(4 * x[:, :1]), noise)


def thirds(draw: Draw) -> Stated:
    """Three classes of these shares, whatever the inputs."""
    inputs = {f"x{k}": draw.rng.uniform(size=draw.rows) for k in range(draw.columns)}
    return inputs, Posterior(np.tile(draw.shares, (draw.rows, 1)))


def test_a_scenario_of_numbers(workplace, monkeypatch):
    monkeypatch.setitem(SCENARIOS, "staircase", Scenario(staircase, least=1, constant=True))
    configure("data.synthetic.scenario", "staircase", **{"data.synthetic.noise_sd": 0.5})
    generate()
    card = read("data/raw/card.json")
    assert (card["name"], card["task"], len(card["columns"])) == ("staircase", "regression", 6)
    assert card["floor"]["population"] == {"value": 0.25, "standard_error": 0.0}
    # The variance of the steps 0 to 3 is 1.25.
    assert card["chance"]["train"] == pytest.approx(1.5, rel=0.2)
    profile = read("reports/data.json")
    assert profile["rows"] == {"train": 180, "validation": 60, "test": 60}
    assert profile["columns"]["numeric"] == 6
    truth = pd.read_parquet("data/raw/truth/test.parquet")
    assert set(truth["mean"]) == {0.0, 1.0, 2.0, 3.0}
    # Row by row what the steps themselves cost on the numbers that were drawn, and no column.
    losses = read_bayes("data/raw/bayes.parquet", read_card("data/raw/card.json"))
    rows = pd.read_parquet("data/raw/test.parquet")
    assert losses["test"] == pytest.approx((rows["target"] - truth["mean"]) ** 2)
    assert losses["train"].mean() == pytest.approx(0.25, rel=0.3)
    assert list(rows) == [*(f"x{k}" for k in range(6)), "target"]


def test_a_scenario_of_a_number_of_classes_of_its_own(workplace, monkeypatch):
    entry = Scenario(thirds, least=1, classes=lambda section: 3, constant=True)
    monkeypatch.setitem(SCENARIOS, "thirds", entry)
    configure("data.synthetic.scenario", "thirds")
    generate()
    card = read("data/raw/card.json")
    assert (card["task"], card["classes"]) == ("multiclass", ["0", "1", "2"])
    assert card["floor"]["test"]["value"] == pytest.approx(np.log(3))
    configure("data.synthetic.scenario", "thirds", **{"data.synthetic.class_shares": [0.5, 0.5]})
    with pytest.raises(UserError, match="class_shares: expected 3 shares that sum to 1 for thirds"):
        generate()


def test_a_scenario_may_read_every_column(workplace, monkeypatch):
    """The floor of the population is of as many columns as the table has."""
    seen = []

    def wide(draw: Draw) -> Stated:
        seen.append(draw.columns)
        return staircase(draw)

    for reads_every_column in (False, True):
        entry = Scenario(wide, least=2, constant=True, reads_every_column=reads_every_column)
        monkeypatch.setitem(SCENARIOS, "wide", entry)
        configure("data.synthetic.scenario", "wide", **{"data.synthetic.features": 7})
        generate()
    assert seen == [7, 2, 7, 7]


def test_a_bundled_data_set(workplace, monkeypatch):
    monkeypatch.setitem(BUNDLED, "halves", lambda: BUNDLED["wine"]())
    configure("data.bundled.dataset", "halves")
    generate()
    assert read("data/raw/card.json")["rows"] == {"train": 106, "validation": 36, "test": 36}
    assert read_bayes("data/raw/bayes.parquet", read_card("data/raw/card.json")) is None


@pytest.mark.parametrize("key", SOURCES)
def test_its_name_is_known_to_messages_and_editors(key, workplace, monkeypatch):
    table = NAMES[key]
    monkeypatch.setitem(table, "quincunx", next(iter(table.values())))
    configure(key, "quincnx")
    with pytest.raises(UserError) as mistake:
        generate()
    line = str(mistake.value)
    assert line.startswith(f"params.yaml: {key}: expected one of ")
    assert line.endswith("quincunx. Received: 'quincnx'; did you mean 'quincunx'?")
    assert not Path("data").exists()
    definition = {"data.synthetic.scenario": "Synthetic", "data.bundled.dataset": "Bundled"}[key]
    names = json_schema(NAMES)["$defs"][definition]["properties"][key.rpartition(".")[2]]["enum"]
    assert names == list(table)
    assert names[-1] == "quincunx"
