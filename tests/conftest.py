"""Settings for all tests."""

from hypothesis import settings

# No deadlines: a busy machine is no failure. Derandomised: CI gives the same answer every time.
settings.register_profile("neuronario", deadline=None, derandomize=True, max_examples=50)
settings.load_profile("neuronario")
