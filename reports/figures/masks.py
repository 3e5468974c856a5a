"""Which patches NEXT's semantic experts keep, drawn over the images (Fig. 9 of NEXT)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from harness.rows import Row
from reports.canvas import ROW_FIGURES, WIDTH, Drawing, new_figure, picture, styled
from reports.formats import shortened
from reports.monitors import MODALITIES
from reports.strips import Images, show, strip

_VEIL = np.array([236, 238, 245])
"""Colour that a dropped patch fades to: neither black as thermal images are, nor plain white."""


@ROW_FIGURES.register(order=20)
@styled
def masks(row: Row) -> Drawing | None:
    """One line for each query: its images, then for each expert the patches that it keeps of each modality."""
    pictures = row.pictures
    if pictures is None or pictures.masks.size == 0:
        return None
    queries, experts = pictures.masks.shape[:2]
    height, width = strip(pictures.query_images[0]).shape[:2]
    figure = new_figure(height=queries * (WIDTH / (1 + experts) * height / width + 0.5) + 0.1)
    cells = figure.subplots(queries, 1 + experts, squeeze=False)
    for query, images in enumerate(pictures.query_images):
        show(cells[query, 0], strip(images))
        cells[query, 0].set_title(shortened(str(pictures.query_names[query]), 28), fontsize=8)
        for expert, kept in enumerate(pictures.masks[query]):
            show(cells[query, 1 + expert], strip(veiled(images, kept)))
            shares = " · ".join(f"{name} {share:.0%}" for name, share in zip(MODALITIES, kept.mean(axis=(1, 2)), strict=False))
            cells[query, 1 + expert].set_title(f"E{expert + 1}\n{shares}", fontsize=8)
    return picture(
        figure,
        f"{row.label} on {row.benchmark}: patches that each semantic expert keeps; dropped patches are faded. Above each cell "
        "the share that is kept.",
    )


def veiled(images: Images, kept: npt.NDArray[np.bool_]) -> Images:
    """Images with the dropped patches faded.

    Args:
        images: (M, h, w, 3).
        kept: (M, gh, gw).

    Returns:
        (M, h, w, 3).
    """
    height, width = images.shape[1:3]
    rows = np.arange(height) * kept.shape[1] // height
    columns = np.arange(width) * kept.shape[2] // width
    visible = kept[:, rows][:, :, columns, None]
    faded = 0.15 * images + 0.85 * _VEIL
    return np.where(visible, images, faded).astype(np.uint8)
