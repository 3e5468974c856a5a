"""Cameras: how each renders light, colour and heat."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .difficulty import Difficulty
from .draws import Draws, Floats


@dataclass(frozen=True)
class Cameras:
    """The response of C cameras, one row each."""

    gain: Floats
    """(C, 3) Gains of red, green and blue."""
    curve: Floats
    """(C,) Bend of the tone curve: positive lifts the middle tones."""
    lamp: Floats
    """(C, 3) Colour of the lamps that light its place at night."""
    nir_gain: Floats
    """(C,) Gain of the near infrared."""
    heat_gain: Floats
    """(C,) Contrast of the thermal image."""
    heat_offset: Floats
    """(C,) Brightness of the thermal image."""


def draw_cameras(draws: Draws, cameras: int, difficulty: Difficulty) -> Cameras:
    """Draw the cameras of a world."""
    number, channel = np.arange(cameras), np.arange(3)
    response = difficulty.camera_response
    lamps = np.array([(1.25, 0.95, 0.60), (0.85, 1.00, 1.20), (1.05, 1.05, 0.85), (1.15, 0.85, 0.90)], np.float32)
    return Cameras(
        gain=draws.uniform("camera gain", 1 - response, 1 + response, number[:, None], channel),
        curve=draws.uniform("camera curve", -0.25, 0.35, number),
        lamp=lamps[draws.integers("camera lamp", len(lamps), number)],
        nir_gain=draws.uniform("camera nir", 0.85, 1.12, number),
        heat_gain=draws.uniform("camera heat gain", 0.9, 1.08, number),
        heat_offset=draws.uniform("camera heat", -0.04, 0.04, number),
    )
