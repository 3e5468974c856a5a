"""Vehicles: what they are like, how they are painted, what can be seen of them, and how it is told."""
