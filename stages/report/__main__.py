"""Write the page and the Markdown of the diagnosis.

python -m stages report: reports/index.html, reports/diagnosis.md and its picture, and for a script
that was adopted reports/fix.patch.
"""

from functools import partial
from pathlib import Path
from typing import Any

from stages.lib import params
from stages.lib.artifacts import adopted as record
from stages.lib.artifacts.card import read_card
from stages.lib.artifacts.columns import read_columns
from stages.lib.artifacts.metrics import read_metrics
from stages.lib.artifacts.plots import PLOTS, read_plot
from stages.lib.artifacts.rows import read_rows
from stages.lib.artifacts.training import read_history, read_probes
from stages.lib.core.atomic import write_text
from stages.lib.core.command import run_stage
from stages.lib.diagnosis import evidence, schema
from stages.lib.transforms.stored import read_inputs, read_state
from stages.report.figures.waterfall import waterfall
from stages.report.markdown import PICTURE, markdown
from stages.report.page import html
from stages.report.patch.fix import FILE, text_of
from stages.report.run import Run, fitted_arguments, scales
from stages.report.style import PALETTES, WIDE, Canvas, svg_of


def main() -> None:
    card = read_card("data/raw/card.json")
    state = read_state(card)
    raw = read_rows("data/raw/train.parquet", card, "train").whole()
    sections = params.sections("data", "normalize", "train", "diagnose")
    diagnosis = schema.read()
    run = Run(
        diagnosis=diagnosis,
        evidence=evidence.read(diagnosis.lead),
        test_rows=read_rows("data/raw/test.parquet", card, "test").whole(),
        metrics=read_metrics("reports/metrics.json", card),
        card=card,
        sections=sections,
        history=read_history("data/training/history.csv"),
        probes=read_probes("data/training/probes.csv"),
        plots={name: read_plot(f"data/plots/{name}.csv", name) for name in PLOTS},
        scales=scales(raw, read_inputs(state, "train"), state),
        fitted=fitted_arguments(raw, card),
        adopted=_adopted(sections["data"]),
        columns=read_columns(),
    )
    script = None if run.adopted is None else run.adopted.script
    patch = text_of(run.fix, "" if script is None else script.path)
    page, text = html(run), markdown(run)
    # A pull request's page may be dark.
    canvas = Canvas(PALETTES["light"], WIDE)
    picture = svg_of(partial(waterfall, run), canvas, background="#ffffff")
    assert picture is not None  # a ledger has lines
    write_text("reports/index.html", page)
    write_text("reports/diagnosis.md", text)
    write_text(f"reports/{PICTURE}", picture.decode("utf-8"))
    write_text(FILE, patch)


def _adopted(data: dict[str, Any]) -> record.Record | None:
    """What was adopted, if that is what the data are."""
    if data["source"] != "file" or not Path(record.FILE).is_file():
        return None
    previous = record.read()
    return previous if record.of_data(previous, data) else None


if __name__ == "__main__":
    run_stage(main, "report")
