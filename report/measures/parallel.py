"""Work shared between cores.

NumPy lets go of Python's lock, so threads share work, each with products on one core. That is
faster than letting every product use all cores: most are small, and threads that wait for the next
one take a core from whoever has work. And the bits do not depend on the number of cores.
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from threadpoolctl import threadpool_limits

Item = TypeVar("Item")
Result = TypeVar("Result")

AT_ONCE = 2


@contextmanager
def one_core_each() -> Iterator[None]:
    """While it lasts, every matrix product runs on the core that asked for it."""
    with threadpool_limits(1, user_api="blas"):
        yield


def side_by_side(work: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """``work(item)`` of each item, in their order, ``AT_ONCE`` at a time."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(work, items))
