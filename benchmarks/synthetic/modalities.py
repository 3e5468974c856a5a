"""What the three cameras make of a scene: visible light, active near infrared, heat."""

from __future__ import annotations

import numpy as np

from ..batch import MODALITIES
from . import nuisance, texture
from .cameras import Cameras
from .canvas import soften
from .draws import Bytes, Floats, Ints
from .moments import Time
from .world import World

_DUSK = np.array((1.12, 0.95, 0.88), np.float32)
"""Colour of the light at dusk."""
_RGB, _NIR, _TIR = range(len(MODALITIES))


def rgb(world: World, cameras: Cameras, rows: Ints, colour: Floats, out: Bytes) -> None:
    """The visible picture: colour by light, so that night leaves little of it.

    Args:
        world: the world.
        cameras: its cameras.
        rows: (B,) samples.
        colour: (3, B, H, W) reflectances in [0, 1]; changed in place.
        out: (B, H, W, 3) where the picture goes.
    """
    visits, disturb = world.visits, world.nuisances
    camera, time = visits.camera[rows], visits.time[rows]
    tint = np.where((time == Time.NIGHT)[:, None], cameras.lamp[camera], np.float32(1))
    tint = np.where((time == Time.DUSK)[:, None], _DUSK, tint) * cameras.gain[camera] * disturb.light[rows][:, None]
    across = np.arange(world.image_size[1], dtype=np.float32) / world.image_size[1] - 0.5
    slant = 1 + 0.35 * disturb.slant[rows][:, None] * across
    colour *= tint.T[:, :, None, None] * slant[None, :, None, :]
    nuisance.blur(colour, disturb.blur[rows, _RGB])
    _add_glare(world, rows, colour, 1.0)
    curve = cameras.curve[camera][:, None, None]
    spread = np.where(time == Time.NIGHT, world.difficulty.night_noise, world.difficulty.noise).astype(np.float32)
    for channel in range(3):
        plane = np.clip(colour[channel], 0, 1)
        plane += curve * plane * (1 - plane)
        out[..., channel] = _sensor(world, rows, plane, spread, channel)


def nir(world: World, cameras: Cameras, rows: Ints, reflectance: Floats, out: Bytes) -> None:
    """The near-infrared picture: lit by the camera itself, so as clear at night as by day.

    Args:
        world: the world.
        cameras: its cameras.
        rows: (B,) samples.
        reflectance: (B, H, W) in [0, 1].
        out: (B, H, W, 3) where the picture goes.
    """
    disturb, (height, width) = world.nuisances, world.image_size
    plane = nuisance.shifted(reflectance, _in_pixels(world, disturb.shift[rows, _NIR]))
    down = np.abs(np.arange(height, dtype=np.float32) / height - 0.45)
    across = np.abs(np.arange(width, dtype=np.float32) / width - 0.5)
    beam = 1.05 - 0.45 * (down * down)[:, None] - 0.6 * across * across
    plane *= beam * cameras.nir_gain[world.visits.camera[rows]][:, None, None]
    nuisance.blur(plane[None], disturb.blur[rows, _NIR])
    _add_glare(world, rows, plane[None], 0.8)
    spread = np.full(len(rows), world.difficulty.noise, np.float32)
    out[...] = _sensor(world, rows, plane, spread, 3)[..., None]


def tir(world: World, cameras: Cameras, rows: Ints, heat: Floats, out: Bytes) -> None:
    """The thermal picture: heat alone, soft, and blind to light.

    Args:
        world: the world.
        cameras: its cameras.
        rows: (B,) samples.
        heat: (B, H, W) in [0, 1].
        out: (B, H, W, 3) where the picture goes.
    """
    disturb, camera = world.nuisances, world.visits.camera[rows]
    plane = soften(nuisance.shifted(heat, _in_pixels(world, disturb.shift[rows, _TIR])))
    nuisance.blur(plane[None], disturb.blur[rows, _TIR])
    plane *= cameras.heat_gain[camera][:, None, None]
    plane += cameras.heat_offset[camera][:, None, None]
    spread = np.full(len(rows), world.difficulty.thermal_noise, np.float32)
    out[...] = _sensor(world, rows, plane, spread, 4)[..., None]


def _in_pixels(world: World, shift: Ints) -> Ints:
    """Shifts for the size of the picture; they are given for 64 rows."""
    return shift * max(world.image_size[0] // 64, 1)


def _add_glare(world: World, rows: Ints, planes: Floats, strength: float) -> None:
    """Add headlights to planes (C, B, H, W) in place."""
    flare = world.nuisances.flare[rows]
    if flare.any():
        lit = rows[flare]
        light = nuisance.glare(world.image_size, world.nuisances.flare_place[lit], world.nuisances.flare_size[lit])
        planes[:, flare] += light * strength


def _sensor(world: World, rows: Ints, plane: Floats, spread: Floats, field: int) -> Bytes:
    """A plane (B, H, W) with the sensor's noise, as bytes."""
    noise = texture.grain(world.image_size, world.visits.key[rows], field)
    noisy = plane + spread[:, None, None] * noise
    return (np.clip(noisy, 0, 1) * 255 + 0.5).astype(np.uint8)
