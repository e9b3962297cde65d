"""The adopted program and the prescribed one, from what the files say."""

from collections.abc import Mapping

from stages.lib.artifacts.adopted import Record
from stages.lib.artifacts.card import Card
from stages.lib.params.edits import Edit, Sections, edited, value
from stages.lib.params.model import is_model
from stages.lib.params.normalize import Normalize
from stages.lib.params.train import Train
from stages.report.keras_lines.program import Program
from stages.report.patch.source import Unsafe


def programs(
    record: Record,
    sections: Sections,
    card: Card,
    edit: Edit,
    fitted: Mapping[str, Mapping[str, Mapping[str, float]]],
    units: int | None = None,
) -> tuple[Program, Program]:
    """The program as it was adopted, and the present one with the prescription.

    Args:
        record: what was adopted.
        sections: data, normalize and train of params.yaml as plain values.
        card: of the data.
        edit: what is prescribed on top of the sections.
        fitted, units: as in `Program`.

    Raises:
        Unsafe: where the data or the model are no longer what was adopted.
        UserError, ValidationError, LookupError, TypeError: where one of them is no program.
    """
    taken = {origin.key: origin.value for origin in record.taken}
    for key, given in taken.items():
        fixed = key.startswith("data.") or key == "train.model.file"
        if fixed and value(sections, key) != given:
            raise Unsafe(f"{key} is no longer what was taken from the script")
    as_taken = {key: given for key, given in taken.items() if not key.startswith("data.")}
    adopted, prescribed = edited(sections, as_taken), edited(sections, edit)
    of_model = units if is_model(prescribed) else None
    left, filled = (one["normalize"]["missing"] for one in (adopted, prescribed))
    fills = left == "keep" and filled != "keep"
    return (
        _program(record, adopted, card, fitted, of_model, fills_gaps=False),
        _program(record, prescribed, card, fitted, of_model, fills_gaps=fills),
    )


def _program(
    record: Record,
    sections: Sections,
    card: Card,
    fitted: Mapping[str, Mapping[str, Mapping[str, float]]],
    units: int | None,
    fills_gaps: bool,
) -> Program:
    data, normalize, train = sections["data"], sections["normalize"], sections["train"]
    Normalize.model_validate(normalize)
    Train.model_validate(train)
    script = record.script
    # Where the script has validation rows a column of the table says which ones.
    validated = script is None or bool(data["file"]["split"])
    share = float(data["split"]["validation"])
    rows = card.rows.train
    if not validated:
        rows = sum(card.rows.values())
        stops = train["early_stopping"]["patience"] is not None
        rows -= round(share * rows) if stops else 0
    return Program(
        normalize,
        train,
        card.task,
        rows,
        {column.name: column.kind for column in card.columns},
        fitted,
        named=script is not None and script.named,
        validated=validated,
        fills_gaps=fills_gaps,
        held_out=share,
        units=units,
    )
