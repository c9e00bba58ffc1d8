"""A store with tiny runs, for tests."""

from collections.abc import Callable
from pathlib import Path

import pytest

from jobs.errors import ExitCode, NeuronarioError
from jobs.store.run import Run
from jobs.store.store import commit_run
from tests.support.tiny_run import PAGES, tiny_content, tiny_inputs


def add_run(place: Path, seed: int = 0) -> Run:
    return commit_run(place, tiny_content(seed), PAGES, tiny_inputs(seed))


def code_of(action: Callable[[], object]) -> tuple[ExitCode, str]:
    with pytest.raises(NeuronarioError) as caught:
        action()
    assert "\n" not in str(caught.value)
    return caught.value.code, str(caught.value)
