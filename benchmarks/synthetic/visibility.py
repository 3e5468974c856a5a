"""Which true attribute can be seen in which modality of a sample.

Attributes are looked up at anchor points on the body. An attribute is lost when something stands before all points of its
region, when headlights wash them out, when its cue does not survive the darkness or the blur, when the person shows the other
side, or when the modality cannot show it at all.
"""

from __future__ import annotations

import numpy as np

from ..batch import MODALITIES
from .attributes import PERSON, Bag, Cue, Pattern, Region
from .draws import Bools, Floats, Ints
from .moments import Occluder, Time, View
from .nuisance import occluder_box
from .world import World

_POINTS: dict[Region, tuple[tuple[float, float], ...]] = {
    Region.HEAD: ((0.0, 0.07),),
    Region.UPPER: ((-0.085, 0.30), (0.085, 0.30), (0.0, 0.24)),
    Region.LOWER: ((-0.045, 0.66), (0.045, 0.66)),
    Region.FEET: ((-0.04, 0.97), (0.04, 0.97)),
    Region.WHOLE: ((0.0, 0.07), (-0.085, 0.30), (0.085, 0.30), (-0.045, 0.66), (0.045, 0.66)),
}
"""Anchor points: distance from the middle and height below the crown, in heights of the person."""
_BAG_POINT = np.array([(0, 0.3), (0, 0.3), (0.15, 0.58), (0.085, 0.49), (0.3, 0.84)], np.float32)
_BLINDED, _DAZZLED = 0.30, 0.65
"""Squared distance from headlights, in radii of their glare, at which nothing and at which no detail is left."""
_HEAVY_BLUR = 2
_PROFILE = 0.6
"""Breadth of a person from the side, where that from the front is 1."""


def visibility(world: World, indices: Ints) -> dict[str, Bools]:
    """For each attribute of `PERSON`, in which modalities (n, M) of these samples it can be seen.

    Args:
        world: the world.
        indices: (n,) which samples.
    """
    sight = _Sight(world, indices)
    by_region = {region: sight.region(points) for region, points in _POINTS.items()}
    by_region[Region.CARRIED] = sight.carried(_BAG_POINT[sight.people.bag], sight.bag_side)
    visible = {}
    for name, attribute in PERSON.items():
        seen, detailed = by_region[attribute.region]
        shows = np.isin(np.array(MODALITIES), attribute.modalities)
        visible[name] = shows & (seen if attribute.cue is Cue.SHAPE else detailed & sight.keeps(attribute.cue))
    return _turned_away(visible, sight)


def _turned_away(visible: dict[str, Bools], sight: _Sight) -> dict[str, Bools]:
    """Take out what the view hides, and what is not there at this moment."""
    people, view = sight.people, sight.view
    printed_behind = (people.upper_pattern == Pattern.PRINTED) & (view != View.FRONT)
    hand, detailed = sight.carried(np.array([0.12, 0.40], np.float32)[None], -sight.bag_side)
    held = sight.world.poses.holding[sight.rows] & (people.held > 0)
    visible["glasses"] &= (view != View.BACK)[:, None]
    visible["upper_pattern"] &= ~printed_behind[:, None]
    visible["bag_colour"] &= (people.bag != Bag.NONE)[:, None]
    visible["held"] = visible["held"] & hand & detailed & held[:, None]
    return visible


class _Sight:
    """Lines of sight of some samples."""

    def __init__(self, world: World, rows: Ints) -> None:
        self.world, self.rows = world, rows
        self.people = world.people.take(world.visits.row[rows])
        self.view = world.poses.view[rows]
        back, turned = self.view == View.BACK, self.view >= View.LEFT
        self.bag_side = np.where(turned, 0, np.where(back, 1, -1)).astype(np.float32)
        self._breadth = np.where(turned, _PROFILE, 1).astype(np.float32)
        self._night = world.visits.time[rows] == Time.NIGHT
        self._flare = world.nuisances.flare[rows]
        self._blur = world.nuisances.blur[rows] >= _HEAVY_BLUR
        self._light = np.array([name != "TIR" for name in MODALITIES])  # heat is blind to headlights

    def keeps(self, cue: Cue) -> Bools:
        """Whether (n, M) a cue survives darkness and blur."""
        dark = self._night[:, None] & np.array([name == "RGB" for name in MODALITIES])
        return ~dark & ~(self._blur & (cue is Cue.DETAIL))

    def region(self, points: tuple[tuple[float, float], ...]) -> tuple[Bools, Bools]:
        """Whether (n, M) something of a region is seen, and whether it is seen well."""
        each = [self._point(across * self._breadth, down) for across, down in points]
        seen = np.logical_or.reduce([point for point, _ in each])
        return seen, seen & np.logical_and.reduce([well | ~point for point, well in each])

    def carried(self, point: Floats, side: Floats) -> tuple[Bools, Bools]:
        """The same for something carried at a point (n, 2) on a side (n,) of the picture."""
        return self._point(point[:, 0] * side, point[:, 1])

    def _point(self, across: Floats, down: Floats | float) -> tuple[Bools, Bools]:
        poses, disturb, rows = self.world.poses, self.world.nuisances, self.rows
        height, width = self.world.image_size
        x = poses.across[rows] + across * poses.height[rows] * (height / width)
        y = poses.top[rows] + down * poses.height[rows]
        left, right, top = occluder_box(disturb.occluder[rows], disturb.occluder_place[rows])
        covered = (disturb.occluder[rows] != Occluder.NONE) & (x > left) & (x < right) & (y > top)
        free = ~covered & (x > 0) & (x < 1) & (y > 0) & (y < 1)
        distance = self._glare(x, y)
        lit = self._flare[:, None] & self._light
        seen = free[:, None] & ~(lit & (distance < _BLINDED)[:, None])
        return seen, seen & ~(lit & (distance < _DAZZLED)[:, None])

    def _glare(self, x: Floats, y: Floats) -> Floats:
        """Squared distance (n,) of points from the headlights, in radii of their glare."""
        height, width = self.world.image_size
        place, size = (getattr(self.world.nuisances, name)[self.rows] for name in ("flare_place", "flare_size"))
        tall, wide = (y - place[:, 0]) * (height / width), x - place[:, 1]
        return (tall * tall + wide * wide) / (size * size)
