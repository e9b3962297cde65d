"""reports/index.html: one file that needs nothing but a browser."""

import base64
import hashlib
import json
import platform
from importlib import metadata
from pathlib import Path

import jinja2

from stages.lib.core.text import printable
from stages.lib.diagnosis.schema import Diagnosis, FamilyVerdict
from stages.lib.diagnosis.summary import verdict
from stages.report.gallery import draw_figures
from stages.report.run import Run, in_keras, not_tried
from stages.report.steps import steps
from stages.report.wording import number, several_targets, words

HERE = Path(__file__).parent
# What the numbers depend on.
PACKAGES = ("tensorflow", "numpy", "scikit-learn", "pandas", "scipy")
STATUSES = {
    "confirmed": "a line of the ledger changes it",
    "suspected": "a check or a symptom speaks for it, no retraining does",
    "undecided": "neither proven nor ruled out",
    "ruled_out": "no edit of it can be expected to gain what matters",
    "untried": "no edit of it applies here",
}


def html(run: Run) -> str:
    """The whole page. Every text is escaped; the policy in its head allows neither scripts nor
    anything from elsewhere."""
    return rendered("page.html", _content(run) | {"figures": draw_figures(run)})


def rendered(template: str, content: dict) -> str:
    """A template of this folder, with the style."""
    style = (HERE / "page.css").read_text(encoding="utf-8")
    page = _environment().get_template(template)
    return page.render(style=style, style_hash=_hash(style), **content)


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"number": number, "words": words, "value": value}
    return environment


def _hash(style: str) -> str:
    """The style's hash as a Content-Security-Policy takes it."""
    return base64.b64encode(hashlib.sha256(style.encode("utf-8")).digest()).decode("ascii")


def value(content: object) -> str:
    """A params value as params.yaml could hold it, as far as it can be shown."""
    return printable(content if isinstance(content, str) else json.dumps(content))


def _content(run: Run) -> dict:
    diagnosis = run.diagnosis
    loss, prescription = diagnosis.loss, diagnosis.prescription
    return {
        "verdict": verdict(diagnosis),
        "headline": _headline(diagnosis, run.unit),
        "card": run.card,
        "unit": run.unit,
        "loss": loss,
        "steps": steps(diagnosis),
        "causes": diagnosis.causes,
        "given": prescription,
        "keras": in_keras(run),
        "adopted": run.adopted,
        "families": _by_status(diagnosis.families),
        "statuses": STATUSES,
        "not_tried": not_tried(),
        "checks": [finding for finding in diagnosis.checks if finding.severity != "note"],
        "notes": [finding for finding in diagnosis.checks if finding.severity == "note"],
        "symptoms": diagnosis.symptoms,
        "signal": diagnosis.signal,
        "about": diagnosis.about[0],
        "budget": diagnosis.budget,
        "full_size": diagnosis.full_size,
        "diverged": bool(run.metrics.training.diverged),
        "metrics": run.metrics,
        "several": several_targets(run.card),
        "each": _each(run),
        "sections": run.sections,
        "versions": {"Python": platform.python_version()}
        | {name: metadata.version(name) for name in PACKAGES},
    }


def _each(run: Run) -> list[tuple[str, dict]]:
    """The test scores of each of several targets, with their names as the data has them."""
    scores = run.metrics.test.targets
    return list(zip(run.card.targets, scores.values(), strict=True)) if scores else []


def _headline(diagnosis: Diagnosis, unit: str) -> dict[str, str]:
    """The one number: what of the excess the causes take off, or how far above the floor the
    program stays."""
    loss = diagnosis.loss
    gained = sum(line.amount for line in diagnosis.causes)
    excess = loss.baseline - loss.floor
    if gained:
        return {
            "number": number(gained),
            "words": f"{unit} of the loss can be taken off, of {number(excess)} above the floor",
        }
    return {"number": number(loss.unexplained), "words": f"{unit} above the floor"}


def _by_status(families: list[FamilyVerdict]) -> dict[str, list[FamilyVerdict]]:
    """Statuses that occur, in the order of STATUSES."""
    return {
        status: found
        for status in STATUSES
        if (found := [one for one in families if one.status == status])
    }
