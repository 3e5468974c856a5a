"""The batch: what a loader yields and a method takes, the same in training, at test and in profiling."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

import torch
from torch import Tensor

from . import modalities

MODALITIES: tuple[str, ...] = modalities.MODALITIES

Caption = tuple[str, ...]
"""The sentences of one caption, in their order."""


@dataclass(frozen=True)
class BatchSpec:
    """What a method must know of the batches that it will see, before it sees one."""

    identities: int
    """Number of identities to classify in training."""
    cameras: int
    """Number of cameras; camera indices in training are in [0, cameras), at test there may be others."""
    image_size: tuple[int, int]
    """Height and width in pixels."""
    modalities: tuple[str, ...] = MODALITIES
    object: Literal["person", "vehicle"] = "person"
    """What is to be recognised, for methods that put it into words."""


@dataclass(frozen=True)
class Batch:
    """B samples, each with an image of M modalities in the order RGB, NIR, TIR."""

    images: Tensor
    """(B, M, 3, H, W) float: normalised."""
    present: Tensor
    """(B, M) bool: False where a modality is missing; its image is then zeros."""
    identity: Tensor
    """(B,) int64: class in [0, identities) in training, the data set's own number at test."""
    camera: Tensor
    """(B,) int64, at least 0."""
    scene: Tensor
    """(B,) int64."""
    index: Tensor
    """(B,) int64: position in the split."""
    draw: Tensor
    """(B,) int64: a random key of this sample in this epoch, for everything that a method draws per sample."""
    captions: tuple[tuple[Caption, ...], ...] | None = None
    """B x M captions as sentences; None where the benchmark has none."""
    text_features: Tensor | None = None
    """(B, M, D) captions that are encoded already (profiling); takes the place of `captions`."""

    def __len__(self) -> int:
        return self.images.shape[0]

    def to(self, device: torch.device | str) -> Batch:
        """The same batch with its tensors on a device."""
        return self._map(lambda tensor: tensor.to(device, non_blocking=True))

    def pin_memory(self) -> Batch:
        """The same batch in page-locked memory (called by the loader's pinning thread)."""
        return self._map(torch.Tensor.pin_memory)

    def _map(self, function: Callable[[Tensor], Tensor]) -> Batch:
        changed: dict[str, Any] = {name: function(value) for name, value in vars(self).items() if torch.is_tensor(value)}
        return replace(self, **changed)
