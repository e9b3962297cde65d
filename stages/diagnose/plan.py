"""How much of a diagnosis fits into `diagnose.seconds`: divisions, seeds, edits, and steps."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from stages.lib.keras_fit.arms import START_SECONDS, TRACE_SECONDS
from stages.lib.mlp.backends import THREADS_AT_ONCE
from stages.lib.mlp.nominal import COMPILE_SECONDS
from stages.lib.params.edits import checked
from stages.lib.params.model import is_model
from stages.lib.params.schema import Diagnose
from stages.lib.trials.programs import alone_seconds, fit_seconds, program_of
from stages.lib.trials.subject import Subject

# An edit's fits take so many times as long as those of the program as it is, since some train
# longer or larger networks.
CANDIDATE_COST = 1.5
# And as few seeds: of a mean of five the 95 % interval is some 2.8 standard errors wide to each
# side (Student), of three it is 4.3.
LEAST_SEEDS, LEAST_SCREENING_SEEDS = 5, 2
# A sample smaller than this is another problem than the one that is asked about, and a table no
# larger trains in seconds.
MIN_ROWS = 1000
# Fewer steps leave the weights about where they began: at a rate of 0.001 a step of Adam moves a
# weight by about as much at most (Kingma, Ba, arXiv:1412.6980, section 2.1).
MIN_STEPS = 1000
# Fits of each program with all of its steps, which a short search was to avoid; the first is at the
# run's own seed. Fewer where they would take more than this share of the seconds, though no fewer
# than an interval takes.
VERIFYING_SEEDS, LEAST_VERIFYING_SEEDS = 3, 2
VERIFYING_SHARE = 0.4
# Checks, references and the statistics of row losses: what they take whatever the size, and for
# each row of the table.
FIXED_SECONDS = 2.0
ROW_SECONDS = 1e-5


@dataclass(frozen=True)
class Search:
    """A usual search.

    Attributes:
        candidates: so many edits of the program at the screening seeds, and as few as a plan comes
            down to: those that most speaks for.
        searches: on so many programs: as it is, with an edit, without one of its keys.
        judged: so many programs are judged.
        ready_seconds: of wall time, for what compiling there is, by the number of candidates.
    """

    candidates: tuple[int, ...]
    searches: float
    judged: int
    ready_seconds: Callable[[int], float]


# The engine compiles some thirty graphs, each for many arms.
OF_CHAINS = Search(
    (30, 20, 12), 2.5, 16, lambda count: min(30, count) * COMPILE_SECONDS / THREADS_AT_ONCE
)
# Less is left of it before any program is trained for fewer steps: what most speaks for an edit, on
# the program as it is; the edited one has what is left.
LEAN = Search((8, 6, 4), 1.5, 6, lambda count: min(30, count) * COMPILE_SECONDS / THREADS_AT_ONCE)
# Keras' fit is so much slower that what little most speaks for goes first, on the program as it is;
# the edited one has what is left. Its processes start once, and each program is traced anew.
OF_MODELS = Search(
    (20, 12, 6, 4),
    1.5,
    6,
    lambda count: START_SECONDS + 3 * count * TRACE_SECONDS / THREADS_AT_ONCE,
)


@dataclass(frozen=True)
class Plan:
    """What a diagnosis is to do.

    Attributes:
        rows: training rows to sample; None for all of them.
        epochs: a factor of every program's epochs in the search, 1 for all of them.
        divisions: of the rows, at most.
        screening_seeds, seeds: by which edits are chosen, and on which they are judged.
        verifying_seeds: on which all that is told is trained with all steps, where the search is
            short.
        seconds: what the search may take, at nominal speeds.
    """

    rows: int | None
    epochs: float
    divisions: int
    screening_seeds: int
    seeds: int
    verifying_seeds: int
    seconds: float

    @property
    def is_short(self) -> bool:
        """The search trains programs for fewer steps than they have."""
        return self.rows is not None or self.epochs < 1.0


@dataclass(frozen=True)
class _Work:
    """What a search trains."""

    search: Search
    divisions: int
    seeds: int
    screening_seeds: int
    candidates: int

    @property
    def fits(self) -> float:
        """As many fits of the program as it is take as long."""
        search = self.search
        screened = self.candidates * CANDIDATE_COST * search.searches * self.screening_seeds
        return screened + search.judged * self.seeds * self.divisions

    @property
    def ready_seconds(self) -> float:
        """Of wall time, before the first steps."""
        return self.search.ready_seconds(self.candidates)


def plan(subject: Subject, settings: Diagnose, divisions: int, least_divisions: int) -> Plan:
    """The most that takes about `diagnose.seconds` on two cores.

    First there are fewer divisions of the rows, then fewer judging and screening seeds, then fewer
    candidates (the search leaves those out that least speaks for), and only then fewer steps: of a
    sample of the rows for as many steps as of all of them nothing would be saved, so it is epochs
    that go, and rows only of a program that has no epochs to spare. A plan from nominal speeds and
    not a clock, so that the same params give the same result on a busy machine.

    Args:
        divisions: that there are.
        least_divisions: as many hold out enough rows to judge by.
    """
    train = checked(subject.sections)[1]
    arm = program_of(train, subject.task, subject.state)
    search = OF_MODELS if is_model(subject.sections) else OF_CHAINS
    rows = {split: len(x) for split, x in subject.x.items()}
    left = settings.seconds - fixed_seconds(rows)
    # A quarter at least, or a small number of seconds would leave nothing to search in.
    left = max(left, 0.25 * settings.seconds)
    one = fit_seconds(arm, rows)
    for work in _works(search, settings, divisions, least_divisions):
        if work.ready_seconds + work.fits * one <= left:
            return Plan(None, 1.0, work.divisions, work.screening_seeds, work.seeds, 0, left)
    verifying = VERIFYING_SEEDS
    fewest = LEAST_VERIFYING_SEEDS
    while verifying > fewest and alone_seconds(arm, rows, verifying) > VERIFYING_SHARE * left:
        verifying -= 1
    seconds = max(left - alone_seconds(arm, rows, verifying), 0.25 * left)
    training = max(seconds - work.ready_seconds, 0.25 * seconds)
    of_steps = one - fit_seconds(arm, rows | {"train": 0})
    steps = train.epochs * -(-rows["train"] // train.batch_size)
    share = (training / work.fits - (one - of_steps)) / of_steps
    share = max(share, min(1.0, MIN_STEPS / steps))
    if share >= 1 or rows["train"] <= MIN_ROWS:  # of few rows all is done
        return Plan(None, 1.0, work.divisions, work.screening_seeds, work.seeds, 0, left)
    epochs = max(share, 1 / train.epochs)
    sample = max(MIN_ROWS, round(rows["train"] * share / epochs))
    sampled = sample < rows["train"]
    return Plan(
        sample if sampled else None,
        epochs,
        1 if sampled else work.divisions,
        work.screening_seeds,
        work.seeds,
        verifying,
        seconds,
    )


def fixed_seconds(rows: dict[str, int]) -> float:
    """What a diagnosis takes beside its fits.

    Args:
        rows: by split.
    """
    return FIXED_SECONDS + ROW_SECONDS * sum(rows.values())


def _works(
    search: Search, settings: Diagnose, divisions: int, least_divisions: int
) -> Iterator[_Work]:
    """Less and less, from all that the settings ask for."""
    seeds, screening = settings.seeds, settings.screening_seeds
    most, *fewer = search.candidates
    for count in range(divisions, least_divisions - 1, -1):
        yield _Work(search, count, seeds, screening, most)
    divisions = min(divisions, least_divisions)
    for count in range(seeds - 1, LEAST_SEEDS - 1, -1):
        yield _Work(search, divisions, count, screening, most)
    seeds = min(seeds, LEAST_SEEDS)
    for count in range(screening - 1, LEAST_SCREENING_SEEDS - 1, -1):
        yield _Work(search, divisions, seeds, count, most)
    screening = min(screening, LEAST_SCREENING_SEEDS)
    for count in fewer:
        yield _Work(search, divisions, seeds, screening, count)
    for count in LEAN.candidates if search is OF_CHAINS else ():
        yield _Work(LEAN, divisions, seeds, screening, count)
