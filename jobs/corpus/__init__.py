"""The text: read from files or made by a generator, as ids, with its parts."""
