"""What a degraded modality looks like: six kinds at three strengths, on resized images before normalisation.

Lengths are shares of the image's size, the square root of height times width, so that an image of 64 x 32 and one of
256 x 128, upright or wide, are degraded alike. What is drawn (a place, a direction, noise) depends on the name of the sample,
the modality and the kind alone: it is the same on every machine, for every method, and at each strength, so that only the
amount grows with the strength.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from .base import Images
from .common import randomness
from .conditions import Degradation, Kind
from .modalities import MODALITIES

Pixels = npt.NDArray[np.float64]
"""(H, W, 3) grey levels, 0 to 255 in the end."""

VERSION = 1
"""Part of the id of every run that degrades something: a changed pixel or amount needs a new one."""

AMOUNTS: dict[Kind, tuple[float, float, float]] = {
    "misalignment": (0.05, 0.10, 0.20),
    "occlusion": (0.10, 0.25, 0.50),
    "darkness": (1 / 2, 1 / 4, 1 / 8),
    "flare": (150.0, 300.0, 600.0),
    "blur": (0.02, 0.04, 0.08),
    "noise": (16.0, 32.0, 64.0),
}
"""By strength. Misalignment: shift, as a share of the size. Occlusion: covered share of the area. Darkness: factor of the grey
levels (one, two and three stops). Flare: grey levels added at its centre. Blur: standard deviation, as a share of the size.
Noise: standard deviation in grey levels, for each pixel alone."""

_STREAM = randomness.stream("degradation")
_MID_GREY = 128
"""An occluding box: the level that normalisation takes to zero, as a missing image is zeros."""
_FLARE_RADIUS = 0.25
"""Distance from the centre of a flare at which a quarter of it is left, as a share of the size."""


@dataclass(frozen=True)
class _Draw:
    """Random numbers of one image and kind."""

    key: int
    grey: bool
    """Whether the sensor has one channel, which is shown three times."""

    def numbers(self, count: int) -> list[float]:
        """Uniform numbers in [0, 1)."""
        found: list[float] = randomness.uniform(_STREAM, self.key, np.arange(count)).tolist()
        return found

    def noise(self, height: int, width: int) -> Pixels:
        """Standard normal numbers (H, W, 3), equal in all channels of a grey image."""
        shape = (height, width, 1 if self.grey else 3)
        return np.broadcast_to(randomness.generator(_STREAM, self.key).standard_normal(shape), (height, width, 3))


def degrade(images: Images, degradations: Sequence[Degradation], name: str) -> Images:
    """Images of a sample with some modalities degraded; the images that are given stay as they are.

    Args:
        images: (M, H, W, 3) uint8, resized.
        degradations: in the order in which they are applied.
        name: of the sample: decides what is drawn.

    Returns:
        (M, H, W, 3) uint8.
    """
    if not degradations:
        return images
    changed = images.copy()
    for each in degradations:
        image = changed[MODALITIES.index(each.modality)]
        draw = _Draw(randomness.stream(f"{name}/{each.modality}/{each.kind}"), grey=each.modality != "RGB")
        pixels = _KINDS[each.kind](image.astype(np.float64), AMOUNTS[each.kind][each.strength - 1], draw)
        image[:] = np.clip(np.rint(pixels), 0, 255)
    return changed


def _size(pixels: Pixels) -> float:
    return math.sqrt(pixels.shape[0] * pixels.shape[1])


def _misalignment(pixels: Pixels, share: float, draw: _Draw) -> Pixels:
    """The image moved by whole pixels in a drawn direction, its edge drawn out over what is uncovered."""
    angle, far = 2 * math.pi * draw.numbers(1)[0], share * _size(pixels)
    rows, columns = (
        np.clip(np.arange(length) - round(far * part), 0, length - 1)
        for length, part in zip(pixels.shape[:2], (math.sin(angle), math.cos(angle)), strict=True)
    )
    return pixels[rows[:, None], columns]


def _occlusion(pixels: Pixels, share: float, draw: _Draw) -> Pixels:
    """A grey box of the image's shape at a drawn place; a larger box at the same place holds the smaller one."""
    height, width, _ = pixels.shape
    tall, wide = (round(length * math.sqrt(share)) for length in (height, width))
    down, right = draw.numbers(2)
    top, left = int(down * (height - tall + 1)), int(right * (width - wide + 1))
    covered = pixels.copy()
    covered[top : top + tall, left : left + wide] = _MID_GREY
    return covered


def _darkness(pixels: Pixels, factor: float, draw: _Draw) -> Pixels:
    """Grey levels scaled down; what falls between two levels is lost."""
    return pixels * factor


def _flare(pixels: Pixels, peak: float, draw: _Draw) -> Pixels:
    """White light added around a drawn place, with the long tail of a glare: a Moffat profile of exponent 2."""
    height, width, _ = pixels.shape
    down, right = draw.numbers(2)
    radius = _FLARE_RADIUS * _size(pixels)
    far = (np.arange(height)[:, None] - down * height) ** 2 + (np.arange(width) - right * width) ** 2
    return pixels + peak / (1 + far[..., None] / radius**2) ** 2


def _blur(pixels: Pixels, share: float, draw: _Draw) -> Pixels:
    """Gaussian blur, the edge drawn out."""
    sigma = share * _size(pixels)
    return ndimage.gaussian_filter(pixels, (sigma, sigma, 0), mode="nearest")


def _noise(pixels: Pixels, deviation: float, draw: _Draw) -> Pixels:
    """Gaussian noise, independent in each pixel, and in each channel of RGB."""
    return pixels + deviation * draw.noise(*pixels.shape[:2])


_KINDS: dict[Kind, Callable[[Pixels, float, _Draw], Pixels]] = {
    "misalignment": _misalignment,
    "occlusion": _occlusion,
    "darkness": _darkness,
    "flare": _flare,
    "blur": _blur,
    "noise": _noise,
}
