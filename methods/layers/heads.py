"""The supervised head of the field: batch normalisation neck and bias-free classifier (BNNeck, Luo et al., CVPRW 2019)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from torch import Tensor, nn

from .losses import SupervisionSettings, cross_entropy


class BNNeckHead(nn.Module):
    """Identity classification on the normalised feature, triplet loss on the feature before it.

    The neck's bias is frozen at zero, as all releases of the field do. Parameters: size + size * identities.

    Args:
        size: feature size D.
        identities: number of classes.
    """

    def __init__(self, size: int, identities: int) -> None:
        super().__init__()
        self.neck = nn.BatchNorm1d(size)
        self.neck.bias.requires_grad_(False)
        self.classifier = nn.Linear(size, identities, bias=False)
        nn.init.normal_(self.classifier.weight, std=0.001)

    def forward(self, features: Tensor) -> Tensor:
        """Logits (B, identities) of features (B, D)."""
        return self.classifier(self.neck(features))

    def losses(self, features: Tensor, identity: Tensor, settings: SupervisionSettings, name: str) -> dict[str, Tensor]:
        """Weighted identity and triplet loss of features (B, D) with identity (B,), under `id_<name>` and `triplet_<name>`."""
        return {
            f"id_{name}": settings.id_weight * cross_entropy(self(features), identity, settings.label_smoothing),
            f"triplet_{name}": settings.triplet_weight * settings.triplet(features, identity),
        }


Supervised = tuple[str, BNNeckHead, Tensor]
"""Name of the losses, head and feature (B, D) of something that is classified."""


def supervise(supervised: Iterable[Supervised], identity: Tensor, settings: SupervisionSettings) -> dict[str, Tensor]:
    """The losses of several heads with identity (B,), by their names."""
    losses: dict[str, Tensor] = {}
    for name, head, features in supervised:
        losses |= head.losses(features, identity, settings, name)
    return losses


def separated(name: str, features: Tensor, modalities: Sequence[str], *, direct: bool) -> list[tuple[str, Tensor]]:
    """What is classified of the modalities: their features side by side, or those of each.

    Args:
        name: of the losses; with that of the modality behind it where each has its own.
        features: (B, M, D).
        modalities: M names.
        direct: whether side by side.

    Returns:
        One name and feature (B, M * D), or M names and features (B, D).
    """
    if direct:
        return [(name, features.flatten(1))]
    return [(f"{name}_{modality}", own) for modality, own in zip(modalities, features.unbind(dim=1), strict=True)]
