"""The command line: a verb is a function, an error is one line and an exit code."""
