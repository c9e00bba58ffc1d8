"""What is measured about each unit: pure functions of a trace, NumPy and SciPy only."""
