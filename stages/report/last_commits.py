"""The ledgers of the last commits, as small waterfalls beside each other."""

from dataclasses import dataclass

from matplotlib.figure import Figure

from stages.lib.core.commits import git, tracked
from stages.lib.core.errors import UserError
from stages.lib.core.json_files import parse_json
from stages.lib.diagnosis import schema
from stages.lib.diagnosis.schema import Account, Diagnosis
from stages.report.steps import Step, extent, steps
from stages.report.style import Canvas
from stages.report.wording import number

# As many fit beside and below each other; fewer than three are on the page already.
MOST, LEAST, ACROSS = 6, 3, 3


@dataclass(frozen=True)
class Past:
    """A commit's ledger. name: its short hash."""

    name: str
    account: Account
    steps: list[Step]


def last_commits(revision: str | None, unit: str, question: str) -> list[Past]:
    """The last commits up to this one (None: HEAD) that changed the diagnosis, the oldest first,
    MOST at most: those with an account of this question in this unit, and none where these are
    fewer than LEAST. What is no diagnosis of this version is passed over."""
    listed = git(
        "log", f"--max-count={4 * MOST}", "--format=%h", "--end-of-options", revision or "HEAD",
        "--", schema.FILE,
    )  # fmt: skip
    found: list[Past] = []
    for name in (listed or b"").decode().split():
        try:
            diagnosis = schema.parse(parse_json(tracked(name, schema.FILE), name), name)
        except UserError:
            continue
        account = _account(diagnosis, question)
        if account is not None and diagnosis.unit == unit:
            found.append(Past(name, account, steps(diagnosis, account)))
        if len(found) == MOST:
            break
    return found[::-1] if len(found) >= LEAST else []


def _account(diagnosis: Diagnosis, question: str) -> Account | None:
    return diagnosis.fit if question == "fit" else diagnosis.generalize


def draw(commits: list[Past], canvas: Canvas) -> Figure:
    """A panel for each commit, all on one axis."""
    colors = canvas.colors
    rows = max(len(past.steps) for past in commits)
    figure, panels = canvas.panels(len(commits), 0.62 + 0.15 * rows, across=ACROSS)
    lowest, highest = extent([step for past in commits for step in past.steps])
    fill = {"loss": colors.loss, "cause": colors.cause, "floor": colors.floor}
    for axes, past in zip(panels, commits, strict=False):
        for row, step in enumerate(past.steps):
            left, right = sorted((step.start, step.end))
            thin = 0.004 * (highest - lowest)
            color = fill.get(step.kind, colors.rest)
            axes.barh(row, max(right - left, thin), left=left, color=color, height=0.8)
        axes.axvline(past.account.loss.chance, color=colors.warn, linestyle="--", linewidth=0.8)
        axes.set_xlim(lowest, 1.03 * highest)
        axes.set_ylim(rows - 0.4, -0.6)
        axes.set_yticks([])
        axes.locator_params(axis="x", nbins=4)
        axes.set_title(f"{past.name}: {number(past.account.loss.run)}")
    for axes in panels[len(commits) :]:
        axes.set_visible(False)
    return figure


def in_words(commits: list[Past]) -> str:
    """What the picture shows: each commit's loss and causes."""
    words = []
    for past in commits:
        causes = [step for step in past.steps if step.kind == "cause"]
        amounts = [f"{step.label} {number(step.amount)}" for step in causes]
        words.append(", ".join([f"{past.name} {number(past.account.loss.run)}", *amounts]))
    return "; ".join(words)
