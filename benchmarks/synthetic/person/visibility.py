"""Which true attribute of a person can be seen in which modality of a sample.

Attributes are looked up at anchor points on the body. An attribute is lost when something stands before all points of its
region, when headlights wash them out, when its cue does not survive the darkness or the blur, when the person shows the other
side, or when the modality cannot show it at all.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np

from ..draws import Bools, Floats, Ints
from ..sight import Sight
from ..world import World
from .attributes import PERSON, Bag, Pattern, Region
from .poses import View

_POINTS: dict[Region, tuple[tuple[float, float], ...]] = {
    Region.HEAD: ((0.0, 0.07),),
    Region.UPPER: ((-0.085, 0.30), (0.085, 0.30), (0.0, 0.24)),
    Region.LOWER: ((-0.045, 0.66), (0.045, 0.66)),
    Region.FEET: ((-0.04, 0.97), (0.04, 0.97)),
    Region.WHOLE: ((0.0, 0.07), (-0.085, 0.30), (0.085, 0.30), (-0.045, 0.66), (0.045, 0.66)),
}
"""Anchor points: distance from the middle and height below the crown, in heights of the person."""
_BAG_POINT = np.array([(0, 0.3), (0, 0.3), (0.15, 0.58), (0.085, 0.49), (0.3, 0.84)], np.float32)
_VIEWS = {View.FRONT: "front", View.BACK: "back", View.LEFT: "side", View.RIGHT: "side"}
_PROFILE = 0.6
"""Breadth of a person from the side, where that from the front is 1."""


def visibility(world: World, indices: Ints) -> dict[str, Bools]:
    """For each attribute of `PERSON`, in which modalities (n, M) of these samples it can be seen.

    Args:
        world: the world.
        indices: (n,) which samples.
    """
    body = _Body(world, indices)
    by_region: dict[IntEnum, tuple[Bools, Bools]] = {region: body.region(points) for region, points in _POINTS.items()}
    by_region[Region.CARRIED] = body.carried(_BAG_POINT[body.people.bag], body.bag_side)
    visible = {}
    for name, attribute in PERSON.items():
        seen, detailed = by_region[attribute.region]
        visible[name] = body.sight.shows(attribute, seen, detailed)
    return _turned_away(visible, body)


def _turned_away(visible: dict[str, Bools], body: _Body) -> dict[str, Bools]:
    """Take out what the view hides, and what is not there at this moment."""
    people, view = body.people, body.view
    printed_behind = (people.upper_pattern == Pattern.PRINTED) & (view != View.FRONT)
    hand, detailed = body.carried(np.array([0.12, 0.40], np.float32)[None], -body.bag_side)
    held = body.world.poses.holding[body.rows] & (people.held > 0)
    visible["glasses"] &= (view != View.BACK)[:, None]
    visible["upper_pattern"] &= ~printed_behind[:, None]
    visible["bag_colour"] &= (people.bag != Bag.NONE)[:, None]
    visible["held"] = visible["held"] & hand & detailed & held[:, None]
    return visible


class _Body:
    """Where the anchor points of some persons are, and whether they are seen."""

    def __init__(self, world: World, rows: Ints) -> None:
        self.world, self.rows, self.sight = world, rows, Sight(world, rows)
        self.people = world.people.take(world.visits.row[rows])
        self.view = world.poses.view[rows]
        back, turned = self.view == View.BACK, self.view >= View.LEFT
        self.bag_side = np.where(turned, 0, np.where(back, 1, -1)).astype(np.float32)
        self._breadth = np.where(turned, _PROFILE, 1).astype(np.float32)

    def region(self, points: tuple[tuple[float, float], ...]) -> tuple[Bools, Bools]:
        """Whether (n, M) something of a region is seen, and whether it is seen well."""
        each = [self._point(across * self._breadth, down) for across, down in points]
        seen = np.logical_or.reduce([point for point, _ in each])
        return seen, seen & np.logical_and.reduce([well | ~point for point, well in each])

    def carried(self, point: Floats, side: Floats) -> tuple[Bools, Bools]:
        """The same for something carried at a point (n, 2) on a side (n,) of the picture."""
        return self._point(point[:, 0] * side, point[:, 1])

    def _point(self, across: Floats, down: Floats | float) -> tuple[Bools, Bools]:
        poses, rows = self.world.poses, self.rows
        height, width = self.world.image_size
        x = poses.across[rows] + across * poses.height[rows] * (height / width)
        return self.sight.point(x, poses.top[rows] + down * poses.height[rows])


def views(world: World, rows: Ints) -> list[str]:
    """From where the persons of some samples (n,) are seen, in words."""
    return [_VIEWS[View(view)] for view in world.poses.view[rows].tolist()]
