"""Figures of a report: each module registers one with `FIGURES.register(order)` or `ROW_FIGURES.register(order)`."""
