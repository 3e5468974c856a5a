"""Lines of sight: whether something stands before a point of a picture, and what darkness, blur and headlights leave."""

from __future__ import annotations

import numpy as np

from ..batch import MODALITIES
from .attribute import Attribute, Cue
from .draws import Bools, Floats, Ints
from .moments import Occluder, Time
from .nuisance import occluder_box
from .world import World

_BLINDED, _DAZZLED = 0.30, 0.65
"""Squared distance from headlights, in radii of their glare, at which nothing and at which no detail is left."""
_HEAVY_BLUR = 2


class Sight:
    """Lines of sight of some samples.

    Args:
        world: the world.
        rows: (n,) which samples.
    """

    def __init__(self, world: World, rows: Ints) -> None:
        self._world, self._rows = world, rows
        self._night = world.visits.time[rows] == Time.NIGHT
        self._flare = world.nuisances.flare[rows]
        self._blur = world.nuisances.blur[rows] >= _HEAVY_BLUR
        self._light = np.array([name != "TIR" for name in MODALITIES])  # heat is blind to headlights

    def _keeps(self, cue: Cue) -> Bools:
        """Whether (n, M) a colour or a detail survives darkness and blur."""
        dark = self._night[:, None] & np.array([name == "RGB" for name in MODALITIES])
        return ~dark & ~(self._blur & (cue is Cue.DETAIL))

    def shows(self, attribute: Attribute, seen: Bools, well: Bools) -> Bools:
        """Where (n, M) an attribute can be told, from where its region is seen (n, M), and seen well (n, M)."""
        able = np.isin(np.array(MODALITIES), attribute.modalities)
        return able & (seen if attribute.cue is Cue.SHAPE else well & self._keeps(attribute.cue))

    def point(self, x: Floats, y: Floats) -> tuple[Bools, Bools]:
        """Whether (n, M) points (n,) are seen, and whether they are seen well; in widths and heights of the picture."""
        disturb, rows = self._world.nuisances, self._rows
        left, right, top = occluder_box(disturb.occluder[rows], disturb.occluder_place[rows])
        covered = (disturb.occluder[rows] != Occluder.NONE) & (x > left) & (x < right) & (y > top)
        free = ~covered & (x > 0) & (x < 1) & (y > 0) & (y < 1)
        distance = self._glare(x, y)
        lit = self._flare[:, None] & self._light
        seen = free[:, None] & ~(lit & (distance < _BLINDED)[:, None])
        return seen, seen & ~(lit & (distance < _DAZZLED)[:, None])

    def _glare(self, x: Floats, y: Floats) -> Floats:
        """Squared distance (n,) of points from the headlights, in radii of their glare."""
        height, width = self._world.image_size
        place, size = (getattr(self._world.nuisances, name)[self._rows] for name in ("flare_place", "flare_size"))
        tall, wide = (y - place[:, 0]) * (height / width), x - place[:, 1]
        return (tall * tall + wide * wide) / (size * size)
