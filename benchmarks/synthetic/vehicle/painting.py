"""All parts of vehicles in the order in which they are painted."""

from __future__ import annotations

from collections.abc import Iterator

from ..draws import Ints
from ..parts import Part
from ..world import World
from . import ends, sides
from .body import Body, stand
from .materials import Materials, materials


def parts(world: World, rows: Ints) -> Iterator[Part]:
    """All parts of the vehicles of some samples (B,), from the hindmost to the foremost."""
    vehicles, stances = world.vehicles.take(world.visits.row[rows]), world.stances
    stuff = materials(vehicles, stances.lit[rows], stances.driven[rows], world.visits.time[rows])
    return _in_order(stand(vehicles, stances, rows, world.image_size), stuff)


def _in_order(body: Body, stuff: Materials) -> Iterator[Part]:
    yield from sides.underneath(body, stuff)
    yield from sides.shell(body, stuff)
    yield from sides.cabin(body, stuff)
    yield from ends.cabin(body, stuff)
    yield from sides.trim(body, stuff)
    yield from ends.shell(body, stuff)
    yield from ends.face(body, stuff)
    yield from ends.tail(body, stuff)
    yield from sides.wheels(body, stuff)
    yield from ends.rack(body, stuff)
