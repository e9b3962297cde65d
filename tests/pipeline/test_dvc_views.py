"""DVC's own views of two commits: plots, experiments, params, metrics and the graph."""

import csv
import io
import json
import shutil
from pathlib import Path

import pytest

from stages.lib import params
from tests.conftest import STAGES, run

# Columns of metrics in `dvc exp show`, and its own: the experiment, its commit and when it ran.
MOST_COLUMNS, OF_DVC = 52, 5
PLOTS = {"loss", "trained_loss", "confusion", "roc", "calibration", "predicted"}


@pytest.fixture(scope="module")
def two_branches(two_runs, tmp_path_factory) -> Path:
    """The branches `raw` and `scaled`, the latter checked out."""
    return Path(shutil.copytree(two_runs, tmp_path_factory.mktemp("views") / "repository"))


def params_of(folder: Path) -> set[str]:
    """The names of all params, dotted."""

    def names(section: dict, prefix: str = "") -> set[str]:
        found = set()
        for key, value in section.items():
            found |= names(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key}
        return found

    return names(params.read(folder / "params.yaml"))


def rows_of(markdown: str) -> list[list[str]]:
    """The cells of a Markdown table's rows, head first."""
    lines = [line.strip().strip("|") for line in markdown.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.split("|")] for line in lines]
    return [row for row in cells if not set("".join(row)) <= set("-: ")]


@pytest.mark.slow
def test_plots_diff_draws_every_declared_plot(two_branches):
    done = run(two_branches, "dvc", "plots", "diff", "raw", "scaled", "--json", "-o", "plots")
    shown = json.loads(done.stdout)
    assert not shown.get("errors")
    assert set(shown["data"]) == PLOTS
    for name in PLOTS - {"predicted"}:  # that one is for regressions
        revisions = {revision for one in shown["data"][name] for revision in one["revisions"]}
        assert revisions == {"raw", "scaled"}, name


def test_params_diff_is_the_edit(two_branches):
    done = run(two_branches, "dvc", "params", "diff", "raw", "scaled", "--md")
    head, *rows = rows_of(done.stdout)
    assert head == ["Path", "Param", "raw", "scaled"]
    assert rows == [
        ["params.yaml", "normalize.features", "none", "standard"],
        ["params.yaml", "train.epochs", "2", "3"],
    ]


def test_metrics_diff_holds_numbers_of_both_reports(two_branches):
    done = run(two_branches, "dvc", "metrics", "diff", "raw", "scaled", "--md")
    head, *rows = rows_of(done.stdout)
    assert head == ["Path", "Metric", "raw", "scaled", "Change"]
    shown = {(row[0], row[1]): row[2:] for row in rows}
    old, new, change = map(float, shown["reports/metrics.json", "test.log_loss"])
    assert change == pytest.approx(new - old, abs=1e-4)
    assert new < old
    assert ("reports/ledger.json", "loss") in shown
    assert {path for path, _ in shown} == {"reports/metrics.json", "reports/ledger.json"}
    assert len(rows) <= MOST_COLUMNS
    # What is long is no metric, and shown when it is asked for.
    long = "reports/diagnosis.json"
    done = run(two_branches, "dvc", "metrics", "diff", "raw", "scaled", "--md", "--targets", long)
    assert "fit.loss.excess" in done.stdout


@pytest.mark.slow
def test_experiments_are_shown_with_params_and_metrics(two_branches):
    run(two_branches, "dvc", "exp", "run", "--temp", "-S", "train.learning_rate=0.01")
    done = run(two_branches, "dvc", "exp", "show", "--csv")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert {row["train.learning_rate"] for row in rows} == {"0.001", "0.01"}
    assert all(float(row["test.log_loss"]) > 0 and row["loss"] for row in rows)
    names = [name for name in rows[0] if name not in params_of(two_branches)]
    assert len(names) <= MOST_COLUMNS + OF_DVC
    # What a reader looks for first stands first.
    assert names[OF_DVC].startswith("test.")
    # Of the claims, a pipeline of their own, there is neither metric nor param.
    assert not [name for name in rows[0] if "program_" in name or "replicates" in name]


def test_the_graph_is_the_pipeline(two_branches):
    done = run(two_branches, "dvc", "dag", "--md")
    assert done.stdout.startswith("```mermaid\nflowchart TD")
    for stage in STAGES:
        assert f'["{stage}"]' in done.stdout
    arrows = [line.split("-->") for line in done.stdout.splitlines() if "-->" in line]
    assert len(arrows) >= len(STAGES) - 1
