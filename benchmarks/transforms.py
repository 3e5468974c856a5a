"""From decoded images to network input: the published recipe of the field (DeMo, IDEA, Signal, NEXT).

Training: bicubic resize, flip, zero padding and random crop, normalisation, random erasing. Test: bilinear resize and
normalisation. Each modality draws its own augmentation in the published recipe, so the three images of a training sample
are *not* aligned pixel by pixel; `independent = False` gives all modalities the same draw.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps
from pydantic import Field, field_validator

from .base import Images
from .common import randomness
from .common.settings import Settings

Pixels = npt.NDArray[np.float32]
Box = tuple[int, int, int, int]

Share = Annotated[float, Field(ge=0, le=1)]
Ratio = Annotated[float, Field(gt=0)]

Resampling = Literal["bicubic", "bilinear"]
Aspect = Literal["stretch", "pad"]

_RESAMPLING: dict[Resampling, Image.Resampling] = {"bicubic": Image.Resampling.BICUBIC, "bilinear": Image.Resampling.BILINEAR}
_STREAM = randomness.stream("augmentation")
_MEAN = _STD = 0.5
_ERASE_TRIES = 10
_NUMBERS = 4 + 4 * _ERASE_TRIES
"""Uniform numbers of one image: flip, two offsets, whether to erase, and four for each try of a box."""


class Augmentation(Settings):
    """Augmentation of training images and resizing of both; the defaults are the published recipe."""

    flip_probability: float = Field(0.5, ge=0, le=1)
    pad: int = Field(10, ge=0)
    """Zeros added on each side before the crop, in pixels."""
    erase_probability: float = Field(0.5, ge=0, le=1)
    erase_area: tuple[Share, Share] = (0.02, 1 / 3)
    """Erased share of the image."""
    erase_aspect: tuple[Ratio, Ratio] = (0.3, 3.33)
    """Height over width of the erased box, log-uniform."""
    independent: bool = True
    """Whether each modality draws its own augmentation."""
    train_resize: Resampling = "bicubic"
    test_resize: Resampling = "bilinear"
    """The published pair differs; give both the same value to make training and test equal."""
    aspect: Aspect = "stretch"
    """`stretch` images to the size, as published, or keep their aspect and `pad` with black."""

    @field_validator("erase_area", "erase_aspect")
    @classmethod
    def _ascending(cls, ends: tuple[float, float]) -> tuple[float, float]:
        if ends[0] > ends[1]:
            raise ValueError("the lower end of a range comes first")
        return ends


@dataclass(frozen=True)
class Resizing:
    """How decoded images of any size become images of one size.

    Attributes:
        size: height and width.
        method: resampling.
        aspect: `stretch` to the size, as published, or `pad` with black, which keeps the aspect.
    """

    size: tuple[int, int]
    method: Resampling
    aspect: Aspect = "stretch"

    def __call__(self, images: Sequence[Images]) -> Images:
        """M images as one array (M, H, W, 3) uint8; images of the right size are left as they are."""
        return np.stack([image if image.shape[:2] == self.size else self._resized(image) for image in images])

    def _resized(self, image: Images) -> Images:
        height, width = self.size
        source, method = Image.fromarray(image), _RESAMPLING[self.method]
        if self.aspect == "pad":
            return np.asarray(ImageOps.pad(source, (width, height), method))
        return np.asarray(source.resize((width, height), method))


def normalise(images: Images) -> Pixels:
    """Images (M, H, W, 3) uint8 as (M, 3, H, W) float32 in [-1, 1]."""
    pixels = images.transpose(0, 3, 1, 2).astype(np.float32)
    pixels *= np.float32(1 / (255 * _STD))
    pixels -= np.float32(_MEAN / _STD)
    return pixels


def augment(images: Images, settings: Augmentation, key: int) -> Pixels:
    """Draw one augmentation of a sample.

    Args:
        images: (M, H, W, 3) uint8, resized.
        settings: probabilities and ranges.
        key: random key of this sample in this epoch; the same key gives the same augmentation.

    Returns:
        Pixels (M, 3, H, W) float32, normalised.
    """
    modalities, height, width, _ = images.shape
    numbers = randomness.uniform(_STREAM, key, np.arange(modalities)[:, None] * settings.independent, np.arange(_NUMBERS))
    shifted = np.zeros_like(images)
    for image, canvas, (flip, down, right) in zip(images, shifted, numbers[:, :3].tolist(), strict=True):
        flipped = image[:, ::-1] if flip < settings.flip_probability else image
        _shift(flipped, canvas, _offset(down, settings.pad), _offset(right, settings.pad))
    pixels = normalise(shifted)
    for modality, (erase, *tries) in enumerate(numbers[:, 3:].tolist()):
        box = _erase_box(tries, settings, height, width) if erase < settings.erase_probability else None
        if box is not None:
            top, left, tall, wide = box
            draw = randomness.generator(_STREAM, key, modality * settings.independent)
            pixels[modality, :, top : top + tall, left : left + wide] = draw.standard_normal((3, tall, wide), dtype=np.float32)
    return pixels


def _offset(number: float, pad: int) -> int:
    """An offset in [-pad, pad] from a number in [0, 1)."""
    return int(number * (2 * pad + 1)) - pad


def _shift(image: Images, out: Images, down: int, right: int) -> None:
    """Move an image over a canvas of zeros: padding by p and cropping to the old size is a shift by -p to p."""
    height, width, _ = image.shape
    down, right = max(-height, min(down, height)), max(-width, min(right, width))  # farther is as black as that
    out[max(down, 0) : height + min(down, 0), max(right, 0) : width + min(right, 0)] = image[
        max(-down, 0) : height + min(-down, 0), max(-right, 0) : width + min(-right, 0)
    ]


def _erase_box(numbers: list[float], settings: Augmentation, height: int, width: int) -> Box | None:
    """Top, left, height and width of a box to erase; None where ten tries gave none that fits (as published).

    Args:
        numbers: 4 uniform numbers in [0, 1) for each try.
        settings: ranges of area and aspect.
        height: of the image.
        width: of the image.
    """
    low, high = settings.erase_area
    flat, steep = (math.log(value) for value in settings.erase_aspect)
    for start in range(0, len(numbers), 4):
        of_area, of_aspect, of_top, of_left = numbers[start : start + 4]
        area = (low + of_area * (high - low)) * height * width
        aspect = math.exp(flat + of_aspect * (steep - flat))
        tall, wide = round(math.sqrt(area * aspect)), round(math.sqrt(area / aspect))
        if 0 < tall < height and 0 < wide < width:
            return int(of_top * (height - tall + 1)), int(of_left * (width - wide + 1)), tall, wide
    return None
