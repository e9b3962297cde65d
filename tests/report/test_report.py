"""The report, seen in a real browser: as it is, and with names made to break it."""

import html
import shutil
import sys
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.lib.core.errors import UserError, escaped
from stages.lib.core.json_files import read_json
from stages.lib.transforms import frame
from stages.report.contents import SECTIONS
from stages.report.markdown import code, plain
from stages.report.run import scales
from stages.report.wording import shorten
from tests.cards import card_of
from tests.conftest import digests, edit_params, lead, run, run_stages, settings
from tests.report.browsing import browser_needed, look, opened

HOSTILE = [
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\"'`quoted\"' & <b>",
    "\u202eright to left\u202c",
    "long " * 60,
    "$x$ and $\\frac{1}{0}$",
    "col | umn",
    "\x1b]0;title\x07\x1b[31mred",
    "\x9b31m and \x7f",
    "{{ 7 * 7 }}",
]


@pytest.mark.slow
@browser_needed
def test_a_page_with_a_proven_cause(browser, finished_run):
    edit_params(
        finished_run,
        **{
            "data.synthetic.rows": 1000,
            "train.layers": [16],
            "train.epochs": 10,
            "diagnose.families": ["input_normalization"],
            "diagnose.seeds": 4,
        },
    )
    run_stages(finished_run)
    assert lead(read_json(finished_run / "reports/diagnosis.json"))["prescription"]
    look(browser, finished_run)


@pytest.fixture(scope="module")
def hostile_run(tiny_run, tmp_path_factory) -> Path:
    """A table whose columns, classes and target are called what a stranger likes."""
    folder = Path(shutil.copytree(tiny_run, tmp_path_factory.mktemp("hostile") / "repository"))
    rng = np.random.default_rng(0)
    rows = 240
    table = pd.DataFrame({name: rng.normal(size=rows) for name in HOSTILE[:-1]})
    table["<b>customer</b> id"] = range(rows)
    table[HOSTILE[-1]] = rng.choice(HOSTILE[:3], rows)
    target = "target <svg onload=alert(2)>"
    table[target] = np.where(
        table[HOSTILE[0]] > 0,
        "<script>alert(3)</script>",
        np.where(table[HOSTILE[1]] > 0, "b$_$", "c\x1b[2J"),
    )
    (folder / "data/inputs/hostile.csv").write_text(table.to_csv(index=False))
    edit_params(
        folder,
        **{"data.source": "file", "data.file.path": "data/inputs/hostile.csv",
           "data.file.target": target},
    )  # fmt: skip
    run_stages(folder)
    return folder


@pytest.mark.in_turn
@browser_needed
def test_hostile_names_stay_text(browser, hostile_run):
    look(browser, hostile_run)
    page = opened(browser, hostile_run / "reports/index.html", 1100, "light")
    assert page.evaluate("document.scripts.length") == 0
    assert page.evaluate("[...document.images].every(one => one.src.startsWith('data:'))")
    shown = page.eval_on_selector_all("ul.columns bdi", "all => all.map(one => one.textContent)")
    assert shown == [
        escaped(column["name"])
        for column in read_json(hostile_run / "data/raw/card.json")["columns"]
    ]
    left = page.eval_on_selector_all("#left-out li", "all => all.map(one => one.textContent)")
    assert left == ["<b>customer</b> id: it counts the rows"]
    rows = page.eval_on_selector_all(
        "#columns-table tbody tr", "all => all.map(one => one.innerText)"
    )
    assert len(rows) == len(HOSTILE) + 2
    assert [row for row in rows if "data.file.keep keeps it" in row and "customer" in row]
    text = (hostile_run / "reports/diagnosis.md").read_text()
    assert "<script" not in text and "<img" not in text


def test_control_characters_are_escaped(hostile_run):
    """Whoever prints a page on a terminal, or copies a name out of it, gets no commands."""
    for name in ("index.html", "diagnosis.md", "diagnosis.svg"):
        text = (hostile_run / "reports" / name).read_text()
        assert {c for c in text if not c.isprintable()} <= {"\n"}, name
    page = (hostile_run / "reports/index.html").read_text()
    assert r"<bdi>\x1b]0;title\x07\x1b[31mred</bdi>" in page
    assert r"<bdi>\u202eright to left\u202c</bdi>" in page


def test_no_tag_but_the_template_s_own(hostile_run):
    class Tags(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.found: set[str] = set()
            self.links: list[str] = []

        def handle_starttag(self, tag, attrs) -> None:
            self.found.add(tag)
            self.links += [link for name, link in attrs if name == "href"]
            assert not any(name.startswith("on") or name == "style" for name, _ in attrs)

    tags = Tags()
    tags.feed((hostile_run / "reports/index.html").read_text())
    assert not tags.found & {"script", "svg", "iframe", "object", "link", "b", "form"}
    # Within the page only.
    assert tags.links == [f"#{section.name}" for section in SECTIONS]


@pytest.mark.slow
@browser_needed
@pytest.mark.parametrize(
    "changes",
    [
        {"data.source": "bundled", "data.bundled.dataset": "wine"},
        {"data.source": "bundled", "data.bundled.dataset": "digits"},
        {"data.source": "bundled", "data.bundled.dataset": "diabetes"},
        {"data.synthetic.scenario": "heavy_tail"},
        {"data.synthetic.scenario": "coin_flips"},
        {"data.synthetic.scenario": "friedman", "train.optimizer": "sgd",
         "train.learning_rate": 1e6},
        {"data.synthetic.scenario": "tags", "data.synthetic.targets": 30},
        {"data.synthetic.scenario": "responses", "data.synthetic.targets": 8},
        {"data.synthetic.scenario": "responses", "train.optimizer": "sgd",
         "train.learning_rate": 1e6},
    ],
    ids=["multiclass", "ten_classes", "regression", "heavy_tail", "noise", "diverged", "labels",
         "numbers", "diverged_numbers"],
)  # fmt: skip
def test_every_task_has_its_page(browser, finished_run, changes):
    edit_params(
        finished_run,
        **changes,
        **{"diagnose.families": ["learning_rate", "input_normalization"], "train.epochs": 5},
    )
    run_stages(finished_run)
    look(browser, finished_run)
    diverged = read_json(finished_run / "reports/metrics.json")["training"]["diverged"]
    text = (finished_run / "reports/index.html").read_text()
    assert ("This training diverged" in text) == bool(diverged)


@pytest.mark.slow
def test_a_column_that_gives_the_target_away_comes_first(finished_run):
    """In the terminal, in the Markdown and on the page, until it is kept by name."""
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.standard_normal((300, 2)), columns=["size", "rooms"])
    table["price"] = table["size"] + rng.standard_normal(300)
    table["price_code"] = 2 * table["price"] + 3
    table.to_csv(finished_run / "data/inputs/t.csv", index=False)
    edit_params(
        finished_run,
        **{"data.source": "file", "data.file.path": "data/inputs/t.csv",
           "data.file.target": "price"},
    )  # fmt: skip
    run_stages(finished_run)
    edit = 'data.file.ignore=["price_code"]'
    first = f"'price_code' gives the target away; leave it out: {edit}."
    said = run(finished_run, sys.executable, "-m", "stages", "show").stdout
    assert said.splitlines()[0] == first
    text = (finished_run / "reports/diagnosis.md").read_text()
    assert text.splitlines()[0].startswith("**'price\\_code' gives the target away; leave it out")
    assert f"dvc exp run -S '{edit}'" in text
    page = html.unescape((finished_run / "reports/index.html").read_text())
    assert f"<h1>{first}" in page
    assert f"<code>dvc exp run -S '{edit}'</code>" in page
    assert "Nothing else until <bdi>price_code</bdi> is left out (above), or kept" in page

    edit_params(finished_run, **{"data.file.keep": ["price_code"]})
    run_stages(finished_run)
    said = run(finished_run, sys.executable, "-m", "stages", "show").stdout
    assert "price_code" not in said.splitlines()[0]
    assert "leave-out" not in (finished_run / "reports/index.html").read_text()

    edit_params(finished_run, **{"data.file.keep": [], "data.file.ignore": ["price_code"]})
    run_stages(finished_run)
    assert read_json(finished_run / "data/raw/card.json")["ignored"] == ["price_code"]
    assert "LL209" not in run(finished_run, sys.executable, "-m", "stages", "show").stdout


def test_the_same_run_gives_the_same_bytes(finished_run):
    before = digests(finished_run / "reports")
    assert {"index.html", "diagnosis.md", "diagnosis.svg"} <= set(before)
    run_stages(finished_run, "report")
    assert digests(finished_run / "reports") == before


def test_missing_diagnosis_is_one_line(finished_run):
    (finished_run / "reports/diagnosis.json").unlink()
    with pytest.raises(UserError, match=r"^reports/diagnosis\.json: expected this file to exist"):
        run_stages(finished_run, "report")


@given(st.text(max_size=400), st.integers(4, 60))
def test_a_short_name_is_one_line_of_printable_characters(name, most):
    found = shorten(name, most)
    assert 0 < len(found) <= max(most, len("(blank)"))
    assert found.isprintable()


@given(st.text(max_size=60))
def test_code_and_plain_text_hold_no_markup(text):
    assert "\n" not in code(text)
    fence = code(text)[: len(code(text)) - len(code(text).lstrip("`"))]
    assert fence not in code(text)[len(fence) : -len(fence)]
    shown = plain(text)
    assert "<" not in shown.replace("\\<", "") and "`" not in shown.replace("\\`", "")


def test_scales_are_the_columns_quantiles():
    raw = pd.DataFrame({"a": [0.0, 1.0, 2.0, 3.0, 4.0], "b": ["x"] * 5})
    columns = [{"name": "a", "kind": "numeric"}, {"name": "b", "kind": "categorical"}]
    card = card_of(targets=["y"], columns=columns)
    state = frame.fit(raw.assign(y="no"), card, settings().normalize)
    inputs = np.stack([raw["a"].to_numpy() - 2, np.ones(5)], axis=1).astype("float32")
    [row] = scales(raw, inputs, state).to_dict("records")
    assert row["name"] == "a"
    assert (row["before_0.5"], row["after_0.5"], row["before_0.25"]) == (2.0, 0.0, 1.0)
