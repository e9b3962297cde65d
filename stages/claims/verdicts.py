"""From a claim's conditions to its verdict."""


def verdict(conditions: list[dict]) -> str:
    """holds: every condition bears the claim out. does not hold: none does, and none is open.
    holds only when: some do. undecided: none does, and not all speak against it."""
    outcomes = [one["outcome"] for one in conditions]
    if all(one == "supports" for one in outcomes):
        return "holds"
    if "supports" in outcomes:
        return "holds only when"
    return "undecided" if "open" in outcomes else "does not hold"


def when(conditions: list[dict]) -> str:
    """The conditions that bear the claim out, in words: those along an axis by their range."""
    parts = []
    for series in dict.fromkeys(one["series"] for one in conditions):
        own = [one for one in conditions if one["series"] == series]
        good = [one for one in own if one["outcome"] == "supports"]
        if not series:
            parts += [one["label"] for one in good]
        elif good:
            parts.append(f"{series}: {_range(own, good)}")
    return "; ".join(parts)


def _range(own: list[dict], good: list[dict]) -> str:
    """Where along the axis: `from 4 on`, `up to 8`, `at every one`, or the numbers."""
    places = [one["x"] for one in own]
    found = [one["x"] for one in good]
    if found == places:
        return "at every one"
    if found == places[-len(found) :]:
        return f"from {found[0]} on"
    if found == places[: len(found)]:
        return f"up to {found[-1]}"
    return "at " + ", ".join(str(place) for place in found)
