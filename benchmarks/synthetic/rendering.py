"""From a world to pictures: backdrop, body, nuisances, and what each modality makes of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..batch import MODALITIES
from . import modalities, nuisance, texture
from .backdrops import panoramas
from .cameras import draw_cameras
from .canvas import CHANNELS, RELIEF, Canvas
from .draws import Bytes, Floats, Ints
from .kinds import kind_of
from .world import World

_FAR_NIR = np.array((1.0, 0.85, 0.6), np.float32)
"""Near infrared on what is behind: by night only the camera's own beam, which weakens with the distance."""
_SUN, _AIR = np.array((0.62, 0.5, 0.38), np.float32), np.array((0.20, 0.14, 0.08), np.float32)
"""Contrast and mean of the heat of backdrops by time of day."""
REGIONS = 5
"""Regions of a kind that parts belong to; what is seen on the whole comes after them."""
BLOCK = 64
"""Pictures that are made at a time: few enough to stay in the processor's cache. Results do not depend on it."""


def render(world: World, indices: Sequence[int] | Ints, block: int = BLOCK) -> Bytes:
    """Render samples of a world.

    Args:
        world: the world.
        indices: (n,) which samples, in [0, len(world)).
        block: how many to render at a time; the pictures do not depend on it.

    Returns:
        (n, M, H, W, 3) pixels, M in the order RGB, NIR, TIR; NIR and TIR are grey.
    """
    rows = np.asarray(indices, np.int64)
    result = np.empty((len(rows), len(MODALITIES), *world.image_size, 3), np.uint8)
    for start in range(0, len(rows), block):
        _render_block(world, rows[start : start + block], result[start : start + block])
    return result


def regions(world: World, indices: Sequence[int] | Ints) -> Floats:
    """Where each region of the object is to be seen, to ask of a method whether it looks there.

    Args:
        world: the world.
        indices: (n,) which samples.

    Returns:
        (n, 5, H, W) share of each pixel that shows a region, in the order of `Kind.regions`; what something stands before is
        left out. RGB's geometry: NIR and TIR are shifted against it.
    """
    rows = np.asarray(indices, np.int64)
    canvas = Canvas(np.zeros((REGIONS + 1, len(rows), *world.image_size), np.float32))
    for part in kind_of(world).parts(world, rows):
        look = np.zeros((REGIONS, len(rows)), np.float32)
        look[part.region] = 1
        canvas.paint(part.span, look, part.gate)
    nothing = np.zeros((REGIONS, len(rows)), np.float32)
    nuisance.occlude(canvas, world.nuisances.occluder[rows], world.nuisances.occluder_place[rows], nothing)
    return np.ascontiguousarray(canvas.planes[:REGIONS].swapaxes(0, 1))


def _render_block(world: World, rows: Ints, out: Bytes) -> None:
    cameras = draw_cameras(world.draws, world.cameras, world.difficulty)
    scene = _scene(world, rows)
    creases = 1 + 0.05 * texture.folds(world.image_size, world.visits.key[rows])
    scene[: RELIEF - 1] *= scene[RELIEF] * creases  # heat has neither shade nor folds
    modalities.rgb(world, cameras, rows, scene[:3], out[:, 0])
    modalities.nir(world, cameras, rows, scene[3], out[:, 1])
    modalities.tir(world, cameras, rows, scene[4], out[:, 2])


def _scene(world: World, rows: Ints) -> Floats:
    """The planes (6, B, H, W) of a block: reflectances and heat, before light, lens and sensor."""
    planes = np.empty((CHANNELS + 1, len(rows), *world.image_size), np.float32)
    planes[RELIEF] = 1
    _backdrop(world, rows, planes)
    canvas = Canvas(planes)
    for part in () if world.background_only else kind_of(world).parts(world, rows):
        canvas.paint(part.span, part.look, part.gate, part.roundness, part.tilt, part.channels)
    look = 0.12 + 0.65 * world.nuisances.occluder_tone[rows].T
    nuisance.occlude(canvas, world.nuisances.occluder[rows], world.nuisances.occluder_place[rows], look)
    return planes


def _backdrop(world: World, rows: Ints, planes: Floats) -> None:
    """Fill the planes with what is behind the objects, as it is at the time of day."""
    height, width = world.image_size
    visits = world.visits
    place = world.draws.keys("place", visits.visit_key[rows])
    for picture, (camera, session) in enumerate(zip(visits.camera[rows].tolist(), visits.session[rows].tolist(), strict=True)):
        views = panoramas(world.object, world.namespace, world.draw, camera, world.sessions, world.image_size)
        top = int(place[picture] & np.uint64(0xFFFF)) % (views.shape[2] - height + 1)
        left = int(place[picture] >> np.uint64(32)) % (views.shape[3] - width + 1)
        planes[:RELIEF, picture] = views[session, :, top : top + height, left : left + width]
    time = visits.time[rows]
    planes[3] *= _FAR_NIR[time][:, None, None]
    planes[4] *= _SUN[time][:, None, None]
    planes[4] += _AIR[time][:, None, None]
