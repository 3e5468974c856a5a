"""Images of one sample side by side, as the cells of picture figures."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

Images = npt.NDArray[np.uint8]

GAP = 2
"""White pixels between two modalities."""


def is_tall(images: Images) -> bool:
    """Whether images (..., h, w, 3) are taller than wide, as those of persons."""
    return images.shape[-3] > images.shape[-2]


def strip(images: Images) -> Images:
    """The modalities of a sample in one image: tall ones side by side, wide ones one below the other.

    Args:
        images: (M, h, w, 3).

    Returns:
        (h', w', 3).
    """
    axis = 1 if is_tall(images) else 0
    shape = list(images.shape[1:])
    shape[axis] = GAP
    white = np.full(shape, 255, dtype=np.uint8)
    parts = [part for image in images for part in (white, image)][1:]
    return np.concatenate(parts, axis=axis)


def show(axes: Axes, image: Images, colour: str = "", dashed: bool = False) -> None:
    """Draw an image without axes, framed where a colour is given."""
    axes.imshow(image, interpolation="nearest")
    axes.set(xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set(visible=bool(colour), color=colour or "none", linewidth=2.5, linestyle="--" if dashed else "-")
