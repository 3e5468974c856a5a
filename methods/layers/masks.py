"""Hard token masks: the plain choice of Signal, EDITOR and PromptMA, and NEXT's, which let a gradient through.

NEXT's paper (Eq. 3) calls the threshold differentiable, which it is not.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

MaskGradient = Literal["ste", "soft", "gumbel"]


def threshold_mask(
    score: Tensor, threshold: Tensor | float, *, gradient: MaskGradient, temperature: float, training: bool
) -> Tensor:
    """Mask 1[score > threshold] with a gradient to both.

    The straight-through mask is H + S - stopgrad(S) with H the hard mask and S = sigmoid((score - threshold) / temperature):
    exactly H forward, and dL/dscore = dL/dmask * S (1 - S) / temperature backward.

    Args:
        score: (...).
        threshold: broadcasts against the score.
        gradient: `ste` straight-through; `soft` the mask is S itself in training; `gumbel` straight-through with logistic
            noise on the score in training.
        temperature: of S.
        training: at test every choice gives the hard mask of the scores themselves.

    Returns:
        (...) with 0 and 1, or numbers in (0, 1) for `soft` in training.
    """
    margin = score - threshold
    if training and gradient == "gumbel":
        uniform = torch.rand_like(margin).clamp(1e-6, 1 - 1e-6)
        margin = margin + temperature * torch.logit(uniform)
    soft = torch.sigmoid(margin / temperature)
    if training and gradient == "soft":
        return soft
    hard = (margin > 0).to(score.dtype)
    return hard + (soft - soft.detach())


def top_mask(score: Tensor, count: int, *, temperature: float) -> Tensor:
    """Mask (..., N) of the `count` highest scores (..., N), straight-through around the last one."""
    ordered = score.topk(min(count + 1, score.shape[-1]), dim=-1)
    hard = torch.zeros_like(score).scatter(-1, ordered.indices[..., :count], 1.0)
    threshold = ordered.values[..., -2:].mean(dim=-1, keepdim=True)
    soft = torch.sigmoid((score - threshold) / temperature)
    return hard + (soft - soft.detach())


def top_patches(scores: Tensor, count: int) -> Tensor:
    """Mask (..., N) bool of the highest scores (..., N); of equal ones the first, which `topk` leaves to the device."""
    order = scores.sort(dim=-1, descending=True, stable=True).indices[..., :count]
    return torch.zeros_like(scores).scatter(-1, order, 1).bool()
