"""Settings for all tests."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

# The program words errors differently in CI; tests of that set these themselves.
for name in ("CI", "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"):
    os.environ.pop(name, None)

# Compiled programs of the tests' tiny networks are shared by all processes, apart from the user's.
os.environ["NEURONARIO_CACHE"] = str(Path(__file__).parents[1] / ".cache" / "tests")

# No deadlines: a busy machine is no failure. Derandomised: CI gives the same answer every time.
settings.register_profile("neuronario", deadline=None, derandomize=True, max_examples=50)
settings.load_profile("neuronario")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of minutes, whose kind a shorter test tries too, wait for ``make long``."""
    if os.environ.get("LONG") == "all":
        return
    for item in items:
        if item.get_closest_marker("long"):
            item.add_marker(pytest.mark.skip(reason="takes minutes: make long"))


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Where a test makes its store."""
    return tmp_path / "store"
