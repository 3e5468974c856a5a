"""When and where each sample is taken: visits to cameras, times of day, and what disturbs the images."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from ..batch import MODALITIES
from .difficulty import Difficulty
from .draws import Bools, Draws, Floats, Ints


class Time(IntEnum):
    """Time of day: the same for all cameras of a session."""

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
    """Number of the recording session, the scene of the scene rule: it has a time of day, and a backdrop at each camera."""
    time: Ints
    """Value of `Time`."""
    key: Ints
    """A number of the sample's own, from which the rest is drawn."""
    visit_key: Ints
    """A number that the frames of a visit share."""


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


@dataclass(frozen=True)
class Habit:
    """How identities move through a network of cameras."""

    frames: int
    """Samples of one visit, which share camera, session and backdrop."""
    together: bool
    """Whether all cameras see an identity in the same sessions, as a vehicle that drives past all of them."""


def draw_visits(
    draws: Draws, identities: Ints, images: int, cameras: int, sessions: int, difficulty: Difficulty, habit: Habit
) -> Visits:
    """Spread the samples of each identity evenly over the cameras, in visits of a few frames.

    Args:
        draws: the world's random numbers.
        identities: (I,) numbers of the identities.
        images: samples of each identity.
        cameras: number of cameras.
        sessions: number of recording sessions.
        difficulty: shares of dusk and night.
        habit: how identities move.
    """
    row = np.repeat(np.arange(len(identities)), images)
    identity, frame = identities[row], np.tile(np.arange(images), len(identities))
    camera = (draws.integers("first camera", cameras, identity) + frame) % cameras
    visit = frame // cameras // habit.frames
    # the sessions of one identity and camera are all different as long as there are enough of them
    first = draws.integers("session", sessions, identity, *(() if habit.together else (camera,)))
    session = (first + visit) % sessions
    order = np.lexsort((frame, camera, session, row) if habit.together else (frame, session, camera, row))
    identity, camera, session, visit = identity[order], camera[order], session[order], visit[order]
    visit_key = _signed(draws, "visit", identity, camera, visit)
    time = draw_times(draws, sessions, difficulty)[session]
    key = _signed(draws, "sample", identity, frame[order])
    return Visits(row[order], frame[order], camera, session, time, key, visit_key)


def draw_times(draws: Draws, sessions: int, difficulty: Difficulty) -> Ints:
    """Time of day (sessions,) of each session: their shares are exact up to rounding, their order is drawn."""
    night, dusk = (int(share * sessions + 0.5) for share in (difficulty.night, difficulty.dusk))
    place = np.argsort(np.argsort(draws.keys("session time", np.arange(sessions)), kind="stable"), kind="stable")
    return np.where(place < night, Time.NIGHT, np.where(place < night + dusk, Time.DUSK, Time.DAY)).astype(np.int64)


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
