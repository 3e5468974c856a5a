"""What bodies, garments and things look like: colour by daylight, reflectance in the near infrared, heat in the thermal band.

The three are separate on purpose. A dye that is black to the eye may be bright in the near infrared (the fabric decides), and
the heat of a garment is what its insulation lets through, whatever its colour.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..draws import Floats, Ints
from .attributes import People


def _row(*values: float) -> Floats:
    return np.array(values, np.float32)


def _table(*rows: tuple[float, ...]) -> Floats:
    return np.array(rows, np.float32)


CLOTH = _table(
    (0.07, 0.07, 0.08),
    (0.44, 0.45, 0.46),
    (0.86, 0.86, 0.84),
    (0.70, 0.11, 0.13),
    (0.88, 0.45, 0.10),
    (0.88, 0.78, 0.18),
    (0.13, 0.45, 0.22),
    (0.14, 0.26, 0.64),
    (0.43, 0.20, 0.56),
    (0.88, 0.50, 0.63),
    (0.39, 0.24, 0.14),
    (0.74, 0.63, 0.46),
)
"""Colour of cloth, in the order of `attributes.COLOURS`."""
_HAIR = _table((0.06, 0.05, 0.05), (0.30, 0.18, 0.10), (0.72, 0.56, 0.28), (0.55, 0.54, 0.53))
_SKIN = _table((0.86, 0.66, 0.55), (0.75, 0.54, 0.41), (0.55, 0.37, 0.26), (0.34, 0.22, 0.16))
_SHOES = _table((0.07, 0.07, 0.07), (0.88, 0.88, 0.86), (0.48, 0.48, 0.48), (0.40, 0.24, 0.13), (0.70, 0.10, 0.12))
_BAGS = _table(
    (0.08, 0.08, 0.08), (0.46, 0.46, 0.47), (0.66, 0.10, 0.13), (0.12, 0.22, 0.56), (0.40, 0.25, 0.14), (0.86, 0.72, 0.16)
)
_CAP = _row(0.66, 0.61, 0.54)
_HELD = _table((0, 0, 0), (0.12, 0.12, 0.14), (0.35, 0.62, 0.80), (0.30, 0.12, 0.35), (0.82, 0.78, 0.66))

_FABRIC_NIR = _row(0.20, 0.47, 0.76)
_SHOES_NIR, _HELD_NIR = _row(0.62, 0.50, 0.24, 0.36, 0.16), _row(0, 0.10, 0.60, 0.30, 0.70)
_BAG_NIR = _row(0, 0.34, 0.52, 0.44, 0.62)

_UPPER_HEAT = _row(0.68, 0.63, 0.54, 0.51, 0.46, 0.40, 0.62)
_LOWER_HEAT = _row(0.57, 0.52, 0.62, 0.60)
_WARMTH_HEAT = _row(0.12, 0.0, -0.12)  # thin cloth lets more of the body's heat through
_SHOES_HEAT, _HELD_HEAT = _row(0.42, 0.38, 0.28, 0.66, 0.34), _row(0, 0.58, 0.06, 0.20, 0.34)
_BAG_HEAT = _row(0, 0.24, 0.20, 0.22, 0.10)


def shaded(colour: Floats, shade: Ints) -> Floats:
    """Colours (B, 3) in one of three shades (B,): as they are, lighter, darker."""
    lift = _row(0, 0.32, 0)[shade][:, None]
    scale = _row(1, 1, 0.52)[shade][:, None]
    return colour * scale + lift * (1 - colour)


@dataclass(frozen=True)
class Materials:
    """Appearance of everything on B persons: each (5, B) of red, green, blue, NIR reflectance and heat."""

    skin: Floats
    hair: Floats
    upper: Floats
    trim: Floats
    """Second colour of the upper garment: its stripes, its print, its collar."""
    lower: Floats
    shoes: Floats
    sole: Floats
    bag: Floats
    held: Floats
    cap: Floats
    glasses: Floats


def materials(people: People) -> Materials:
    """The materials of B people, one row each."""
    upper = shaded(CLOTH[people.upper_colour], people.upper_shade)
    lower = shaded(CLOTH[people.lower_colour], people.lower_shade)
    upper_nir = _FABRIC_NIR[people.upper_fabric]
    upper_heat = _UPPER_HEAT[people.upper] + _WARMTH_HEAT[people.upper_warmth]
    lower_heat = _LOWER_HEAT[people.lower] + _WARMTH_HEAT[people.lower_warmth]
    return Materials(
        skin=_stack(_SKIN[people.complexion], *_constants(people, 0.68, 0.93)),
        hair=_stack(_HAIR[people.hair_colour], *_constants(people, 0.33, 0.66)),
        upper=_stack(upper, upper_nir, upper_heat),
        trim=_stack(_contrast(upper), _contrast(upper_nir), upper_heat),
        lower=_stack(lower, _FABRIC_NIR[people.lower_fabric], lower_heat),
        shoes=_stack(_SHOES[people.footwear_colour], _SHOES_NIR[people.footwear], _SHOES_HEAT[people.footwear]),
        sole=_stack(*_constants(people, 0.8, 0.6, 0.3), grey=True),
        bag=_stack(_BAGS[people.bag_colour], _BAG_NIR[people.bag], _BAG_HEAT[people.bag]),
        held=_stack(_HELD[people.held], _HELD_NIR[people.held], _HELD_HEAT[people.held]),
        cap=_stack(np.broadcast_to(_CAP, upper.shape), *_constants(people, 0.62, 0.40)),
        glasses=_stack(*_constants(people, 0.05, 0.10, 0.22), grey=True),
    )


def _constants(people: People, *values: float) -> list[Floats]:
    """Each value (B,) for all."""
    return [np.full(len(people.gender), value, np.float32) for value in values]


def _contrast(colour: Floats) -> Floats:
    """Colours (B, 3) or reflectances (B,) that stand out from others: light on dark and dark on light."""
    luminance = colour if colour.ndim == 1 else (colour[:, :1] + colour[:, 1:2] + colour[:, 2:]) / 3
    light = np.where(luminance < np.float32(0.45), np.float32(0.55), np.float32(0.05))
    return (colour * 0.35 + light).astype(np.float32)


def _stack(colour: Floats, nir: Floats, heat: Floats, *, grey: bool = False) -> Floats:
    planes = [colour] * 3 if grey else list(colour.T)
    return np.stack([*planes, nir, heat]).astype(np.float32)
