"""The edits that apply to one program."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

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
from stages.lib.core.errors import UserError
from stages.lib.keras_fit.edit import LINEAR
from stages.lib.params.contract import Contract, settle
from stages.lib.params.edits import Edit, Sections, identity
from stages.lib.params.families import families
from stages.lib.params.model import CHAIN_KEYS
from stages.lib.params.train import Train
from stages.lib.trials.subject import Subject
from stages.lib.vocabulary.activations import ACTIVATIONS

_OF_CHAINS = {f"train.{key}" for key in CHAIN_KEYS}
# What a contract is made of, beside the task.
_OF_CONTRACT = {
    "train.loss",
    "train.from_logits",
    "train.target_encoding",
    "train.output_units",
    "train.output_activation",
    "train.model.output_activation",
}
# The loss of class probabilities is one number, however class and loss are written. Of two classes
# the second probability follows from the first, and Keras means binary_crossentropy over the units.
_OF_CLASSES = {
    ("sparse_categorical_crossentropy", "integer"),
    ("categorical_crossentropy", "one_hot"),
    ("binary_crossentropy", "one_hot"),
}


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
            changes = _changes(sections, edit, facts)
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
            changes = _changes(present, edit, facts)
            if set(families_of(changes)) <= set(facts.families):
                combined |= changes
    why = "every setting at its recommended value"
    changes = _changes(sections, combined, facts)
    return Candidate("recommended_program", Rank.RECOMMENDED, why, changes)


def _changes(sections: Sections, edit: Edit, facts: Facts) -> Edit:
    """The part of an edit that changes something. Another name for the contract that there is does
    not, and parts that do not go together cannot mend one whose parts do."""
    changes = effective(sections, edit)
    if not _OF_CONTRACT & set(changes):
        return changes
    before, after = _contract(sections, facts), _contract(edited(sections, changes), facts)
    if before is None or after not in (None, before):
        return changes
    return {key: value for key, value in changes.items() if key not in _OF_CONTRACT}


def _contract(sections: Sections, facts: Facts) -> Contract | None:
    """The contract of a program, written in one way; None where its parts do not go together."""
    params = Train.model_validate(sections["train"])
    if facts.model is not None:
        name = params.model.output_activation or facts.model.output_activation
        known = name == "auto" or name in ACTIVATIONS
        outputs = {
            "output_units": facts.model.units,
            "output_activation": name if known else LINEAR,
        }
        params = params.model_copy(update=outputs)
    try:
        contract = settle(params, facts.task)
    except UserError:
        return None
    loss, encoding, units = contract.loss, contract.encoding, contract.units
    if units != contract.classes or (loss, encoding) not in _OF_CLASSES:
        return contract
    if units == 2 and contract.activation == "softmax" and not contract.from_logits:
        return replace(
            contract, loss="binary_crossentropy", encoding="integer", units=1, activation="sigmoid"
        )
    if encoding == "integer":
        return replace(contract, loss="categorical_crossentropy", encoding="one_hot")
    return contract
