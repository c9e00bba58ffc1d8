"""Pieces of work that any process can do, and how they are handed out: a few ahead, never all."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

Call = Callable[..., Any]  # of a module: a worker finds it by its name
Done = Iterator[tuple[int, Any]]  # number of a task and what it gave, as they are finished
AHEAD = 2  # tasks for each worker that are handed out before it asks


@dataclass(frozen=True)
class Task:
    """One piece of work: ``call(*arguments)``, after what all share, where they share something."""

    number: int
    name: str  # for messages
    arguments: tuple[Any, ...]
