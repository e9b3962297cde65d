"""One comparison of two programs."""

from dataclasses import dataclass

from stages.lib.params.edits import Edit
from stages.tools.claims.world import World


@dataclass(frozen=True)
class Condition:
    """One comparison: `worse` and `better` are what the claim takes them for.

    Each side is one edit of the program, or several, of which the one with the lowest validation
    loss is taken. measure: an entry of MEASURES. x and series: where it stands in a figure over
    numbers. either: an effect in either direction bears the claim out.
    """

    label: str
    world: World
    worse: tuple[Edit, ...]
    better: tuple[Edit, ...]
    measure: str = "held_out"
    series: str = ""
    x: float | None = None
    either: bool = False
