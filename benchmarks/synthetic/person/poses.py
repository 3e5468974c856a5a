"""How persons stand in the pictures."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from ..difficulty import Difficulty
from ..draws import Bools, Draws, Floats, Ints


class View(IntEnum):
    """From where the person is seen."""

    FRONT = 0
    BACK = 1
    LEFT = 2
    RIGHT = 3


VIEWS: Final = (155, 422, 212, 211)
"""How often each view occurs: per mille in the RGB captions of NEXT-Text, its sides divided evenly."""


@dataclass(frozen=True)
class Poses:
    """How the persons stand in the pictures, one row (N,) each."""

    view: Ints
    """Value of `View`."""
    yaw: Floats
    """Departure from that view, in [0, 1]: 0 is square to the camera, 1 is turned by about a quarter."""
    stride: Floats
    """Phase of the walk in [-1, 1]: which foot is in front, and how far."""
    lean: Floats
    """Horizontal shift of the head against the feet, in heights of the person."""
    height: Floats
    """Height of the person, in heights of the image."""
    across: Floats
    """Horizontal middle of the person, in widths of the image."""
    top: Floats
    """Upper end of the person, in heights of the image."""
    holding: Bools
    """Whether the object that the identity holds at times is held now."""


def draw_poses(draws: Draws, key: Ints, difficulty: Difficulty) -> Poses:
    """Draw a pose for each sample key (N,)."""
    height = draws.uniform("height", difficulty.smallest, difficulty.largest, key)
    free = 1 - height
    return Poses(
        view=draws.choice("view", VIEWS, key),
        yaw=draws.uniform("yaw", 0, 1, key),
        stride=draws.uniform("stride", -1, 1, key),
        lean=draws.uniform("lean", -0.02, 0.02, key),
        height=height,
        across=draws.uniform("across", 0.5 - difficulty.horizontal_jitter, 0.5 + difficulty.horizontal_jitter, key),
        top=free * 0.5 + draws.uniform("top", -difficulty.vertical_jitter, difficulty.vertical_jitter, key),
        holding=draws.chance("holding", 0.75, key),
    )
