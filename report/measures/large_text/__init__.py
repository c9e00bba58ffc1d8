"""A run's units on a text too large for its states to be kept: counted shard by shard."""
