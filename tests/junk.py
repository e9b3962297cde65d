"""What a stranger may put into a JSON file, and where."""

from hypothesis import strategies as st

JUNK = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20),
    st.just([]), st.just({}), st.just([None]), st.just(1e300), st.just(10**400),
)  # fmt: skip


def places(content, at=()) -> list[tuple]:
    """The way to every value inside."""
    inner = content.items() if isinstance(content, dict) else enumerate(content)
    found = []
    for key, value in inner:
        found.append((*at, key))
        if isinstance(value, dict | list):
            found += places(value, (*at, key))
    return found
