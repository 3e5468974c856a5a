"""What disturbs pictures: things in front, blur, misalignment, headlights, noise."""

from __future__ import annotations

import numpy as np

from .canvas import Canvas, Span, soften
from .draws import Floats, Ints
from .moments import Occluder


def occlude(canvas: Canvas, kind: Ints, place: Floats, look: Floats) -> None:
    """Put a pole, something low or something at the side before the persons.

    Args:
        canvas: of B pictures; painted in place.
        kind: (B,) values of `Occluder`.
        place: (B,) in [0, 1].
        look: (5, B) their appearance.
    """
    _, count, height, width = canvas.planes.shape
    left, right, top = (edge[:, None] for edge in occluder_box(kind, place))
    centre, half = (right + left) * (0.5 * width), (right - left) * (0.5 * width)
    rows = np.arange(height, dtype=np.float32)
    cover = np.clip(rows + 1 - top * height, 0, 1)
    span = Span(np.broadcast_to(centre, cover.shape), np.broadcast_to(half, cover.shape), cover)
    canvas.paint(span, look, kind != Occluder.NONE, roundness=0.2)


def occluder_box(kind: Ints, place: Floats) -> tuple[Floats, Floats, Floats]:
    """Left, right and top (B,) of occluders, in widths and heights of the picture; they reach down to its lower edge.

    Args:
        kind: (B,) values of `Occluder`.
        place: (B,) in [0, 1].
    """
    pole, low = kind == Occluder.POLE, kind == Occluder.LOW
    reach = 0.26 + 0.48 * np.abs(place - 0.5)
    at_left = place < 0.5
    middle = 0.3 + 0.4 * place
    left = np.where(pole, middle - np.float32(0.08), np.where(low | at_left, np.float32(0), np.float32(1) - reach))
    right = np.where(pole, middle + np.float32(0.08), np.where(low | ~at_left, np.float32(1), reach))
    top = np.where(pole, np.float32(0), np.where(low, np.float32(0.58) + np.float32(0.2) * place, np.float32(0.12)))
    return left, right, top


def blur(planes: Floats, passes: Ints) -> None:
    """Blur pictures (C, B, H, W) in place, each as often as it says (B,)."""
    for number in range(1, int(passes.max(initial=0)) + 1):
        some = np.flatnonzero(passes >= number)
        planes[:, some] = soften(planes[:, some])


def shifted(planes: Floats, shift: Ints) -> Floats:
    """Pictures (B, H, W) moved by (B, 2) rows and columns; edges repeat."""
    _, height, width = planes.shape
    result = np.empty_like(planes)
    for picture, (down, right) in enumerate(shift.tolist()):
        rows = np.clip(np.arange(height) - down, 0, height - 1)
        columns = np.clip(np.arange(width) - right, 0, width - 1)
        result[picture] = planes[picture][rows[:, None], columns]
    return result


def glare(shape: tuple[int, int], place: Floats, size: Floats) -> Floats:
    """Light of headlights (B, H, W) in [0, 1.4].

    Args:
        shape: height and width.
        place: (B, 2) row and column of their middle, in heights and widths of the picture.
        size: (B,) radius, in widths of the picture.
    """
    height, width = shape
    rows = (np.arange(height, dtype=np.float32) + 0.5) / height
    columns = (np.arange(width, dtype=np.float32) + 0.5) / width
    tall = (rows - place[:, :1])[:, :, None] * (height / width)
    wide = (columns - place[:, 1:])[:, None, :]
    distance = (tall * tall + wide * wide) / (size * size)[:, None, None]
    near = np.maximum(1 - distance, 0)
    return 0.14 + near * near * 1.25
