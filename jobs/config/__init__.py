"""The configuration: its schema, reading it, the wording of its problems, its memory."""
