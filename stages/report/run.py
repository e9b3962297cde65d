"""The run that the report shows, as plain values."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
from pydantic import ValidationError

from stages.lib.artifacts.adopted import Record
from stages.lib.artifacts.card import Card
from stages.lib.artifacts.columns import Columns
from stages.lib.artifacts.metrics import Metrics
from stages.lib.core.errors import UserError
from stages.lib.diagnosis.evidence import Evidence
from stages.lib.diagnosis.schema import Diagnosis
from stages.lib.params import families
from stages.lib.params.section import UNTRIED
from stages.lib.transforms.columns import TRANSFORMS
from stages.lib.transforms.state import NormalizationState
from stages.lib.vocabulary.transforms import TRANSFORMS as ROWS
from stages.report.patch.fix import Fix, fix_of
from stages.report.patch.programs import programs
from stages.report.patch.source import Unsafe

# Quantiles of a column's values, by which its scale is drawn.
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True)
class Run:
    """All that the report looks at.

    diagnosis, evidence, metrics, card: the files' content. test_rows: the raw test split.
    sections: params.yaml's data, normalize, train and diagnose. history: a row per epoch. probes:
    a row per layer and probed epoch. plots: the tables of data/plots by name. scales: see `scales`.
    fitted: see `fitted_arguments`. adopted: where the data come from a user's own program, what was
    adopted of it. columns: of a user's table, what was made of each.
    """

    diagnosis: Diagnosis
    evidence: Evidence
    test_rows: pd.DataFrame
    metrics: Metrics
    card: Card
    sections: dict[str, dict]
    history: pd.DataFrame
    probes: pd.DataFrame
    plots: dict[str, pd.DataFrame]
    scales: pd.DataFrame
    fitted: dict[str, dict[str, dict[str, float]]] = field(default_factory=dict)
    adopted: Record | None = None
    columns: Columns = field(default_factory=lambda: Columns(lines=[], answers=[]))

    @property
    def unit(self) -> str:
        return self.card.unit

    @cached_property
    def fix(self) -> Fix:
        """What the prescription changes in the user's own program: from what was adopted to what
        is prescribed."""
        fix = self.diagnosis.lead.prescription
        if self.adopted is None:
            return Fix(reason="no program was adopted")
        if fix is None:
            return Fix(reason="nothing is prescribed")
        edit = {change.key: change.new for change in fix.edits}
        try:
            model = self.diagnosis.about[0].keras_fit
            units = None if model is None else model.units
            found = programs(self.adopted, self.sections, self.card, edit, self.fitted, units)
            return fix_of(self.adopted.script, *found)
        except Unsafe as unsafe:
            return Fix(reason=str(unsafe))
        except (UserError, ValidationError, LookupError, TypeError):
            # A diagnosis from elsewhere may prescribe what no program is.
            return Fix(reason="what is prescribed is no program")


def scales(raw: pd.DataFrame, inputs: np.ndarray, state: NormalizationState) -> pd.DataFrame:
    """Quantiles of each numeric column before and after normalization, of its training rows.

    raw: the training split. inputs: float32 [rows, inputs], what the network takes. Columns: name,
    and one for each quantile before (before_0.05, ...) and after (after_0.05, ...).
    """
    names = state.inputs
    rows = []
    for column in state.columns:
        if column.kind == "categorical" or column.name not in names:
            continue
        values = raw[column.name].to_numpy("float64")
        after = inputs[:, names.index(column.name)].astype("float64")
        row: dict = {"name": column.name}
        for when, settings in (("before", values), ("after", after)):
            finite = settings[np.isfinite(settings)]
            at = np.quantile(finite, QUANTILES) if len(finite) else [np.nan] * len(QUANTILES)
            row |= {f"{when}_{q}": float(v) for q, v in zip(QUANTILES, at, strict=True)}
        rows.append(row)
    columns = [f"{when}_{q}" for when in ("before", "after") for q in QUANTILES]
    return pd.DataFrame(rows, columns=["name", *columns])


def fitted_arguments(raw: pd.DataFrame, card: Card) -> dict[str, dict[str, dict[str, float]]]:
    """What transforms with arguments are fitted to where none are given: by transform and column,
    of the training split `raw`."""
    return {
        row.name: {
            column.name: TRANSFORMS[row.name].fit([raw[column.name].to_numpy("float64")])
            for column in card.columns
            if column.kind == "numeric"
        }
        for row in ROWS.values()
        if any(argument.default is None for argument in row.arguments)
    }


def not_tried() -> list[str]:
    """The keys of normalize and train that one might expect the diagnosis to edit, and that no
    intervention does."""
    return [key for key, reason in families.not_tried().items() if reason == UNTRIED.reason]
