"""Efficiency tables: size, cost, speed and memory of methods, measured and not trained."""
