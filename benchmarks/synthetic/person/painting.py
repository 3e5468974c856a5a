"""All parts of persons in the order in which they are painted."""

from __future__ import annotations

from collections.abc import Iterator

from ..draws import Ints
from ..parts import Part
from ..world import World
from . import carried
from .body import Body, pose
from .figure import arm, leg, skirt, trunk
from .head import hair_behind, head
from .materials import Materials, materials


def parts(world: World, rows: Ints) -> Iterator[Part]:
    """All parts of the persons of some samples (B,), from the hindmost to the foremost."""
    people = world.people.take(world.visits.row[rows])
    return _in_order(pose(people, world.poses, rows, world.image_size), materials(people))


def _in_order(body: Body, stuff: Materials) -> Iterator[Part]:
    yield from carried.behind(body, stuff)
    yield from arm(body, stuff, -1.0)
    yield from leg(body, stuff, -1.0)
    yield from leg(body, stuff, 1.0)
    yield from skirt(body, stuff)
    yield from trunk(body, stuff)
    yield from hair_behind(body, stuff)
    yield from head(body, stuff)
    yield from arm(body, stuff, 1.0)
    yield from carried.in_front(body, stuff)
    yield from carried.held(body, stuff)
