"""What a claim is: advice taken apart into statements that two programs can decide."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from stages.tools.claims.settings import Settings
from stages.tools.claims.side import Side

# The two programs of a part: the claim says that the first comes off worse.
Pair = Callable[[Settings], tuple[Side, Side]]


@dataclass(frozen=True)
class Part:
    """One of the things that a claim says.

    Attributes:
        says: in at most six words; the first program of the pair is the one that "loses".
        pair: the two programs.
        measure: what the first has more of, an entry of MEASURES.
        on: the kind of tables, an entry of datasets.table.KINDS.
        networks: an entry of networks.CHOICES.
    """

    says: str
    pair: Pair
    measure: str = "held_out"
    on: str = "every table"
    networks: str = "own"


@dataclass(frozen=True)
class Claim:
    """A piece of advice.

    Attributes:
        letter: under which it stands in the report.
        title: in a few words.
        says: the advice as it is usually given.
        parts: the first of them is the one that decides what to do.
        first, second: the programs of that part, as a reader calls them.
        do: what to do by the verdict of the first part, where the usual sentence does not fit.
    """

    letter: str
    title: str
    says: str
    parts: tuple[Part, ...]
    first: str
    second: str
    do: Mapping[str, str] = field(default_factory=dict)
