"""Drawing persons: groups that share clothes, without what does not go together."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..difficulty import Difficulty
from ..draws import Bools, Draws, Ints
from ..groups import Columns, draw_groups
from .attributes import PERSON, Bag, Gender, Hair, Lower, People, Upper


def draw_people(draws: Draws, identities: Ints, difficulty: Difficulty) -> People:
    """Draw the attributes of persons; see `groups.draw_groups`.

    Args:
        draws: the world's random numbers.
        identities: (I,) numbers of the identities.
        difficulty: size of the groups and number of differences.
    """
    return People(**draw_groups(draws, identities, PERSON, difficulty, _consistent))


def _consistent(shared: Columns, differs: Mapping[str, Bools]) -> Columns:
    """Rule out what does not go together, so that every difference can be seen.

    Men wear neither dress nor skirt, nothing short is worn under a dress, and a group that differs in the colour of bags has
    bags.
    """
    male = shared["gender"] == Gender.MALE
    upper = np.where(male & (shared["upper"] == Upper.DRESS), Upper.SHIRT, shared["upper"])
    lower = np.where(male & (shared["lower"] == Lower.SKIRT), Lower.SHORTS, shared["lower"])
    lower = np.where((upper == Upper.DRESS) & (lower >= Lower.SHORTS), Lower.TROUSERS, lower)
    bag = np.where(differs["bag_colour"] & (shared["bag"] == Bag.NONE), Bag.BACKPACK, shared["bag"])
    hair = np.where(male & (shared["hair_length"] == Hair.LONG), Hair.SHORT, shared["hair_length"])
    return {**shared, "upper": upper, "lower": lower, "bag": bag, "hair_length": hair}
