"""python -m stages.report: reports/index.html, reports/diagnosis.md and its picture."""

from pathlib import Path

from stages import params
from stages.adopt import record
from stages.diagnose import schema
from stages.files import read_array, read_csv, read_json, read_table, run_stage, write_text
from stages.report.figures import waterfall
from stages.report.markdown import PICTURE, markdown
from stages.report.page import html
from stages.report.run import Run, scales
from stages.report.style import PALETTES, WIDE, Canvas, svg_of


def main() -> None:
    state = read_json("data/normalized/normalization.json")
    names = ("confusion", "roc", "calibration", "predicted")
    sections = params.sections("data", "normalize", "train", "diagnose")
    run = Run(
        diagnosis=schema.read(),
        metrics=read_json("reports/metrics.json"),
        card=read_json("data/raw/card.json"),
        sections=sections,
        history=read_csv("data/training/history.csv"),
        probes=read_csv("data/training/probes.csv"),
        plots={name: read_csv(f"data/plots/{name}.csv") for name in names},
        scales=scales(
            read_table("data/raw/train.parquet"), read_array("data/normalized/train.x.npy"), state
        ),
        adopted=_adopted(sections["data"]),
    )
    page, text = html(run), markdown(run)
    # A pull request's page may be dark.
    canvas = Canvas(PALETTES["light"], WIDE)
    picture = svg_of(lambda canvas: waterfall(run, canvas), canvas, background="#ffffff")
    write_text("reports/index.html", page)
    write_text("reports/diagnosis.md", text)
    write_text(f"reports/{PICTURE}", picture.decode("utf-8"))


def _adopted(data: dict) -> record.Record | None:
    """What was adopted, if that is what the data are."""
    if data["source"] != "file" or not Path(record.FILE).is_file():
        return None
    found = record.read()
    return found if record.of_data(found, data) else None


if __name__ == "__main__":
    run_stage(main, "report")
