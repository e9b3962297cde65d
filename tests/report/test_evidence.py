"""The evidence on the page: tables and pictures against numbers made by hand."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from ruamel.yaml import YAML

from stages.lib.diagnosis.evidence import RowLosses, WorstRow
from stages.lib.diagnosis.schema import FamilyVerdict, Prescription
from stages.report.figures.proof import mean_curve
from stages.report.figures.row_losses import share_above
from stages.report.matrix import ORDER, sortings
from stages.report.params_lines import params_lines
from stages.report.rest import worst
from stages.report.style import PALETTES, recoloured
from tests.cards import card_of


def test_the_mean_curve_is_of_the_seeds_that_got_there():
    curves = [[1.0, 0.5, 0.25], [3.0, None], [2.0, 0.1, 0.35]]
    assert mean_curve(curves).tolist() == pytest.approx([2.0, 0.3, 0.3])
    assert np.isnan(mean_curve([[1.0, None]])[1])


def test_the_share_of_rows_above_a_loss():
    found = RowLosses(
        edges=[0.0, 1.0, 2.0, 3.0], before=[500.0, 300.0, 200.0], after=[1000.0, 0.0, 0.0]
    )
    assert share_above(found, found.before, 1.0) == pytest.approx(0.5)
    assert share_above(found, found.before, 1.5) == pytest.approx(0.2)
    assert share_above(found, found.after, 1.0) == 0


def verdict(family: str, status: str, gain: float | None, *evidence: str) -> FamilyVerdict:
    return FamilyVerdict(
        family=family, status=status, evidence=list(evidence), edit={}, gain=gain, low=gain,
        high=gain, needs_rows=None, needs_seeds=None,
    )  # fmt: skip


def test_families_in_each_order():
    families = [
        verdict("b", "no_effect", 0.1, "x"),
        verdict("c", "not_tried", None, "x", "y"),
        verdict("a", "matters", 0.3),
        verdict("d", "cannot_tell", -0.2),
    ]
    order = {one.name: "".join(f.family for f in one.families) for one in sortings(families)}
    assert order == {"status": "abdc", "gain": "abdc", "evidence": "cbad", "family": "abcd"}
    assert len(set(ORDER)) == len(ORDER)


def test_the_lines_are_yaml_of_the_edits():
    edits = {
        "normalize.features": "standard",
        "normalize.columns": {"a: b": "log1p_standard", 'q"': {"name": "cyclic", "period": 24}},
        "train.learning_rate": 1e-05,
        "train.layers": [{"units": 64}, 32],
        "train.early_stopping.patience": 5,
        "train.loss": "no",
        "train.ema_momentum": None,
    }
    lines = params_lines(
        Prescription(
            edits=[{"key": key, "old": None, "new": new} for key, new in edits.items()],
            expected={"loss": 1.0, "low": 0.5, "high": 1.5},
            commands=["x"],
        )
    )
    assert lines[:2] == ["normalize:", "  features: standard"]
    read = YAML(typ="safe", pure=True).load("\n".join(lines))
    for key, new in edits.items():
        node = read
        for name in key.split("."):
            node = node[name]
        assert node == new, key
    assert params_lines(None) == []


def test_the_worst_rows_have_their_cells_and_suspects():
    card = card_of(
        targets=["label"],
        columns=[{"name": "a", "kind": "numeric"}, {"name": "b", "kind": "categorical"}],
    )
    first, second = card.classes[:2]
    rows = pd.DataFrame(
        {"a": [1.23456, np.nan, 70000.0], "b": ["x", None, "z"], "label": [first, second, first]}
    )
    found = [
        WorstRow(row=2, before=3.0, after=5.0, predicted=1, odds=2000.0),
        WorstRow(row=0, before=1.0, after=2.0, predicted=0, odds=1.0),
        WorstRow(row=1, before=1.0, after=1.0, predicted=None, odds=None),
        # Of another table: not shown, and no traceback.
        WorstRow(row=9, before=1.0, after=1.0, predicted=7, odds=None),
    ]
    run = SimpleNamespace(card=card, test_rows=rows, evidence=SimpleNamespace(worst_rows=found))
    shown = worst(run)
    assert [row.number for row in shown] == [3, 1, 2]
    assert [row.suspect for row in shown] == [True, False, False]
    assert [row.predicted for row in shown] == [second, first, ""]
    assert [row.cells for row in shown] == [["70,000", "z"], ["1.235", "x"], ["", ""]]
    assert [row.target for row in shown] == [first, first, second]


def test_a_drawing_in_another_palette_has_its_colours():
    light, dark = PALETTES["light"], PALETTES["dark"]
    svg = f'<path style="fill: {light.cause}; stroke: {light.text}"/><text>{light.cause}</text>'
    assert recoloured(svg.encode(), dark).decode() == (
        f'<path style="fill: {dark.cause}; stroke: {dark.text}"/><text>{light.cause}</text>'
    )
    # No two of a palette's colours are one, or they could not be told apart.
    assert len(set(vars(light).values())) == len(vars(light))
