"""reports/index.html: one file that needs nothing but a browser."""

import base64
import hashlib
import json
import platform
from importlib import metadata
from pathlib import Path

import jinja2
from markupsafe import Markup

from stages.lib.core.errors import escaped
from stages.lib.core.text import printable
from stages.lib.diagnosis.schema import Account
from stages.lib.diagnosis.summary import (
    of_keras_fit,
    of_regression,
    of_search,
    own_rows,
    statuses,
)
from stages.lib.diagnosis.verdict import ROWS, interplay, reference_name, verdict
from stages.report.column_table import table_of_columns
from stages.report.contents import SECTIONS
from stages.report.gallery import draw_figures
from stages.report.matrix import findings, sortings
from stages.report.params_lines import params_lines
from stages.report.patch.fix import FILE
from stages.report.rest import SUSPECT_ODDS, parts, worst
from stages.report.run import Run, not_tried
from stages.report.steps import steps
from stages.report.wording import number, several_targets, words

HERE = Path(__file__).parent
# What the numbers depend on.
PACKAGES = ("tensorflow", "numpy", "scikit-learn", "pandas", "scipy")


def html(run: Run) -> str:
    """The whole page. Every text is escaped; the policy in its head allows neither scripts nor
    anything from elsewhere."""
    content = _content(run) | {"figures": draw_figures(run)}
    sections = [one for one in SECTIONS if one.needs is None or content[one.needs]]
    return rendered("page.html", content | {"page_sections": sections})


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
        finalize=_visible,
    )
    environment.filters |= {"number": number, "words": words, "value": value}
    return environment


def _visible(content: object) -> object:
    """What a template shows, control and direction characters escaped: a stranger's column may be
    called anything, and a terminal or an editor that the page's text comes to would obey them."""
    plain = isinstance(content, str) and not isinstance(content, Markup)
    return escaped(str(content)) if plain else content


def _hash(style: str) -> str:
    """The style's hash as a Content-Security-Policy takes it."""
    return base64.b64encode(hashlib.sha256(style.encode("utf-8")).digest()).decode("ascii")


def value(content: object) -> str:
    """A params value as params.yaml could hold it, as far as it can be shown."""
    return printable(content if isinstance(content, str) else json.dumps(content))


def _content(run: Run) -> dict:
    diagnosis = run.diagnosis
    account, worst_rows = diagnosis.lead, worst(run)
    return {
        "verdict": verdict(diagnosis),
        "leave_out": diagnosis.leave_out,
        "headline": _headline(account, run.unit),
        "card": run.card,
        "unit": run.unit,
        "account": account,
        "other": diagnosis.fit if account.question == "generalize" else diagnosis.generalize,
        "rows_of": ROWS,
        "reference_name": reference_name,
        "own_rows": own_rows(account),
        "interplay": interplay(account),
        "loss": account.loss,
        "steps": steps(diagnosis),
        "causes": account.causes,
        "given": account.prescription,
        "keras": run.fix,
        "patch_file": FILE,
        "adopted": run.adopted,
        "families": {family.status for family in account.families},
        "statuses": {"matters": "a line of the ledger changes it"}
        | statuses(account)
        | {"not_tried": "no edit of it applies here"},
        "not_tried": not_tried(),
        "checks": [finding for finding in diagnosis.checks if finding.severity != "note"],
        "findings": findings(diagnosis),
        "sortings": sortings(account.families),
        "evidence": run.evidence,
        "rest_parts": parts(run),
        "worst_rows": worst_rows,
        "suspects": sum(row.suspect for row in worst_rows),
        "costly_kinds": any(kind.above.low > 0 for kind in run.evidence.slices),
        "params_lines": params_lines(account.prescription),
        "suspect_odds": SUSPECT_ODDS,
        "notes": [finding for finding in diagnosis.checks if finding.severity == "note"],
        "symptoms": diagnosis.symptoms,
        "about": diagnosis.about[0],
        "of_keras_fit": of_keras_fit(diagnosis),
        "of_regression": of_regression(diagnosis),
        "budget": diagnosis.budget,
        "of_search": of_search,
        "diverged": bool(run.metrics.training.diverged),
        "metrics": run.metrics,
        "several": several_targets(run.card),
        "each": _each(run),
        "sections": run.sections,
        "columns": table_of_columns(run.columns),
        "versions": {"Python": platform.python_version()}
        | {name: metadata.version(name) for name in PACKAGES},
    }


def _each(run: Run) -> list[tuple[str, dict]]:
    """The test scores of each of several targets, with their names as the data has them."""
    scores = run.metrics.test.targets
    return list(zip(run.card.targets, scores.values(), strict=True)) if scores else []


def _headline(account: Account, unit: str) -> dict[str, str]:
    """The one number: the loss with the edits, or how far above its reference the program stays."""
    loss = account.loss
    if account.causes:
        return {
            "number": f"{number(loss.baseline)} → {number(loss.after)}",
            "words": f"{unit} of {ROWS[account.question]} loss with the edits, mean over seeds",
        }
    return {"number": number(loss.unexplained), "words": f"{unit} above {reference_name(account)}"}
