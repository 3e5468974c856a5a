"""Fields of noise from which every picture takes a window of its own."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from ..common import randomness
from .canvas import soften
from .draws import Floats, Ints

_SPARE = 64
"""Rows and columns by which windows can differ."""


@lru_cache(maxsize=8)
def _fields(height: int, width: int) -> tuple[Floats, Floats]:
    """Grain and folds (H + spare, W + spare): mean 0 and standard deviation about 1, from pixel to pixel and smooth."""
    rows, columns = np.arange(height + _SPARE)[:, None], np.arange(width + _SPARE)
    bits = randomness.mix(randomness.stream("synthetic grain"), rows, columns)
    # the sum of eight bytes is nearly normal; its standard deviation is sqrt(8 * (256^2 - 1) / 12)
    total = sum(((bits >> np.uint64(8 * byte)) & np.uint64(255)).astype(np.int64) for byte in range(8))
    grain = ((np.asarray(total) - 1020) / 209.02).astype(np.float32)
    folds = soften(soften(soften(grain))) * 4.4
    return grain, folds


def grain(shape: tuple[int, int], keys: Ints, field: int) -> Floats:
    """White noise (B, H, W): mean 0, standard deviation 1.

    Args:
        shape: height and width.
        keys: (B,) keys of the samples.
        field: distinguishes the noises of one sample.
    """
    return _windows(_fields(*shape)[0], shape, keys, field)


def folds(shape: tuple[int, int], keys: Ints) -> Floats:
    """Smooth noise (B, H, W): mean 0, standard deviation about 1."""
    return _windows(_fields(*shape)[1], shape, keys, 99)


def _windows(field: Floats, shape: tuple[int, int], keys: Ints, number: int) -> Floats:
    places = randomness.mix(randomness.stream("synthetic windows"), keys, number)
    rows, columns = places % np.uint64(_SPARE), (places >> np.uint64(32)) % np.uint64(_SPARE)
    views = np.lib.stride_tricks.sliding_window_view(field, shape)
    return np.asarray(views[rows.astype(np.int64), columns.astype(np.int64)])
