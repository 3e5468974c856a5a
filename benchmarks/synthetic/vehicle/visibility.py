"""Which true attribute of a vehicle can be seen in which modality of a sample.

Attributes are looked up at anchor points on the vehicle. An attribute is lost when something stands before all points of its
region, when headlights wash them out, when its cue does not survive the darkness or the blur, when the vehicle shows another
side, or when the modality cannot show it at all.
"""

from __future__ import annotations

import numpy as np

from ..draws import Bools, Ints
from ..sight import Sight
from ..world import World
from .attributes import VEHICLE, Region
from .body import GROUND, WHEELS, Column, stand
from .stances import View

_VIEWS = {View.FRONT: "front", View.BACK: "back", View.LEFT: "side", View.RIGHT: "side"}
Place = tuple[float, float]
"""Along a side or across an end, and how far from the belt (0) to the ground (1)."""
_SIDE: dict[str, tuple[Place, ...]] = {
    Region.FRONT.name: ((0.15, 0.15),),
    Region.CABIN.name: ((0.45, -0.25), (0.58, -0.25)),
    Region.BODY.name: ((0.35, 0.4), (0.7, 0.4)),
    Region.WHEELS.name: ((WHEELS[0], 0.7), (WHEELS[1], 0.7)),
    Region.REAR.name: ((0.92, 0.0),),
    "bumpers": ((0.35, 0.68), (0.7, 0.68)),
}
"""Anchor points on sides by region, or by attribute where it is elsewhere."""
_END: dict[str, tuple[Place, ...]] = {
    Region.FRONT.name: ((-0.5, 0.3), (0.5, 0.3)),
    Region.CABIN.name: ((-0.3, -0.25), (0.3, -0.25)),
    Region.BODY.name: ((-0.5, 0.4), (0.5, 0.4)),
    Region.WHEELS.name: ((-0.78, 0.9), (0.78, 0.9)),
    Region.REAR.name: ((-0.5, -0.1), (0.5, -0.1)),
    "headlights": ((-0.68, 0.33), (0.68, 0.33)),
    "taillights": ((-0.72, 0.25), (0.72, 0.25)),
    "grille": ((0.0, 0.33),),
    "exhaust": ((-0.52, 0.75),),
    "plate": ((0.0, 0.5),),
    "bumpers": ((-0.5, 0.68), (0.5, 0.68)),
}
"""The same on fronts and backs."""
_ENDS_ALONE = frozenset({"headlights", "taillights", "grille", "exhaust", "plate"})
_SIDES_ALONE = frozenset({"tires", "rims"})
_FRONT_ALONE = frozenset({"headlights", "grille", "engine_heat"})
_BACK_ALONE = frozenset({"taillights", "exhaust", "spoiler"})


def visibility(world: World, indices: Ints) -> dict[str, Bools]:
    """For each attribute of `VEHICLE`, in which modalities (n, M) of these samples it can be seen.

    Args:
        world: the world.
        indices: (n,) which samples.
    """
    places = _Places(world, indices)
    visible = {}
    for name, attribute in VEHICLE.items():
        visible[name] = places.sight.shows(attribute, *places.of(name, Region(attribute.region)))
    return visible


class _Places:
    """Where the anchor points of some vehicles are, and whether they are seen."""

    def __init__(self, world: World, rows: Ints) -> None:
        self.sight = Sight(world, rows)
        self._stances, self._rows = world.stances, rows
        self._stretch = world.image_size[1] / world.image_size[0]
        self._body = stand(world.vehicles.take(world.visits.row[rows]), world.stances, rows, world.image_size)

    def of(self, name: str, region: Region) -> tuple[Bools, Bools]:
        """Whether (n, M) something of an attribute's region is seen, and whether it is seen well."""
        body = self._body
        regions = (Region.CABIN, Region.BODY) if region is Region.WHOLE and name not in _END else (region,)
        end, side = body.ended & (name not in _SIDES_ALONE), body.sided & (name not in _ENDS_ALONE)
        end &= ~(body.back & (name in _FRONT_ALONE)) & ~(body.front & (name in _BACK_ALONE))
        side &= ~(body.front & (name in _BACK_ALONE))
        each = []
        for key in (name if name in _END else region.name for region in regions):
            each += [self._point(body.end + body.half * across, down, end) for across, down in _END[key]]
            each += [self._point(body.nose + body.reach * along, down, side) for along, down in _SIDE.get(key, ())]
        seen = np.logical_or.reduce([point for point, _ in each])
        return seen, seen & np.logical_and.reduce([well | ~point for point, well in each])

    def _point(self, x: Column, down: float, gate: Bools) -> tuple[Bools, Bools]:
        """The same of one point: its column (n, 1), its height from the belt (0) to the ground (1)."""
        stances, rows, belt = self._stances, self._rows, self._body.belt
        y = (belt + (GROUND - belt) * np.float32(down))[:, 0]
        size = stances.size[rows]
        seen, well = self.sight.point(stances.across[rows] + x[:, 0] * size, stances.top[rows] + y * size * self._stretch)
        return seen & gate[:, None], well & gate[:, None]


def views(world: World, rows: Ints) -> list[str]:
    """From where the vehicles of some samples (n,) are seen, in words."""
    return [_VIEWS.get(View(view), "diagonal") for view in world.stances.view[rows].tolist()]
