"""Drawing identities that are easy to confuse: groups share what catches the eye and differ in a few attributes each."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from .attribute import Attribute
from .difficulty import Difficulty
from .draws import Bools, Draws, Ints

Columns = dict[str, Ints]
"""For each attribute the position (I,) of each identity's value."""
Consistent = Callable[[Columns, Mapping[str, Bools]], Columns]
"""Rules out what does not go together: from what the groups share, and in which attributes (I,) a member of each departs."""


def draw_groups(
    draws: Draws, identities: Ints, attributes: Mapping[str, Attribute], difficulty: Difficulty, consistent: Consistent
) -> Columns:
    """Draw the attributes of identities.

    Identities k * group_size to (k + 1) * group_size - 1 are a group. They share all attributes but `differences` of each,
    and no two depart from the group in the same attribute, so any two of a group differ in 2 * `differences` attributes.

    Args:
        draws: the world's random numbers.
        identities: (I,) numbers of the identities.
        attributes: what is drawn, in this order.
        difficulty: size of the groups, number of differences, and how varied the values are.
        consistent: see `Consistent`.
    """
    group, member = identities // difficulty.group_size, identities % difficulty.group_size
    departs = _departures(draws, group, member, attributes, difficulty)
    shared = {
        name: draws.choice(f"shared/{name}", _weights(attribute, difficulty), group) for name, attribute in attributes.items()
    }
    columns = consistent(shared, {name: departure.any_in_group for name, departure in departs.items()})
    for name, departure in departs.items():
        other = _another(draws, name, attributes[name], columns[name], identities, difficulty)
        columns[name] = np.where(departure.here, other, columns[name])
    return columns


def _weights(attribute: Attribute, difficulty: Difficulty) -> list[float]:
    """Weights between those of the attribute and equal ones."""
    even = sum(attribute.weights) / len(attribute.weights)
    return [weight + (even - weight) * difficulty.variety for weight in attribute.weights]


def _another(draws: Draws, name: str, attribute: Attribute, column: Ints, identities: Ints, difficulty: Difficulty) -> Ints:
    """For each identity a value (I,) other than its group's (I,), as frequent as it is elsewhere."""
    result = column
    for value in range(len(attribute.values)):
        weights = _weights(attribute, difficulty)
        weights[value] = 0
        result = np.where(column == value, draws.choice(f"departure/{name}", weights, identities), result)
    return result


class _Departure:
    """Which identities depart from their group in an attribute, and which have one in their group that does."""

    def __init__(self, rank: Ints, member: Ints, difficulty: Difficulty) -> None:
        taken = rank < difficulty.group_size * difficulty.differences
        self.any_in_group: Bools = taken
        self.here: Bools = taken & (rank // difficulty.differences == member)


def _departures(
    draws: Draws, group: Ints, member: Ints, attributes: Mapping[str, Attribute], difficulty: Difficulty
) -> dict[str, _Departure]:
    """Deal each group's distinguishing attributes, in an order of its own, to its members."""
    names = [name for name, attribute in attributes.items() if attribute.distinguishes]
    order = draws.keys("departures", group[:, None], np.arange(len(names)))
    ranks = np.argsort(np.argsort(order, axis=1, kind="stable"), axis=1, kind="stable")
    return {name: _Departure(ranks[:, place], member, difficulty) for place, name in enumerate(names)}
