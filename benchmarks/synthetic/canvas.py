"""Painting with exact arithmetic: spans of rows, and what is laid over what.

Pixels are made with operations that IEEE 754 rounds exactly (+ - * / sqrt, comparisons, floor) in float32, and never with sums
whose order is left to a library, so the same world gives the same bytes on every machine.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .draws import Bools, Floats

CHANNELS = 5
"""Red, green, blue, NIR reflectance and heat; a sixth plane holds the relief (brightness by the direction of the surface)."""
RELIEF = 5
_SPARSE = 0.7
"""Share of the samples below which a part is painted on copies of their planes instead of on all planes."""


@dataclass(frozen=True)
class Span:
    """A shape that covers one interval of each row: how all parts are drawn."""

    centre: Floats
    """(B, H) middle of the interval, in pixels."""
    half: Floats
    """(B, H) half its width, in pixels."""
    cover: Floats
    """(B, H) share of the row that it covers vertically, in [0, 1]."""


@dataclass(frozen=True)
class Frame:
    """Where the objects of a block stand: rows and columns in heights of the person, or in lengths of the vehicle."""

    rows: Floats
    """(B, H) height of each row's middle, from 0 at the upper end downwards: persons end at 1."""
    size: Floats
    """(B, 1) pixels for one such height or length."""
    middle: Floats
    """(B, 1) column of the object's middle, in pixels."""

    def span(self, top: Floats | float, bottom: Floats | float, centre: Floats | float, half: Floats | float) -> Span:
        """A span between two heights; all arguments in the frame's unit, (B, 1) or (B, H)."""
        pixel = 0.5 / self.size
        cover = np.minimum(self.rows + pixel, bottom) - np.maximum(self.rows - pixel, top)
        cover = np.clip(cover * self.size, 0, 1)
        middle = np.broadcast_to(self.middle + self.size * centre, cover.shape)
        return Span(middle, np.broadcast_to(self.size * half, cover.shape), cover)

    def track(self, *knots: tuple[Floats | float, Floats | float]) -> Floats:
        """A piecewise linear function (B, H) of the row through (height, value) knots, constant outside them."""
        (start, value), *rest = knots
        result = np.zeros_like(self.rows) + value
        for end, following in rest:
            share = np.clip((self.rows - start) / (end - start), 0, 1)
            result = result + share * (following - value)
            start, value = end, following
        return result

    def ellipse(self, top: Floats | float, bottom: Floats | float, centre: Floats | float, half: Floats | float) -> Span:
        """An upright ellipse between two heights, `half` wide on each side."""
        middle, radius = (bottom + top) * 0.5, (bottom - top) * 0.5
        offset = (self.rows - middle) / radius
        return self.span(top, bottom, centre, np.sqrt(np.maximum(1 - offset * offset, 0)) * half)


class Canvas:
    """The planes of a block of B pictures.

    Args:
        planes: (6, B, H, W): five channels of appearance and the relief; painted in place.
    """

    def __init__(self, planes: Floats) -> None:
        self.planes = planes
        self._left = np.arange(planes.shape[3], dtype=np.float32)

    def paint(
        self,
        span: Span,
        look: Floats,
        gate: Bools,
        roundness: float = 0.0,
        tilt: float = 0.0,
        channels: int = CHANNELS,
    ) -> None:
        """Lay a shape over what is there.

        Args:
            span: the shape.
            look: (5, B) its appearance.
            gate: (B,) which pictures have it.
            roundness: how much darker its edges are than its middle.
            tilt: how much brighter its right edge is than its left.
            channels: how many of the channels it changes, from the first on.
        """
        there = np.flatnonzero(gate & (span.cover > 0).any(axis=1))
        if not there.size:
            return
        rows, columns = self._box(span, there)
        inside = there if there.size < _SPARSE * gate.size else slice(None)
        centre, half = (array[inside, rows, None] for array in (span.centre, span.half))
        cover = (span.cover * gate[:, None])[inside, rows, None]
        left = self._left[columns]
        alpha = np.minimum(left + 1, centre + half) - np.maximum(left, centre - half)
        alpha = np.maximum(alpha, 0) * cover
        planes = self.planes[:, inside, rows, columns]
        shade = _relief(left, centre, half, roundness, tilt)
        flat = look[:, inside, None, None]
        for channel in range(channels):
            plane = planes[channel]
            plane += alpha * (flat[channel] - plane)
        planes[RELIEF] += alpha * (shade - planes[RELIEF])
        if isinstance(inside, np.ndarray):
            self.planes[:, inside, rows, columns] = planes

    def _box(self, span: Span, there: np.ndarray) -> tuple[slice, slice]:
        """The rows and columns outside which the shape covers nothing in any picture."""
        covered = np.flatnonzero((span.cover[there] > 0).any(axis=0))
        rows = slice(int(covered[0]), int(covered[-1]) + 1)
        centre, half = span.centre[there, rows], span.half[there, rows]
        first, last = int(np.floor((centre - half).min())), int(np.ceil((centre + half).max()))
        return rows, slice(max(first, 0), max(min(last + 1, self._left.size), 0))


def _relief(left: Floats, centre: Floats, half: Floats, roundness: float, tilt: float) -> Floats:
    if not roundness and not tilt:
        return np.ones((1, 1, 1), np.float32)
    across: Floats = np.clip((left + 0.5 - centre) / np.maximum(half, 0.5), -1, 1)
    return 1 - roundness * across * across + tilt * across


def soften(planes: Floats) -> Floats:
    """Pictures (..., H, W) after a blur by (1, 2, 1) / 4 in both directions; edges repeat."""
    rows = _pair(planes, -2)
    return _pair(rows, -1)


def _pair(planes: Floats, axis: int) -> Floats:
    """Blur along one axis: the mean of each value with its neighbours' mean."""
    moved = np.moveaxis(planes, axis, 0)
    result = moved * 0.5
    result[1:] += moved[:-1] * 0.25
    result[:-1] += moved[1:] * 0.25
    result[0] += moved[0] * 0.25
    result[-1] += moved[-1] * 0.25
    return np.moveaxis(result, 0, axis)
