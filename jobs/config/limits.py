"""Limits that the configuration and the command line share; nothing heavy is imported here."""

# The scores of float32 are divided by it: below, the likeliest character is drawn anyway; above,
# all are equally likely.
LEAST_TEMPERATURE = 0.001
MOST_TEMPERATURE = 1_000.0
WARM_UP = 1_024  # characters that a network reads before a shard of a large text
