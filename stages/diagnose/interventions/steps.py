"""Batches, epochs and early stopping: how many steps are taken, and on which rows."""

from collections.abc import Iterator

from stages.diagnose.checks.impatient_stopping import IMPATIENT
from stages.diagnose.interventions.entry import Facts, Rank, intervention
from stages.lib.params.edits import Edit, Sections

# Steps of the longest training that is tried: beyond it a fit no longer takes seconds.
MAX_STEPS = 30_000
FEW_EPOCHS = 8
# A step of Adam moves a weight by about the learning rate at most (Kingma, Ba, arXiv:1412.6980,
# section 2.1): at 0.001 it takes a thousand for a weight to change by one.
MIN_STEPS = 1000
PATIENCE = 10  # scikit-learn's n_iter_no_change


@intervention(
    150,
    Rank.RECOMMENDED,
    "rows in the order of a table give steps that pull one way, then another",
)
def shuffled_rows(sections: Sections, facts: Facts) -> Iterator[Edit]:
    yield {"train.shuffle": True}


@intervention(180, Rank.RECOMMENDED, "too few steps an epoch, or too noisy ones")
def usual_batch(sections: Sections, facts: Facts) -> Iterator[Edit]:
    # Between 8 and 256 rows a step, and at least ten steps an epoch, a batch size is no fault.
    size = sections["train"]["batch_size"]
    if not 8 <= size <= max(32, min(256, facts.rows / 10)):
        yield {"train.batch_size": 32}


@intervention(182, Rank.RECOMMENDED, "gradients that are summed up over batches make fewer steps")
def step_at_each_batch(sections: Sections, facts: Facts) -> Iterator[Edit]:
    yield {"train.gradient_accumulation_steps": None}


@intervention(
    210,
    Rank.RECOMMENDED_SLOWER,
    "so few steps cannot carry the weights to where they help",
)
def enough_steps(sections: Sections, facts: Facts) -> Iterator[Edit]:
    batches, train = _steps_per_epoch(sections, facts), sections["train"]
    for_step = train["gradient_accumulation_steps"] or 1
    if train["epochs"] * batches < MIN_STEPS * for_step:
        yield {"train.epochs": -(-2 * MIN_STEPS * for_step // batches)}


@intervention(
    212, Rank.RECOMMENDED_SLOWER, "one unlucky epoch, or many small steps, are no end of learning"
)
def patient_stopping(sections: Sections, facts: Facts) -> Iterator[Edit]:
    stopping = sections["train"]["early_stopping"]
    if stopping["patience"] is None:
        return
    edit: Edit = {"train.early_stopping.min_delta": 0.0}
    if stopping["patience"] <= IMPATIENT:
        yield edit
        edit = edit | {"train.early_stopping.patience": PATIENCE}
    yield edit


@intervention(230, Rank.SEARCH, "patience may end training too soon")
def run_to_the_end(sections: Sections, facts: Facts) -> Iterator[Edit]:
    yield {"train.early_stopping.patience": None}


@intervention(300, Rank.SEARCH, "steps an epoch, and their noise")
def other_batch(sections: Sections, facts: Facts) -> Iterator[Edit]:
    size = min(sections["train"]["batch_size"], facts.rows)
    if size * 4 <= facts.rows / 4:
        yield {"train.batch_size": size * 4}
    if size >= 32:
        yield {"train.batch_size": size // 4}


@intervention(310, Rank.SEARCH, "it memorises after it has learnt")
def stop_early(sections: Sections, facts: Facts) -> Iterator[Edit]:
    if sections["train"]["early_stopping"]["patience"] is None:
        patience = max(5, sections["train"]["epochs"] // 10)
        if patience < sections["train"]["epochs"]:
            stop = {"train.early_stopping.patience": patience}
            yield {**stop, "train.early_stopping.restore_best": True}


@intervention(320, Rank.SEARCH, "it memorises after it has learnt")
def fewer_epochs(sections: Sections, facts: Facts) -> Iterator[Edit]:
    if sections["train"]["epochs"] >= 8:
        yield {"train.epochs": sections["train"]["epochs"] // 4}


@intervention(360, Rank.SEARCH_SLOWER, "it is still learning when training ends")
def longer(sections: Sections, facts: Facts) -> Iterator[Edit]:
    yield from _epochs_times(4, sections, facts)


@intervention(370, Rank.SEARCH_SLOWER, "it is still learning when training ends")
def much_longer(sections: Sections, facts: Facts) -> Iterator[Edit]:
    # A handful of epochs can be far too few; from there on four times as many will show it.
    if sections["train"]["epochs"] <= FEW_EPOCHS:
        yield from _epochs_times(16, sections, facts)


def _epochs_times(factor: int, sections: Sections, facts: Facts) -> Iterator[Edit]:
    """Up to so many times the epochs, within MAX_STEPS."""
    epochs = sections["train"]["epochs"]
    affordable = MAX_STEPS // _steps_per_epoch(sections, facts)
    more = min(epochs * factor, max(epochs, affordable))
    # A little longer teaches nothing that twice as long does not.
    if more >= 2 * epochs:
        yield {"train.epochs": more, "train.early_stopping.patience": None}


def steps_of(sections: Sections, facts: Facts) -> int:
    """The steps of the whole training, one at least."""
    train = sections["train"]
    batches = train["epochs"] * _steps_per_epoch(sections, facts)
    return max(1, batches // (train["gradient_accumulation_steps"] or 1))


def _steps_per_epoch(sections: Sections, facts: Facts) -> int:
    return -(-facts.rows // int(sections["train"]["batch_size"]))
