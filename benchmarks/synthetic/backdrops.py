"""Backdrops: a panorama for each camera and session, of which every picture shows a part.

They are shared by all identities, so a backdrop tells nothing about who stands before it.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np

from .canvas import CHANNELS
from .draws import Draws, Floats, Namespace, Object

_MARGIN = 0.2
"""Height of a panorama beyond the picture's, in heights of the picture."""
_WIDTHS = 4
"""Width of a panorama, in widths of the picture."""
_GRAIN = 0.07
"""Largest deviation of a surface's brightness from pixel to pixel."""
_DRAWS = 512
"""Random numbers of a panorama: more than the most that it takes."""
_HORIZON = 0.62
"""Where walls meet the ground, in heights of the panorama."""


@lru_cache(maxsize=64)
def panoramas(object: Object, namespace: Namespace, draw: int, camera: int, sessions: int, shape: tuple[int, int]) -> Floats:
    """The panoramas of one camera: (sessions, 5, H', W') of red, green, blue, NIR reflectance and heat by day.

    Args:
        object: of the world.
        namespace: of the world.
        draw: of the world.
        camera: number of the camera.
        sessions: number of sessions.
        shape: height and width of the pictures.
    """
    draws = Draws(object, namespace, draw)
    size = shape[0] + int(shape[0] * _MARGIN), shape[1] * _WIDTHS
    result = np.stack([_Painter(draws, camera, session, size).paint() for session in range(sessions)])
    result.setflags(write=False)  # it is shared by all who ask
    return result


class _Painter:
    """Paints one panorama from boxes; the place is the camera's own, what stands there changes with the session."""

    def __init__(self, draws: Draws, camera: int, session: int, size: tuple[int, int]) -> None:
        keys = np.arange(_DRAWS)
        # one call for many numbers: a call for each would take most of the time
        self._lasting = iter(draws.uniform("lasting backdrop", 0, 1, camera, keys).tolist())
        self._passing = iter(draws.uniform("passing backdrop", 0, 1, camera, session, keys).tolist())
        self._height, self._width = size
        rows, columns = np.arange(size[0])[:, None], np.arange(size[1])
        self._spread = draws.uniform("backdrop grain", -_GRAIN, _GRAIN, camera, session, rows, columns)
        self._planes = np.zeros((CHANNELS, *size), np.float32)

    def _unit(self, low: float, high: float, *, lasting: bool) -> float:
        """The next random number: of the camera where the thing lasts, of the session where it does not."""
        return low + (high - low) * next(self._lasting if lasting else self._passing)

    def _tone(self, colourful: float, *, lasting: bool) -> Floats:
        """A random appearance (5,): colour around a grey, NIR reflectance, heat."""
        grey = self._unit(0.18, 0.72, lasting=lasting)
        colour = [grey + self._unit(-colourful, colourful, lasting=lasting) for _ in range(3)]
        rest = [self._unit(0.15, 0.75, lasting=lasting), self._unit(0.12, 0.62, lasting=lasting)]
        return np.clip(np.array([*colour, *rest], np.float32), 0.03, 0.95)

    def _box(self, top: float, bottom: float, left: float, right: float, tone: Floats) -> None:
        rows = slice(max(int(top * self._height), 0), max(int(bottom * self._height), 0))
        columns = slice(max(int(left * self._width), 0), max(int(right * self._width), 0))
        self._planes[:, rows, columns] = tone[:, None, None]

    def paint(self) -> Floats:
        """The panorama (5, H', W')."""
        horizon = _HORIZON + self._unit(-0.14, 0.12, lasting=True)
        self._wall(horizon)
        self._ground(horizon)
        self._openings(horizon)
        self._hedges(horizon)
        self._poles(horizon)
        self._objects(horizon)
        self._grain()
        return self._planes

    def _places(self, most: int, *, lasting: bool) -> Iterator[float]:
        count = int(self._unit(0, most + 0.999, lasting=lasting))
        for _ in range(count):
            yield self._unit(0, 1, lasting=lasting)

    def _wall(self, horizon: float) -> None:
        self._box(0, horizon, 0, 1, self._tone(0.05, lasting=True))
        panels = int(self._unit(3, 8, lasting=True))
        for panel in range(panels):
            tone = self._tone(0.08, lasting=True)
            left = panel / panels
            self._box(0, horizon, left, left + self._unit(0.3, 1.0, lasting=True) / panels, tone)

    def _ground(self, horizon: float) -> None:
        tone = self._tone(0.03, lasting=True)
        self._box(horizon, 1, 0, 1, tone)
        for stripe in range(3):
            top = horizon + (1 - horizon) * (stripe + self._unit(0.1, 0.6, lasting=True)) / 3
            factor = self._unit(0.75, 1.3, lasting=True)
            self._box(top, top + self._unit(0.015, 0.06, lasting=True), 0, 1, np.clip(tone * factor, 0, 0.95))

    def _openings(self, horizon: float) -> None:
        """Windows and doors: dark by day, and cold, for glass hides what is warm behind it."""
        for left in self._places(7, lasting=True):
            tone = self._tone(0.06, lasting=True) * np.array([0.5, 0.5, 0.6, 0.5, 0.6], np.float32)
            top = self._unit(0.02, 0.3, lasting=True)
            bottom = horizon if self._unit(0, 1, lasting=True) < 0.3 else top + self._unit(0.12, 0.28, lasting=True)
            self._box(top, min(bottom, horizon), left, left + self._unit(0.03, 0.1, lasting=True), tone)

    def _hedges(self, horizon: float) -> None:
        """Leaves: green, and bright in the near infrared."""
        for left in self._places(2, lasting=True):
            green = self._unit(0.22, 0.42, lasting=True)
            tone = np.array([green * 0.6, green, green * 0.4, 0.82, 0.34], np.float32)
            top = horizon - self._unit(0.1, 0.45, lasting=True)
            self._box(top, horizon + 0.03, left, left + self._unit(0.08, 0.25, lasting=True), tone)

    def _poles(self, horizon: float) -> None:
        for left in self._places(4, lasting=True):
            tone = self._tone(0.04, lasting=True) * 0.7
            self._box(
                0, horizon + self._unit(0.02, 0.2, lasting=True), left, left + self._unit(0.008, 0.022, lasting=True), tone
            )

    def _objects(self, horizon: float) -> None:
        """Signs, cars and boxes of one session: as colourful as clothes, some as warm as persons."""
        for left in self._places(7, lasting=False):
            tone = self._tone(0.35, lasting=False)
            tone[4] = self._unit(0.1, 0.9, lasting=False)
            top = self._unit(0.1, horizon + 0.15, lasting=False)
            right = left + self._unit(0.02, 0.14, lasting=False)
            self._box(top, top + self._unit(0.06, 0.35, lasting=False), left, right, tone)

    def _grain(self) -> None:
        """Uneven surfaces."""
        self._planes[:4] *= 1 + self._spread
        self._planes[4] *= 1 + 0.3 * self._spread
