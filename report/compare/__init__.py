"""What changed between two runs: inputs, quality, units, labels, sample; text, JSON, gates."""
