"""A figure is one file: entering it puts it on the page, in its section."""

import pandas as pd
import pytest

from stages.lib.artifacts.card import read_card
from stages.lib.artifacts.metrics import read_metrics
from stages.lib.artifacts.plots import PLOTS, read_plot
from stages.lib.artifacts.rows import read_rows
from stages.lib.artifacts.training import read_history, read_probes
from stages.lib.diagnosis import evidence, schema
from stages.lib.params.families import not_tried
from stages.report import figures
from stages.report.contents import SECTIONS
from stages.report.gallery import discover_figures, draw_figures
from stages.report.markdown import markdown
from stages.report.page import html
from stages.report.run import QUANTILES, Run
from tests.conftest import ROOT

NEW_FIGURE = """
from stages.report.gallery import ReportFigure


def draw(run, canvas):
    figure, [axes] = canvas.panels(1, 1.0)
    axes.plot([0, 1], [0, run.diagnosis.lead.loss.chance])
    return figure


FIGURE = ReportFigure(
    name="slope",
    section="training",
    order=15,
    title="From nothing to chance",
    about="A line.",
    draw=draw,
    alt=lambda run: "It rises.",
)
"""


@pytest.fixture(scope="module")
def tiny(tiny_run) -> Run:
    """The tiny run as the report reads it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tiny_run)
        card = read_card("data/raw/card.json")
        diagnosis = schema.read()
        return Run(
            diagnosis=diagnosis,
            evidence=evidence.read(diagnosis.lead),
            test_rows=read_rows("data/raw/test.parquet", card, "test").whole(),
            metrics=read_metrics("reports/metrics.json", card),
            card=card,
            sections={"data": {}, "normalize": {}, "train": {}, "diagnose": {}},
            history=read_history("data/training/history.csv"),
            probes=read_probes("data/training/probes.csv"),
            plots={name: read_plot(f"data/plots/{name}.csv", name) for name in PLOTS},
            scales=pd.DataFrame(
                [], columns=["name", *(f"{w}_{q}" for w in ("before", "after") for q in QUANTILES)]
            ),
        )


def test_each_file_is_one_figure_of_a_known_section():
    names = {figure.name for figure in discover_figures()}
    folder = ROOT / "stages/report/figures"
    assert names == {file.stem for file in folder.glob("*.py")} - {"__init__"}
    assert {figure.section for figure in discover_figures()} <= {one.name for one in SECTIONS}


@pytest.mark.in_turn
def test_a_new_file_is_a_new_figure_on_the_page(tiny, tmp_path, monkeypatch):
    (tmp_path / "slope.py").write_text(NEW_FIGURE)
    before = html(tiny)
    monkeypatch.setattr(figures, "__path__", [*figures.__path__, str(tmp_path)])
    page = html(tiny)
    assert "From nothing to chance" not in before
    assert page.count("<figure>") == before.count("<figure>") + 1
    curves, slope, layers = (
        page.index(f"<h3>{title}</h3>")
        for title in ("Loss by epoch", "From nothing to chance", "Layer by layer")
    )
    assert curves < slope < layers
    assert 'alt="It rises."' in page and "<figcaption>A line.</figcaption>" in page


def test_a_figure_with_nothing_to_show_is_left_out(tiny):
    """No families were tried, so no arm has a gain."""
    drawings = draw_figures(tiny)
    assert list(drawings) == [one.name for one in SECTIONS]
    assert drawings["verdicts"] == [] and drawings["data"] == []
    assert [one.figure.name for one in drawings["training"]] == ["curves", "layers"]


def test_keys_that_no_intervention_edits_are_named(tiny):
    assert "normalize.min_frequency" in not_tried()
    [line] = [line for line in markdown(tiny).splitlines() if line.startswith("Not tried: ")]
    assert "`normalize.min_frequency`" in line
    # Of these nobody expects a lower loss.
    assert "train.threads" not in line and "train.seed" not in line
    assert "<code>normalize.min_frequency</code>" in html(tiny)
