"""What an intervention is: a function from a program to the edits worth trying on it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum

from stages.lib.keras_fit.facts import ModelFacts
from stages.lib.params.edits import Edit, Sections
from stages.lib.params.families import families, family_of
from stages.lib.vocabulary.tasks import Task


class Rank(float, Enum):
    """How far an edit goes. Of edits that are equally good the one of the lowest rank is
    prescribed; evidence for an edit's family moves it forward by half a rank."""

    CONTRADICTS_DATA = 0.0  # the present setting contradicts the data
    RECOMMENDED = 1.0  # the edit returns a setting to its recommended value
    RECOMMENDED_SLOWER = 1.5  # the same, where that costs more time
    SEARCH = 2.0  # the edit searches beyond recommended values
    SEARCH_SLOWER = 3.0  # the same, where that costs more time
    SEVERAL_NETWORKS = 4.0  # no edit of the network: tried last, where no such edit helps any more

    @property
    def is_recommended(self) -> bool:
        """Whether the edit goes no further than to recommended values."""
        return self < Rank.SEARCH


@dataclass(frozen=True)
class Facts:
    """What an intervention may look at beside the program.

    Attributes:
        rows: of the training data.
        task: what is predicted.
        categorical: whether there are text columns.
        many_levels: a text column has many of them.
        skewness: the largest of a regression's targets.
        families: those that the diagnosis may edit.
        inputs: of the network.
        heavy_tails: the errors of a regression have heavier tails than a Laplace distribution.
        outlying: numeric columns with rows far from all others.
        outlying_target: a regression's target has such rows.
        telling: how many columns of numbers say something of the target by themselves, where most
            others do not; else None.
        coded: columns of whole numbers that look like codes.
        cyclic: columns of numbers that go round.
        turning: columns of measured numbers along which the target turns more than once.
        far_reaching: a column of numbers reaches so far that a logarithm leaves it long.
        gaps: a numeric column has gaps in the training rows.
        dying: units of a hidden layer are dead, all of them before training at some seeds or
            many of them after it.
        unstable: training diverged, or its gradients exploded before the first step.
        short: there is no time to train programs for all of their steps.
        model: of a Keras model, what an edit of it would find; None of a chain.
    """

    rows: int
    task: Task
    categorical: bool
    skewness: float
    families: tuple[str, ...] = field(default_factory=families)
    inputs: int = 0
    many_levels: bool = False
    heavy_tails: bool = False
    outlying: tuple[str, ...] = ()
    outlying_target: bool = False
    telling: int | None = None
    coded: tuple[str, ...] = ()
    cyclic: tuple[str, ...] = ()
    turning: tuple[str, ...] = ()
    far_reaching: bool = False
    gaps: bool = False
    dying: bool = False
    unstable: bool = False
    short: bool = False
    model: ModelFacts | None = None

    @property
    def as_they_come(self) -> dict[str, str]:
        """Exceptions of `normalize.columns` that any scaling leaves alone: numbers that a model
        looks up."""
        return {} if self.model is None else dict.fromkeys(self.model.codes, "none")


Propose = Callable[[Sections, Facts], Iterator[Edit]]


@dataclass(frozen=True)
class Intervention:
    """propose: the edits worth trying on a program, none where it does not apply. order: of two
    that propose the same edit the earlier one counts, and the recommended program is made in this
    order. why: what it is hoped to mend."""

    name: str
    order: int
    rank: Rank
    why: str
    propose: Propose


def intervention(order: int, rank: Rank, why: str) -> Callable[[Propose], Intervention]:
    """Enters a function into the table, under its own name."""

    def enter(propose: Propose) -> Intervention:
        return Intervention(propose.__name__, order, rank, why, propose)

    return enter


@dataclass(frozen=True)
class Candidate:
    """One edit worth a trial. `edit` holds only keys that it changes."""

    intervention: str
    rank: Rank
    why: str
    edit: Edit

    @property
    def families(self) -> tuple[str, ...]:
        """In the order of the edit's keys."""
        return families_of(self.edit)


def families_of(edit: Edit) -> tuple[str, ...]:
    """The families of an edit's keys, each once."""
    return tuple(dict.fromkeys(family_of(key) for key in edit))
