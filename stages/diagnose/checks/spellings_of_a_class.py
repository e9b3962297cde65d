"""LL235: one class, or one level, in several spellings."""

from collections.abc import Iterator

from stages.diagnose.checks.common import quoted, sample
from stages.diagnose.findings import Check, CheckFinding
from stages.lib.core.text import alike
from stages.lib.trials.subject import Subject

SHOWN = 3  # groups of spellings


def spellings(subject: Subject) -> Iterator[CheckFinding]:
    """Classes, and levels of text columns, that differ by case, blanks or a full stop only."""
    card = subject.card
    keys = CHECK.keys if card.source == "file" else ()
    if card.task.has_classes and alike(card.classes):
        yield CHECK.finding(
            "classes that differ by more than their spelling",
            f"{len(card.classes)} classes, of which {_sentence(alike(card.classes))}",
            severity="error",
            keys=keys,
        )
    table = sample(subject.tables["train"])
    for column in card.columns:
        if column.kind == "categorical":
            groups = alike(map(str, table[column.name].dropna().unique()))
            if groups:
                yield CHECK.finding(
                    "levels that differ by more than their spelling",
                    f"{quoted(column.name)}: {_sentence(groups)}",
                    severity="warning",
                    keys=keys,
                )


def _sentence(groups: list[list[str]]) -> str:
    words = [f"{' and '.join(map(quoted, group))} are alike" for group in groups[:SHOWN]]
    more = f", and {len(groups) - SHOWN} more" if len(groups) > SHOWN else ""
    return "; ".join(words) + more


CHECK = Check(
    code="LL235",
    name="spellings_of_a_class",
    title="One class or level has several spellings",
    families=("data",),
    severities=("error", "warning"),
    keys=("data.file.spellings",),
    about="Classes of the target, and levels of text columns, that are equal but for case, blanks "
    "and a full stop at the end. Rows of one class that are told apart by their spelling cannot "
    "be, so the loss has a part of ln 2 or more on such rows that no edit of the network removes.",
    source="Arithmetic: equal after folding case (Unicode, section 3.13), blanks and full stops.",
    remedy="data.file.spellings: joined takes them for one.",
    find=spellings,
)
