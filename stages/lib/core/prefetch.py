"""The next item is made while the last one is in use."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")


class _End:
    """Stands behind the last item."""


def prefetch(items: Iterable[Item]) -> Iterator[Item]:
    """The same; while one is in use, the next is made in a thread. What that raises comes here."""
    iterator, end = iter(items), _End()
    with ThreadPoolExecutor(1) as thread:
        coming = thread.submit(next, iterator, end)
        while not isinstance(item := coming.result(), _End):
            coming = thread.submit(next, iterator, end)
            yield item
