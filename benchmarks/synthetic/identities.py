"""Drawing identities that are easy to confuse: groups share what catches the eye and differ in a few attributes each."""

from __future__ import annotations

import numpy as np

from .attributes import PERSON, Bag, Gender, Hair, Lower, People, Upper
from .difficulty import Difficulty
from .draws import Bools, Draws, Ints

_DISTINGUISHING = tuple(name for name, attribute in PERSON.items() if attribute.distinguishes)


def draw_people(draws: Draws, identities: Ints, difficulty: Difficulty) -> People:
    """Draw the attributes of identities.

    Identities k * group_size to (k + 1) * group_size - 1 are a group. They share all attributes but `differences` of each,
    and no two depart from the group in the same attribute, so any two of a group differ in 2 * `differences` attributes.

    Args:
        draws: the world's random numbers.
        identities: (I,) numbers of the identities.
        difficulty: size of the groups and number of differences.
    """
    group, member = identities // difficulty.group_size, identities % difficulty.group_size
    departs = _departures(draws, group, member, difficulty)
    shared = _make_consistent(_draw_shared(draws, group), departs["bag_colour"].any_in_group)
    columns = {}
    for name, column in shared.items():
        columns[name] = column
        if name in departs:
            values = len(PERSON[name].values)
            step = 1 + draws.integers(f"departure/{name}", values - 1, identities)
            columns[name] = np.where(departs[name].here, (column + step) % values, column)
    return People(**columns)


class _Departure:
    """Which identities depart from their group in an attribute, and which have one in their group that does."""

    def __init__(self, rank: Ints, member: Ints, difficulty: Difficulty) -> None:
        taken = rank < difficulty.group_size * difficulty.differences
        self.any_in_group: Bools = taken
        self.here: Bools = taken & (rank // difficulty.differences == member)


def _departures(draws: Draws, group: Ints, member: Ints, difficulty: Difficulty) -> dict[str, _Departure]:
    """Deal each group's attributes, in an order of its own, to its members."""
    order = draws.keys("departures", group[:, None], np.arange(len(_DISTINGUISHING)))
    ranks = np.argsort(np.argsort(order, axis=1, kind="stable"), axis=1, kind="stable")
    return {name: _Departure(ranks[:, place], member, difficulty) for place, name in enumerate(_DISTINGUISHING)}


def _draw_shared(draws: Draws, group: Ints) -> dict[str, Ints]:
    return {name: draws.choice(f"shared/{name}", attribute.weights, group) for name, attribute in PERSON.items()}


def _make_consistent(shared: dict[str, Ints], needs_bag: Bools) -> dict[str, Ints]:
    """Rule out what does not go together, so that every difference can be seen.

    Men wear neither dress nor skirt, nothing short is worn under a dress, and a group that differs in the colour of bags has
    bags.
    """
    male = shared["gender"] == Gender.MALE
    upper = np.where(male & (shared["upper"] == Upper.DRESS), Upper.SHIRT, shared["upper"])
    lower = np.where(male & (shared["lower"] == Lower.SKIRT), Lower.SHORTS, shared["lower"])
    lower = np.where((upper == Upper.DRESS) & (lower >= Lower.SHORTS), Lower.TROUSERS, lower)
    bag = np.where(needs_bag & (shared["bag"] == Bag.NONE), Bag.BACKPACK, shared["bag"])
    hair = np.where(male & (shared["hair_length"] == Hair.LONG), Hair.SHORT, shared["hair_length"])
    return {**shared, "upper": upper, "lower": lower, "bag": bag, "hair_length": hair}
