from __future__ import annotations

import pytest

from benchmarks.synthetic.difficulty import Difficulty
from benchmarks.synthetic.world import World

CLEAR = Difficulty(night=0, dusk=0, flare=0, occlusion=0, blur=0, misalignment=0, noise=0, night_noise=0, thermal_noise=0)


@pytest.fixture(scope="session")
def world() -> World:
    """A world as the benchmark has it, but smaller."""
    return World(identities=20, images=8)


@pytest.fixture(scope="session")
def large() -> World:
    """Enough samples to count on."""
    return World(identities=200, images=8)


@pytest.fixture(scope="session")
def clear() -> World:
    """By day, sharp, free of noise, nothing in front."""
    return World(identities=15, images=4, difficulty=CLEAR)
