"""The moment of a sample in the words of the caption schema, for persons and vehicles alike."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...synthetic.captions import FLARE, TIMES
from ...synthetic.kinds import kind_of
from ...synthetic.moments import Time
from ...synthetic.world import World
from .truth import Truth, everywhere, of_words, shown_by


def environment(world: World, views: Sequence[str]) -> dict[str, Truth]:
    """View, time, light and clarity of all samples.

    Args:
        world: the world.
        views: from where an object can be seen.
    """
    seen = everywhere(len(world))
    view = [views.index(each) for each in kind_of(world).views(world, np.arange(len(world)))]
    time, flare = world.visits.time, world.nuisances.flare
    times = [TIMES[Time(each)] for each in sorted(TIMES)]
    lights = [light for _, light in times] + [FLARE]
    lit = shown_by(("RGB", "NIR"), len(world))
    blurry = (world.nuisances.blur > 0).astype(np.int64)
    return {
        "view": of_words(views, views, np.array(view, np.int64), seen),
        "capture_time": of_words(sorted({day for day, _ in times}), [day for day, _ in times], time, lit),
        "illumination": of_words(sorted(set(lights)), lights, np.where(flare, len(times), time), lit),
        "target_clarity": of_words(("clear", "blurry"), ("clear", "blurry"), blurry, seen),
    }
