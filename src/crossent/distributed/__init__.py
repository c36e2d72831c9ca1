"""Losses over several processes: what they have in common must be added up before it divides."""
