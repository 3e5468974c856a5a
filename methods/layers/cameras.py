"""The learned embedding of the camera (SIE of TransReID) at a camera that training has not seen."""

from __future__ import annotations

import torch
from torch import Tensor


def camera_rows(table: Tensor, camera: Tensor, *, training: bool) -> Tensor:
    """The embedding of each sample's camera; a camera beyond the table gets the mean of the learned ones.

    No release has a rule for that: they stop with an index error. The mean says nothing of the camera and keeps the scale
    that the tower is used to.

    Args:
        table: (cameras, ...) learned in training.
        camera: (B,) int64, at least 0.
        training: whether the table is being learned, where every camera is known.

    Returns:
        (B, ...).
    """
    tracing = torch.jit.is_tracing()  # type: ignore[attr-defined]
    if training or tracing or int(camera.max()) < len(table):
        return table[camera]
    known = (camera < len(table)).reshape(-1, *[1] * (table.ndim - 1))
    return torch.where(known, table[camera.clamp(max=len(table) - 1)], table.mean(dim=0))
