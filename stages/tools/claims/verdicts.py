"""From the outcomes of a claim's conditions to its verdict, and to words."""

from typing import Any


def verdict(conditions: list[dict[str, Any]]) -> str:
    """holds: every condition bears the claim out. does not hold: none does, and none is open.
    holds only when: some do. undecided: none does, and not all speak against it."""
    outcomes = [one["outcome"] for one in conditions]
    if all(one == "supports" for one in outcomes):
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
    outcomes = {one["outcome"] for one in conditions}
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
    several = len({one["series"] for one in conditions}) > 1
    for series in dict.fromkeys(one["series"] for one in conditions):
        own = [one for one in conditions if one["series"] == series]
        found = [one for one in own if one["outcome"] == outcome]
        if not found:
            continue
        if axis is None or not series:
            parts += [one["label"] for one in found]
        else:
            place = _range([one["x"] for one in own], [one["x"] for one in found], axis)
            parts.append(f"{series} {place}" if several else place)
    return ", ".join(parts)


def _range(places: list[float], found: list[float], axis: str) -> str:
    """Where along the axis: from one place on, up to one, at every one, or which."""
    if found == places:
        return f"at any number of {axis}"
    if len(found) > 1 and found == places[-len(found) :]:
        return f"from {found[0]} {axis} on"
    if len(found) > 1 and found == places[: len(found)]:
        return f"up to {found[-1]} {axis}"
    one = found == [1]
    return f"at {_and([str(place) for place in found])} {axis.removesuffix('s') if one else axis}"


def _and(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
