"""Losses that the compared methods share."""

from __future__ import annotations

import torch
from pydantic import Field
from torch import Tensor
from torch.nn import functional as F

from benchmarks.common.settings import Settings


class SupervisionSettings(Settings):
    """Weights of the identity and the triplet loss; 0.25 / 1 in the releases that build on CLIP (DeMo, IDEA, Signal)."""

    id_weight: float = Field(0.25, ge=0)
    triplet_weight: float = Field(1.0, ge=0)
    label_smoothing: float = Field(0.1, ge=0, lt=1)

    def triplet(self, features: Tensor, identity: Tensor) -> Tensor:
        """The triplet loss, not weighted, of features (B, D) with identity (B,): with the soft margin."""
        return batch_hard_triplet(features, identity)


class EqualSupervisionSettings(SupervisionSettings):
    """The same with equal weights (TOP-ReID, EDITOR)."""

    id_weight: float = Field(1.0, ge=0)


class MarginSupervisionSettings(SupervisionSettings):
    """The same with a triplet loss that asks for a margin (PromptMA)."""

    margin: float | None = Field(0.3, ge=0)
    """Distance by which the hardest negative shall be farther than the hardest positive; None for the soft margin."""

    def triplet(self, features: Tensor, identity: Tensor) -> Tensor:
        """The triplet loss, not weighted, of features (B, D) with identity (B,)."""
        return batch_hard_triplet(features, identity, self.margin)


class PlainSupervisionSettings(MarginSupervisionSettings):
    """Equal weights, and targets that are not smoothed (ICPL; TransReID, which takes the soft margin)."""

    id_weight: float = Field(1.0, ge=0)
    label_smoothing: float = Field(0.0, ge=0, lt=1)


def at_least_float32(values: Tensor) -> Tensor:
    """Values in their own precision, half precision raised to float32: losses are not computed in less."""
    return values.to(torch.promote_types(values.dtype, torch.float32))


def cross_entropy(logits: Tensor, identity: Tensor, smoothing: float) -> Tensor:
    """Identity loss with smoothed targets: 1 - s + s/C for the true class, s/C for the others.

    Args:
        logits: (B, C).
        identity: (B,) class in [0, C).
        smoothing: s in [0, 1).
    """
    return F.cross_entropy(at_least_float32(logits), identity, label_smoothing=smoothing)


def batch_hard_triplet(features: Tensor, identity: Tensor, margin: float | None = None) -> Tensor:
    """Triplet loss on the hardest positive and negative of each anchor (Hermans et al., 2017).

    mean over anchors of log(1 + exp(d_ap - d_an)), the soft margin, or of max(0, margin + d_ap - d_an), with Euclidean
    distances of features that are not normalised.

    Args:
        features: (B, D).
        identity: (B,); an anchor without another sample of its identity has itself as hardest positive, at distance 0.
        margin: a hard one; None for the soft one.
    """
    same = identity[:, None] == identity[None, :]
    with torch.autocast(features.device.type, enabled=False):  # which would compute the products in half precision again
        distance = _euclidean(at_least_float32(features))
    hardest_positive = distance.masked_fill(~same, -torch.inf).amax(dim=1)
    hardest_negative = distance.masked_fill(same, torch.inf).amin(dim=1)
    gap = hardest_positive - hardest_negative
    return (F.softplus(gap) if margin is None else F.relu(gap + margin)).mean()


def _euclidean(features: Tensor) -> Tensor:
    """Distances (B, B) of features (B, D); clamped away from zero, where the root has no gradient."""
    squared = features.square().sum(dim=1)
    distance = squared[:, None] + squared[None, :] - 2 * features @ features.t()
    return distance.clamp_min(1e-12).sqrt()
