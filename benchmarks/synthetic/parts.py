"""Parts of a person or a vehicle: shapes with an appearance, laid over each other."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from .canvas import CHANNELS, Span
from .draws import Bools, Floats

NO_HEAT = CHANNELS - 1


@dataclass(frozen=True)
class Part:
    """A part of B objects to be painted."""

    region: IntEnum
    """What it belongs to, see `rendering.regions`."""
    span: Span
    look: Floats
    """(5, B) Colour, NIR reflectance and heat."""
    gate: Bools
    """(B,) Which objects have it."""
    roundness: float = 0.0
    tilt: float = 0.0
    channels: int = CHANNELS
    """How many of the channels show it: `NO_HEAT` for what is dyed into cloth or painted on metal."""
