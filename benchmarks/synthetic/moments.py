"""When, where and how each sample is taken: visits to cameras, poses, and what disturbs the images."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from ..batch import MODALITIES
from .difficulty import Difficulty
from .draws import Bools, Draws, Floats, Ints

FRAMES_PER_VISIT = 2
"""Samples of one identity that share camera, session, backdrop and time of day."""


class View(IntEnum):
    """From where the person is seen."""

    FRONT = 0
    BACK = 1
    LEFT = 2
    RIGHT = 3


class Time(IntEnum):
    """Time of day."""

    DAY = 0
    DUSK = 1
    NIGHT = 2


class Occluder(IntEnum):
    """What stands in front of the person."""

    NONE = 0
    POLE = 1
    LOW = 2
    SIDE = 3


@dataclass(frozen=True)
class Visits:
    """The samples of I identities in the order of their names, one row (N,) each."""

    row: Ints
    """Position of the identity in the world, in [0, I)."""
    frame: Ints
    """Number of the sample among those of its identity."""
    camera: Ints
    session: Ints
    """Number of the recording session: a camera's backdrop changes from session to session."""
    time: Ints
    """Value of `Time`."""
    key: Ints
    """A number of the sample's own, from which the rest is drawn."""
    visit_key: Ints
    """A number that the frames of a visit share."""


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


@dataclass(frozen=True)
class Nuisances:
    """What disturbs the images, one row (N, ...) each."""

    light: Floats
    """Strength of the visible light, 1 on a bright day."""
    slant: Floats
    """Change of the light from left to right, in [-1, 1]."""
    flare: Bools
    flare_place: Floats
    """(N, 2) Row and column of the headlights, in heights and widths of the image."""
    flare_size: Floats
    """Radius of their glare, in widths of the image."""
    occluder: Ints
    """Value of `Occluder`."""
    occluder_place: Floats
    """In [0, 1]: which column, height or side."""
    occluder_tone: Floats
    """(N, 5) Colour, NIR reflectance and heat of the occluder."""
    blur: Ints
    """(N, M) Passes of the blur of each modality: 0 is in focus."""
    shift: Ints
    """(N, M, 2) Rows and columns by which each modality is shifted, in pixels of an image of 64 rows; 0 for RGB."""


def draw_visits(draws: Draws, identities: Ints, images: int, cameras: int, sessions: int, difficulty: Difficulty) -> Visits:
    """Spread the samples of each identity evenly over the cameras, in visits of a few frames.

    Args:
        draws: the world's random numbers.
        identities: (I,) numbers of the identities.
        images: samples of each identity.
        cameras: number of cameras.
        sessions: number of recording sessions.
        difficulty: shares of dusk and night.
    """
    row = np.repeat(np.arange(len(identities)), images)
    identity, frame = identities[row], np.tile(np.arange(images), len(identities))
    camera = (draws.integers("first camera", cameras, identity) + frame) % cameras
    visit = frame // cameras // FRAMES_PER_VISIT
    # the sessions of one identity and camera are all different as long as there are enough of them
    session = (draws.integers("session", sessions, identity, camera) + visit) % sessions
    order = np.lexsort((frame, session, camera, row))
    identity, camera, session, visit = identity[order], camera[order], session[order], visit[order]
    visit_key = _signed(draws, "visit", identity, camera, visit)
    day = 1 - difficulty.dusk - difficulty.night
    time = draws.choice("time", (day, difficulty.dusk, difficulty.night), visit_key)
    key = _signed(draws, "sample", identity, frame[order])
    return Visits(row[order], frame[order], camera, session, time, key, visit_key)


def draw_poses(draws: Draws, key: Ints, difficulty: Difficulty) -> Poses:
    """Draw a pose for each sample key (N,)."""
    height = draws.uniform("height", difficulty.smallest, difficulty.largest, key)
    free = 1 - height
    return Poses(
        view=draws.choice("view", (3, 3, 2, 2), key),
        yaw=draws.uniform("yaw", 0, 1, key),
        stride=draws.uniform("stride", -1, 1, key),
        lean=draws.uniform("lean", -0.02, 0.02, key),
        height=height,
        across=draws.uniform("across", 0.5 - difficulty.horizontal_jitter, 0.5 + difficulty.horizontal_jitter, key),
        top=free * 0.5 + draws.uniform("top", -difficulty.vertical_jitter, difficulty.vertical_jitter, key),
        holding=draws.chance("holding", 0.75, key),
    )


def draw_nuisances(draws: Draws, visits: Visits, difficulty: Difficulty) -> Nuisances:
    """Draw the nuisances of each sample."""
    key, modality = visits.key, np.arange(len(MODALITIES))
    mean = np.array([1, difficulty.dusk_light, difficulty.night_light], np.float32)[visits.time]
    dark = np.array([0.5, 1, 1.6])[visits.time]  # headlights are on when it is dark
    shift = draws.integers("shift", 2 * difficulty.misalignment + 1, key[:, None, None], modality[:, None], np.arange(2))
    occluded = draws.chance("occlusion", difficulty.occlusion, key)
    return Nuisances(
        light=mean * draws.uniform("light", 0.8, 1.15, visits.visit_key),
        slant=draws.uniform("slant", -1, 1, key),
        flare=draws.uniform("flare", 0, 1, key) < (difficulty.flare * dark).astype(np.float32),
        flare_place=np.stack([draws.uniform("flare row", 0.25, 0.75, key), draws.uniform("flare column", -0.1, 1.1, key)], 1),
        flare_size=draws.uniform("flare size", 0.3, 0.8, key),
        occluder=np.where(occluded, 1 + draws.integers("occluder", 3, key), Occluder.NONE),
        occluder_place=draws.uniform("occluder place", 0, 1, key),
        occluder_tone=draws.uniform("occluder tone", 0, 1, key[:, None], np.arange(5)),
        blur=np.where(
            draws.chance("blur", difficulty.blur, key[:, None], modality),
            1 + draws.integers("blur passes", 2, key[:, None], modality),
            0,
        ),
        shift=np.where(modality[:, None] > 0, shift - difficulty.misalignment, 0),
    )


def _signed(draws: Draws, name: str, *keys: Ints) -> Ints:
    return (draws.keys(name, *keys) >> np.uint64(1)).astype(np.int64)
