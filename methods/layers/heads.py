"""The supervised head of the field: batch normalisation neck and bias-free classifier (BNNeck, Luo et al., CVPRW 2019)."""

from __future__ import annotations

from torch import Tensor, nn

from .losses import SupervisionSettings, batch_hard_triplet, cross_entropy


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
            f"triplet_{name}": settings.triplet_weight * batch_hard_triplet(features, identity),
        }
