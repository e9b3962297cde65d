"""How many training rows the diagnosis can afford within `diagnose.seconds`."""

from itertools import pairwise

from stages.diagnose.interventions.layers import units_of
from stages.lib.mlp.nominal import FLOPS, STEP_SECONDS
from stages.lib.params.schema import Diagnose
from stages.lib.trials.subject import Subject

# Fits of a usual diagnosis: some thirty edits at the screening seeds, in two or three rounds.
TYPICAL_FITS = 300
# Of those seconds, what compiling takes whatever the size: about thirty graphs, two at a time.
COMPILE_SECONDS = 20.0
# A sample smaller than this is another problem than the one that is asked about.
MIN_ROWS = 1000


def affordable_rows(subject: Subject, settings: Diagnose) -> int | None:
    """Training rows to sample so that the diagnosis takes about `diagnose.seconds`, or None for
    all of them.

    A plan from nominal speeds and not a clock, so that the same params give the same result on a
    busy machine. Epochs, batch size and all else stay as they are.
    """
    train = subject.sections["train"]
    rows, inputs = subject.x["train"].shape
    outputs = max(len(subject.targets), len(subject.card.classes))
    widths = [inputs, *units_of(train), outputs]
    weights = sum(a * b for a, b in pairwise(widths))
    batch = min(train["batch_size"], rows)
    row_seconds = 6 * weights / FLOPS + STEP_SECONDS / batch
    available = max(settings.seconds - COMPILE_SECONDS, 0.25 * settings.seconds)
    affordable = int(available / (TYPICAL_FITS * train["epochs"] * row_seconds))
    return None if affordable >= rows else max(MIN_ROWS, affordable)
