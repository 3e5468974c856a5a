"""Class token and mean patch reduced to one feature (DeMo's PIFE, MambaPro, NEXT's Table IV), and the activation of CLIP."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def quick_gelu(x: Tensor) -> Tensor:
    """The activation of CLIP, x * sigmoid(1.702 x)."""
    return x * torch.sigmoid(1.702 * x)


class QuickGELU(nn.Module):
    """The same as a module."""

    def forward(self, x: Tensor) -> Tensor:
        """Any shape."""
        return quick_gelu(x)


class Reduce(nn.Module):
    """Class token and mean patch of one modality to one feature.

    Args:
        size: D; 526,848 parameters at D = 512.
        activation: whether QuickGELU follows, as in DeMo's PIFE; MambaPro has none.
    """

    def __init__(self, size: int, *, activation: bool = True) -> None:
        super().__init__()
        self.activation = activation
        self.norm = nn.LayerNorm(2 * size)
        self.linear = nn.Linear(2 * size, size)

    def forward(self, class_token: Tensor, patches: Tensor) -> Tensor:
        """Class token (B, D) and patches (B, N, D) to (B, D)."""
        reduced = self.linear(self.norm(torch.cat([class_token, patches.mean(dim=1)], dim=-1)))
        return quick_gelu(reduced) if self.activation else reduced
