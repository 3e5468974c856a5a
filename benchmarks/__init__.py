"""Floor 1: what methods are compared on. Knows files, not models."""
