"""Runs on disk: written whole or not at all, read back verified, kept, pruned."""
