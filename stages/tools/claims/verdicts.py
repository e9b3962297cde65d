"""From the outcomes of a claim's conditions to its verdict, and to words."""

from typing import Any


def verdict(conditions: list[dict[str, Any]]) -> str:
    """holds: every condition bears the claim out. does not hold: none does, and none is open.
    holds only when: some do. undecided: none does, and not all speak against it."""
    outcomes = [condition["outcome"] for condition in conditions]
    if all(outcome == "supports" for outcome in outcomes):
        return "holds"
    if "supports" in outcomes:
        return "holds only when"
    return "undecided" if "open" in outcomes else "does not hold"


# What an outcome is called where a part of a claim is put into words, in this order.
SPOKEN = {
    "supports": "yes",
    "reversed": "the reverse",
    "contradicts": "no",
    "open": "open",
}


def words(conditions: list[dict[str, Any]], axis: str | None) -> str:
    """How often a part is borne out: a single outcome, or under which conditions which."""
    outcomes = {condition["outcome"] for condition in conditions}
    if len(outcomes) == 1:
        return SPOKEN[outcomes.pop()]
    return "; ".join(
        f"{spoken}: {_where(conditions, outcome, axis)}"
        for outcome, spoken in SPOKEN.items()
        if outcome in outcomes
    )


def _where(conditions: list[dict[str, Any]], outcome: str, axis: str | None) -> str:
    """The conditions with this outcome; those along an axis by their range."""
    parts = []
    several = len({condition["series"] for condition in conditions}) > 1
    for series in dict.fromkeys(condition["series"] for condition in conditions):
        of_series = [condition for condition in conditions if condition["series"] == series]
        matching = [condition for condition in of_series if condition["outcome"] == outcome]
        if not matching:
            continue
        if axis is None or not series:
            parts += [condition["label"] for condition in matching]
        else:
            place = _range(
                [condition["x"] for condition in of_series],
                [condition["x"] for condition in matching],
                axis,
            )
            parts.append(f"{series} {place}" if several else place)
    return ", ".join(parts)


def _range(places: list[float], matching: list[float], axis: str) -> str:
    """Where along the axis: from one place on, up to one, at every one, or which."""
    if matching == places:
        return f"at any number of {axis}"
    if len(matching) > 1 and matching == places[-len(matching) :]:
        return f"from {matching[0]} {axis} on"
    if len(matching) > 1 and matching == places[: len(matching)]:
        return f"up to {matching[-1]} {axis}"
    noun = axis.removesuffix("s") if matching == [1] else axis
    return f"at {_and([str(place) for place in matching])} {noun}"


def _and(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
