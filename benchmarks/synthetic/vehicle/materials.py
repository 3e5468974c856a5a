"""What vehicles look like: colour by daylight, reflectance in the near infrared, heat in the thermal band.

The three are separate on purpose. Paint that is black to the eye may be bright in the near infrared, a tinted window may let it
through, and how warm a vehicle is depends on how lately it was driven: the engine of a parked one is cold.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..draws import Bools, Floats, Ints
from ..moments import Time
from .attributes import Engine, Vehicles, Wear


def _row(*values: float) -> Floats:
    return np.array(values, np.float32)


def _table(*rows: tuple[float, ...]) -> Floats:
    return np.array(rows, np.float32)


_PAINT = _table(
    (0.86, 0.86, 0.85),
    (0.64, 0.66, 0.68),
    (0.06, 0.06, 0.07),
    (0.68, 0.09, 0.11),
    (0.36, 0.37, 0.39),
    (0.11, 0.23, 0.58),
    (0.34, 0.21, 0.13),
    (0.86, 0.42, 0.09),
)
"""Colour of paint, in the order of `attributes.COLOURS`."""
_TONE = _table((0, 0, 0), (0.11, 0.02, -0.16), (-0.15, -0.02, 0.13))
_PAINT_NIR = _row(0.22, 0.48, 0.78)
_GLASS, _GLASS_NIR, _GLASS_HEAT = _row(0.07, 0.42), _row(0.14, 0.58), _row(0.13, 0.62)
_BODY_HEAT, _SUN = _row(0.30, 0.42, 0.54), _row(0.07, 0.0, -0.04)
_RIMS, _RIMS_NIR = _row(0.72, 0.80, 0.16), _row(0.62, 0.74, 0.20)
_HUB_HEAT, _TYRE_HEAT = _row(0.40, 0.72), _row(0.26, 0.44)


@dataclass(frozen=True)
class Materials:
    """Appearance of everything on B vehicles: each (5, B) of red, green, blue, NIR reflectance and heat."""

    body: Floats
    hood: Floats
    nose: Floats
    arch: Floats
    """The body where the heat of the engine leaves."""
    top: Floats
    """Roof and pillars."""
    marking: Floats
    glass: Floats
    chrome: Floats
    plastic: Floats
    grille: Floats
    headlight: Floats
    taillight: Floats
    plate: Floats
    tyre: Floats
    rim: Floats
    hub: Floats
    """The dark middle between spokes."""
    pipe: Floats
    rack: Floats
    gloss: Floats
    """Light that new paint reflects."""
    dust: Floats


def materials(vehicles: Vehicles, lit: Bools, driven: Floats, time: Ints) -> Materials:
    """The materials of B vehicles.

    Args:
        vehicles: their attributes, one row each.
        lit: (B,) whether the lights are on.
        driven: (B,) how warm the engine is, in [0, 1].
        time: (B,) values of `Time`.
    """
    colour, nir = _toned(_PAINT[vehicles.colour], vehicles.tone), _PAINT_NIR[vehicles.paint]
    heat = _BODY_HEAT[vehicles.body_heat] + _SUN[time] + 0.04 * driven
    engine = 0.12 + 0.32 * driven
    tail = np.where(lit[:, None], _row(1.0, 0.22, 0.18), _row(0.50, 0.05, 0.07))

    def grey(*values: npt.ArrayLike) -> Floats:
        bright, reflectance, warm = (np.broadcast_to(np.asarray(value, np.float32), driven.shape) for value in values)
        return _stack(np.stack([bright] * 3, axis=1), reflectance, warm)

    def engine_at(place: Engine) -> Floats:
        return _stack(colour, nir, heat + np.where(vehicles.engine_heat == place, engine, 0))

    top = np.where((vehicles.roof_colour > 0)[:, None], _contrast(colour), colour * np.float32(0.94))
    grille_heat = heat + np.where(vehicles.engine_heat == Engine.GRILLE, engine, 0) - 0.05
    dust = np.where((vehicles.wear == Wear.WORN)[:, None], _row(0.30, 0.20, 0.13), _row(0.46, 0.42, 0.35))
    return Materials(
        body=_stack(colour, nir, heat),
        hood=engine_at(Engine.HOOD),
        nose=engine_at(Engine.GRILLE),
        arch=engine_at(Engine.ARCHES),
        top=_stack(top, nir, heat + 0.03 * (time == Time.DAY)),
        marking=_stack(_contrast(colour), _contrast(nir), heat),
        glass=grey(_GLASS[vehicles.window_tint], _GLASS_NIR[vehicles.window_film], _GLASS_HEAT[vehicles.cabin_heat]),
        chrome=grey(0.93, 0.90, heat),
        plastic=grey(0.15, 0.10, heat),
        grille=grey(0.05, 0.07, grille_heat),
        headlight=grey(np.where(lit, 1.3, 0.80), np.where(lit, 1.25, 0.88), np.where(lit, 0.62, 0.22)),
        taillight=_stack(tail, np.where(lit, 0.95, 0.55), np.where(lit, 0.55, 0.20)),
        plate=_stack(np.broadcast_to(_row(0.22, 0.40, 0.82), colour.shape), grey(0, 0.92, 0)[3], grey(0, 0, 0.12)[4]),
        tyre=grey(0.06, 0.12, _TYRE_HEAT[vehicles.wheel_heat]),
        rim=grey(_RIMS[vehicles.rims], _RIMS_NIR[vehicles.rims], _HUB_HEAT[vehicles.wheel_heat]),
        hub=grey(0.12, 0.14, 0),
        pipe=grey(0.30, 0.35, 0.58 + 0.40 * driven),
        rack=grey(0.20, 0.55, 0.12),
        gloss=_stack(colour * np.float32(0.6) + np.float32(0.38), nir * np.float32(0.6) + np.float32(0.38), heat),
        dust=_stack(dust, np.where(vehicles.wear == Wear.WORN, 0.12, 0.36), heat),
    )


def _toned(colour: Floats, tone: Ints) -> Floats:
    """Colours (B, 3) in one of three tones (B,): as they are, warmer, colder; the darker, the less it shows."""
    luminance = (colour[:, :1] + colour[:, 1:2] + colour[:, 2:]) / np.float32(3)
    strength = np.float32(0.35) + np.float32(0.5) * luminance
    return np.clip(colour + _TONE[tone] * strength, np.float32(0.01), np.float32(1.0))


def _contrast(colour: Floats) -> Floats:
    """Colours (B, 3) or reflectances (B,) that stand out from others: light on dark and dark on light."""
    luminance = colour if colour.ndim == 1 else (colour[:, :1] + colour[:, 1:2] + colour[:, 2:]) / 3
    light = np.where(luminance < np.float32(0.45), np.float32(0.58), np.float32(0.04))
    return (colour * np.float32(0.25) + light).astype(np.float32)


def _stack(colour: Floats, nir: Floats, heat: Floats) -> Floats:
    return np.stack([*colour.T, nir, heat]).astype(np.float32)
