"""Makes the next items while the last ones are being used: processor and disk at work together."""

from collections import deque
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TypeVar

Item = TypeVar("Item")


def prefetched(items: Iterator[Item], most: int) -> "closing[Generator[Item, None, None]]":
    """The same items in the same order, up to ``most`` of them made by another thread before they
    are asked for; an error arises where its item would have come.

    To be used in a ``with`` statement: at its end nothing more is made, also after an error.
    """
    return closing(_prefetched(items, most))


def _prefetched(items: Iterator[Item], most: int) -> Generator[Item, None, None]:
    with ThreadPoolExecutor(1) as worker:
        waiting = deque(worker.submit(next, items, None) for _ in range(most))
        try:
            while (item := waiting.popleft().result()) is not None:
                waiting.append(worker.submit(next, items, None))
                yield item
        finally:
            for future in waiting:
                future.cancel()
