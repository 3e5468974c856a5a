"""Worlds that are changed by hand, to see what a change does."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from benchmarks.synthetic.world import World

TABLES = ("people", "visits", "poses", "nuisances")


def altered(world: World, **changes: object) -> World:
    """A copy of a world in which some columns of its tables are replaced."""
    copy = replace(world)
    left = dict(changes)
    for name in TABLES:
        table = getattr(world, name)
        copy.__dict__[name] = replace(table, **{column: left.pop(column) for column in vars(table) if column in left})
    assert not left, f"no such columns: {sorted(left)}"
    return copy


def filled(world: World, value: float | bool) -> np.ndarray:
    """The same value for every sample."""
    return np.full(len(world), value)
