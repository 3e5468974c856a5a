from __future__ import annotations

import numpy as np
import pytest

from benchmarks.synthetic.difficulty import Difficulty
from benchmarks.synthetic.world import World

from .helpers import altered

CLEAR = Difficulty(night=0, dusk=0, flare=0, occlusion=0, blur=0, misalignment=0, noise=0, night_noise=0, thermal_noise=0)
WIDE = (32, 64)


@pytest.fixture(scope="package")
def world() -> World:
    """A world as the benchmark has it, but smaller."""
    return World(object="vehicle", identities=20, images=8, image_size=WIDE)


@pytest.fixture(scope="package")
def large() -> World:
    """Enough samples to count on."""
    return World(object="vehicle", identities=200, images=8, image_size=WIDE)


@pytest.fixture(scope="package")
def clear() -> World:
    """By day, sharp, free of noise, nothing in front; every vehicle from all eight sides."""
    world = World(object="vehicle", identities=15, images=8, image_size=WIDE, difficulty=CLEAR)
    return altered(world, view=np.tile(np.arange(8), 15))
