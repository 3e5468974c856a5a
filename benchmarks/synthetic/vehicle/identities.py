"""Drawing vehicles: groups that share type, brand and colour, without what does not go together."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..difficulty import Difficulty
from ..draws import Bools, Draws, Ints
from ..groups import Columns, draw_groups
from .attributes import VEHICLE, Roof, Type, Vehicles


def draw_vehicles(draws: Draws, identities: Ints, difficulty: Difficulty) -> Vehicles:
    """Draw the attributes of vehicles; see `groups.draw_groups`.

    Args:
        draws: the world's random numbers.
        identities: (I,) numbers of the identities.
        difficulty: size of the groups and number of differences.
    """
    return Vehicles(**draw_groups(draws, identities, VEHICLE, difficulty, _consistent))


def _consistent(shared: Columns, differs: Mapping[str, Bools]) -> Columns:
    """Rule out what does not go together: trucks have no spoilers, and minivans that are alike in the roof none that slopes."""
    spoiler = np.where(shared["type"] == Type.TRUCK, 0, shared["spoiler"])
    sloped = (shared["type"] == Type.MINIVAN) & (shared["roof"] == Roof.SLOPED) & ~differs["roof"]
    return {**shared, "spoiler": spoiler, "roof": np.where(sloped, Roof.FLAT, shared["roof"])}
