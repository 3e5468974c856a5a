"""Reading image files: every mode that the field's files have, and a clear line for every other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from ..base import Images
from ..common.errors import ImageError

MODES = ("RGB", "L")
"""Pillow's names of the modes that are read: three channels, and one grey channel, which becomes three equal ones."""

DAMAGE = (OSError, SyntaxError, ValueError, NotImplementedError, Image.DecompressionBombError)
"""All that Pillow raises for a file that is damaged or no image."""


def read_image(path: Path) -> Images:
    """An image file as (H, W, 3) uint8.

    Sixteen-bit and floating-point files (raw thermal exports) are refused, because a cast would cut their range, and so are
    palettes, transparency and CMYK, which no release of the field has.

    Raises:
        ImageError: the file cannot be decoded, or is of another mode than `MODES`.
    """
    try:
        with Image.open(path) as image:
            if image.mode not in MODES:
                raise ImageError(f"{path}: {mode_message(image.mode)}")
            return np.asarray(image.convert("RGB"))
    except DAMAGE as error:
        raise ImageError(f"{path}: not a readable image ({damage(error)})") from None


def damage(error: Exception) -> str:
    """What Pillow says of a damaged file, without the path that it adds."""
    if isinstance(error, UnidentifiedImageError):
        return "cannot identify image file"
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def mode_message(mode: str) -> str:
    """What is wrong with a mode."""
    return f"the image has mode {mode}; expected 8-bit RGB or grey (L): convert the file"


def cut_strip(path: Path, strip: Images) -> list[Images]:
    """The three tiles, left to right, of a strip (H, 3 W, 3).

    Raises:
        ImageError: the width is no multiple of three.
    """
    width, rest = divmod(strip.shape[1], 3)
    if rest:
        raise ImageError(f"{path}: {strip.shape[1]} pixels wide; a strip of RGB, NIR and TIR has three tiles of equal width")
    return [strip[:, tile * width : (tile + 1) * width] for tile in range(3)]
