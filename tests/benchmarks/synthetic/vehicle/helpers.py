"""Worlds of vehicles that are changed by hand, to see what a change does."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks.synthetic.vehicle.stances import View
from benchmarks.synthetic.world import ATTRIBUTES, World

TABLES = ("vehicles", "visits", "stances", "nuisances")
FRONTS = (View.FRONT, View.FRONT_LEFT, View.FRONT_RIGHT)
BACKS = (View.BACK, View.BACK_LEFT, View.BACK_RIGHT)
SIDES = tuple(view for view in View if view >= View.LEFT)
VIEWS_OF: dict[str, tuple[View, ...]] = {
    **dict.fromkeys(("headlights", "grille"), FRONTS),
    **dict.fromkeys(("taillights", "exhaust"), BACKS),
    **dict.fromkeys(("tires", "rims"), SIDES),
    "plate": (*FRONTS, *BACKS),
    "engine_heat": tuple(view for view in View if view != View.BACK),
    "spoiler": (*BACKS, View.LEFT, View.RIGHT),
}
"""From where what is not on every side can be seen."""


def altered(world: World, **changes: object) -> World:
    """A copy of a world in which some columns of its tables are replaced."""
    copy = replace(world)
    left = dict(changes)
    for name in TABLES:
        table: Any = getattr(world, name)
        copy.__dict__[name] = replace(table, **{column: left.pop(column) for column in vars(table) if column in left})
    assert not left, f"no such columns: {sorted(left)}"
    return copy


def filled(world: World, value: float | bool) -> np.ndarray:
    """The same value for every sample."""
    return np.full(len(world), value)


def other(world: World, name: str, value: int = 1, **changes: object) -> World:
    """A copy in which every vehicle has another value of an attribute."""
    count = len(ATTRIBUTES["vehicle"][name].values)
    return altered(world, **{name: (world.attributes[name] + value) % count}, **changes)
