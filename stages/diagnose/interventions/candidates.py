"""The edits that apply to one program."""

from collections.abc import Iterator, Sequence

from stages.diagnose.interventions import observed
from stages.diagnose.interventions.entry import (
    Candidate,
    Facts,
    Intervention,
    Rank,
    families_of,
)
from stages.diagnose.interventions.layers import edited, effective
from stages.diagnose.interventions.table import INTERVENTIONS
from stages.lib.params.edits import Edit, Sections, identity
from stages.lib.params.families import families
from stages.lib.params.model import CHAIN_KEYS
from stages.lib.trials.subject import Subject

_OF_CHAINS = {f"train.{key}" for key in CHAIN_KEYS}


def resolve_families(setting: str | Sequence[str]) -> tuple[str, ...]:
    """The families that `diagnose.families` names: a list of them, or all."""
    return families() if setting == "all" else tuple(setting)


def facts_of(subject: Subject, rows: int, setting: str | Sequence[str] = "all") -> Facts:
    """The facts of this subject, of which `rows` training rows are trained on. setting:
    `diagnose.families`."""
    kinds = {column.kind for column in subject.card.columns}
    return Facts(
        rows=rows,
        task=subject.task,
        categorical="categorical" in kinds,
        many_levels=observed.has_many_levels(subject),
        skewness=observed.skewness(subject),
        families=resolve_families(setting),
        inputs=subject.x["train"].shape[1],
        heavy_tails=observed.has_heavy_tails(subject),
        outlying=observed.outlying_columns(subject),
        outlying_target=observed.has_outlying_target(subject),
        telling=observed.telling_columns(subject),
        coded=observed.coded_columns(subject),
        cyclic=observed.cyclic_columns(subject),
        turning=observed.turning_columns(subject),
        far_reaching=observed.is_far_reaching(subject),
        gaps=observed.has_gaps(subject),
        dying=observed.is_dying(subject),
        unstable=observed.is_unstable(subject),
        model=observed.model(subject),
    )


def candidates(sections: Sections, facts: Facts) -> list[Candidate]:
    """Every edit that changes this program; of equal edits the one that comes first."""
    by_edit: dict[str, Candidate] = {}
    for entry in INTERVENTIONS:
        for edit in _proposed(entry, sections, facts):
            changes = effective(sections, edit)
            if changes and set(families_of(changes)) <= set(facts.families):
                by_edit.setdefault(
                    identity(changes), Candidate(entry.name, entry.rank, entry.why, changes)
                )
    return list(by_edit.values())


def _proposed(entry: Intervention, sections: Sections, facts: Facts) -> Iterator[Edit]:
    """What an intervention proposes, without edits of a chain where there is a Keras model: they
    would change nothing, and nothing is known of them."""
    for edit in entry.propose(sections, facts):
        if facts.model is None or not _OF_CHAINS & set(edit):
            yield edit


def recommended_program(sections: Sections, facts: Facts) -> Candidate:
    """All edits to recommended values at once: the program as one would start it anew. Each entry
    sees what those before it have changed (how many epochs are enough depends on the batch
    size)."""
    combined: Edit = {}
    for entry in (entry for entry in INTERVENTIONS if entry.rank.is_recommended):
        present = edited(sections, combined)
        for edit in _proposed(entry, present, facts):
            changes = effective(present, edit)
            if set(families_of(changes)) <= set(facts.families):
                combined |= changes
    why = "every setting at its recommended value"
    return Candidate("recommended_program", Rank.RECOMMENDED, why, effective(sections, combined))
