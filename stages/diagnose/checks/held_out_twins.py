"""LL214: held-out rows that stand among the training rows."""

from collections.abc import Iterator

from stages.diagnose.findings import Check, CheckFinding
from stages.diagnose.twins.held_out import held_out_twins
from stages.lib.trials.subject import Subject


def held_out_rows_in_training(subject: Subject) -> Iterator[CheckFinding]:
    """Validation and test rows with a twin in training, beyond what independent rows give."""
    twins = held_out_twins(subject)
    if twins is not None:
        keys = ("data.file.groups",) if subject.card.source == "file" else ()
        yield CHECK.finding(
            "validation and test rows that are no training rows again", twins.sentence, keys=keys
        )


CHECK = Check(
    code="LL214",
    name="held_out_twins",
    title="Held-out rows stand among the training rows",
    families=("data",),
    severities=("error",),
    keys=("data.file.groups",),
    about="Validation and test rows that are equal to a training row, or lie all but on one, in "
    "more cases than independent rows give. A loss on them says how well training rows are "
    "remembered: under coin flips a model that remembers looks perfect. Reference models remember "
    "too, so no floor is taken from them, and a signal is not told from memory. Equal rows that "
    "few values give by chance are none.",
    source="Universal inference on the numbers of copies (Wasserman, Ramdas, Balakrishnan, PNAS "
    "117, 2020), and spacings of nearest neighbours (Facco et al., Scientific Reports 7, 2017). "
    "Ours: 0.001 for both together, and more than one held-out row in a hundred.",
    remedy="Remove repeated rows. If rows are of the same patient, machine or site, name the "
    "column that says so (data.file.groups): such rows are then held out together.",
    find=held_out_rows_in_training,
)
