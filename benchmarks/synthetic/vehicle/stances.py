"""How vehicles stand in the pictures."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np

from ..difficulty import Difficulty
from ..draws import Bools, Draws, Floats, Ints
from ..moments import Visits


class View(IntEnum):
    """From where the vehicle is seen; left and right say where in the picture the end that is nearer to the camera is."""

    FRONT = 0
    BACK = 1
    LEFT = 2
    RIGHT = 3
    FRONT_LEFT = 4
    FRONT_RIGHT = 5
    BACK_LEFT = 6
    BACK_RIGHT = 7


VIEWS: Final = (256, 314, 149, 148, 34, 33, 33, 33)
"""How often each view occurs: per mille in the RGB captions of NEXT-Text, sides and diagonals divided evenly."""
TALL: Final = 0.46
"""Height of the tallest vehicle, in lengths of a vehicle."""
_LIT: Final = np.array((0.03, 0.35, 0.5))
"""How often the lights are on by time of day: at night a vehicle that is parked has them off."""


@dataclass(frozen=True)
class Stances:
    """How the vehicles stand in the pictures, one row (N,) each."""

    view: Ints
    """Value of `View`."""
    yaw: Floats
    """Departure from that view, in [0, 1]."""
    size: Floats
    """Length of a vehicle that is seen from the side, in widths of the image."""
    across: Floats
    """Horizontal middle of the vehicle, in widths of the image."""
    top: Floats
    """Upper end of the tallest vehicle of that size, in heights of the image."""
    lit: Bools
    """Whether the lights are on."""
    driven: Floats
    """How warm the engine is, in [0, 1]: the same for all samples of an identity in a session."""


def draw_stances(draws: Draws, numbers: Ints, visits: Visits, difficulty: Difficulty, shape: tuple[int, int]) -> Stances:
    """Draw a stance for each sample.

    Args:
        draws: the world's random numbers.
        numbers: (I,) numbers of the identities.
        visits: identity, camera, session and time of each sample (N,).
        difficulty: sizes, and how far vehicles are from the middle.
        shape: height and width of the pictures.
    """
    height, width = shape
    key = visits.key
    size = draws.uniform("size", difficulty.smallest, difficulty.largest, key)
    free = 1 - size * np.float32(TALL * width / height)
    return Stances(
        view=draws.choice("view", VIEWS, key),
        yaw=draws.uniform("yaw", 0, 1, key),
        size=size,
        across=draws.uniform("across", 0.5 - difficulty.horizontal_jitter, 0.5 + difficulty.horizontal_jitter, key),
        top=free * 0.5 + draws.uniform("top", -difficulty.vertical_jitter, difficulty.vertical_jitter, key),
        lit=draws.uniform("lit", 0, 1, key) < _LIT[visits.time],
        driven=draws.uniform("driven", 0, 1, numbers[visits.row], visits.session),
    )
