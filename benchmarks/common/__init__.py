"""Floor 0: what every floor stands on. Imports nothing of this project."""
