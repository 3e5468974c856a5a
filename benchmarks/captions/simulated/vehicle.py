"""The made vehicles in the words of the caption schema."""

from __future__ import annotations

import numpy as np

from ...synthetic.kinds import kind_of
from ...synthetic.vehicle.attributes import VEHICLE
from ...synthetic.world import World
from .environment import environment
from .truth import Truths, of_words

_SAME = (
    *("brand", "type", "colour", "wear", "window_tint", "windows", "headlights", "taillights", "grille", "roof", "tires"),
    *("plate", "spoiler", "roof_rack", "exhaust"),
)
"""Attributes that both have; values that are clauses in captions ("is present") lose their verb."""
_LIT = ("off", "on")
_VIEWS = ("side", "back", "front", "diagonal")


def vehicle_truths(world: World) -> Truths:
    """The truth of all samples of a world of vehicles."""
    visible = kind_of(world).visibility(world, np.arange(len(world)))
    truths = {}
    for name in _SAME:
        words = [word.removeprefix("is ") for word in VEHICLE[name].values]
        truths[name] = of_words(words, words, world.attributes[name][world.visits.row], visible[name])
    truths["headlights_lit"] = of_words(_LIT, _LIT, world.stances.lit.astype(np.int64), visible["headlights"])
    return {**truths, **environment(world, _VIEWS)}
