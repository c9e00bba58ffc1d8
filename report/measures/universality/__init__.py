"""What belongs to the network and what to the dice: units of one seed, looked for in others."""
