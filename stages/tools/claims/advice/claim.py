"""What a claim is: advice taken apart, each part with the conditions that bear it out or not."""

from collections.abc import Callable
from dataclasses import dataclass

from stages.tools.claims.condition import Condition
from stages.tools.claims.settings import Settings


@dataclass(frozen=True)
class Part:
    """One of the things that a claim says, and what it is measured by."""

    says: str
    conditions: Callable[[Settings], list[Condition]]


@dataclass(frozen=True)
class Claim:
    """says: the advice as it is usually given. axis: the meaning of its conditions' x, where they
    have one."""

    letter: str
    title: str
    says: str
    parts: tuple[Part, ...]
    axis: str | None = None
