"""The whole job: its stages in order, its session, its signals, what it reports."""
