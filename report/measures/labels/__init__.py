"""Which concept a unit follows, with every control beside the score."""
