"""A sentence for every unit, fitted on one half of the probe and scored on the other."""
