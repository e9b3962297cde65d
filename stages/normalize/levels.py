"""No text column with so many levels that its inputs would name single rows."""

from stages.lib.artifacts.card import Card
from stages.lib.core.errors import UserError
from stages.lib.transforms.state import CategoricalColumn, NormalizationState

# A text column with more levels than this, or with more than half as many as the table has rows
# (and more than a few), is free text; as one-hot columns it would only memorise rows.
MAX_LEVELS = 200
FEW_LEVELS = 20


def check(state: NormalizationState, card: Card) -> None:
    """Raise UserError, naming all of them, for columns with too many levels that are not pooled.

    state, card: the content of normalization.json and card.json.
    """
    rows = sum(card.rows.values())
    most = min(MAX_LEVELS, max(FEW_LEVELS, rows // 2))
    counts = {
        column.name: len(column.categories)
        for column in state.columns
        if isinstance(column, CategoricalColumn)
    }
    many = {name: levels for name, levels in counts.items() if levels > most}
    if many:
        listed = ", ".join(f"{levels} in column {name!r}" for name, levels in many.items())
        raise UserError(
            "",
            f"at most {most} categories a column, in {rows} rows",
            f"{listed:.500}",
            "pool the rare ones by normalize.min_frequency or max_categories, "
            "or add free text to data.file.ignore",
        )
