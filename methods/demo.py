"""DeMo: decoupled feature-based mixture of experts (arXiv 2412.10650, AAAI 2025), as its release computes it.

A feature of each modality (PIFE) and its patches are decoupled into what is specific to one modality and what is shared by two
or three (HDM); seven gated experts (ATMoE), one for each decoupled feature, stand side by side in the fused feature.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import torch
from pydantic import Field, model_validator
from torch import Tensor, nn

from benchmarks.batch import Batch, BatchSpec
from benchmarks.common.settings import Settings

from .base import METHODS, LearningRates, Method, MethodSettings, ParameterGroup, split_groups
from .clip import Branches, check_backbone, load_clip
from .layers.attention import CrossAttention, check_heads
from .layers.experts import GroupedLinear
from .layers.heads import BNNeckHead, Supervised, separated, supervise
from .layers.losses import SupervisionSettings
from .layers.reduction import Reduce, quick_gelu
from .pretrained import ARCHITECTURES, BackboneSettings


class HdmSettings(Settings):
    """Hierarchical Decoupling Module."""

    enabled: bool = True
    heads: int = Field(8, ge=1)
    dropout: float = Field(0.1, ge=0, lt=1)
    """On the attention weights, in training."""


class AtmoeSettings(Settings):
    """Attention-Triggered Mixture of Experts."""

    enabled: bool = True
    """Without it the decoupled features stand side by side as they are."""
    heads: int = Field(4, ge=1)
    """Of the gates; each expert is as many small networks. 4 on RGBNT201, 8 on RGBNT100 and MSVR310."""


class DemoSettings(MethodSettings):
    """Settings of DeMo; the defaults are its RGBNT201 recipe."""

    backbone: BackboneSettings = BackboneSettings()
    supervision: SupervisionSettings = SupervisionSettings()
    direct: bool = True
    """One head on the features of the modalities side by side; otherwise one head for each modality (RGBNT100, MSVR310)."""
    pife: bool = True
    """Patch-Integrated Feature Extractor; without it the class tokens are the features of the modalities."""
    hdm: HdmSettings = HdmSettings()
    atmoe: AtmoeSettings = AtmoeSettings()
    feature: Literal["both", "original", "decoupled"] = "both"
    """Test feature: those of the modalities and the decoupled ones, or either alone (the release's patterns 3, 1 and 2)."""

    @model_validator(mode="after")
    def _needs_decoupled_features(self) -> DemoSettings:
        if not self.hdm.enabled and self.atmoe.enabled:
            raise ValueError("atmoe.enabled: its experts are of HDM's features; switch hdm.enabled on or atmoe.enabled off")
        if not self.hdm.enabled and self.feature == "decoupled":
            raise ValueError("feature: there is no decoupled one without HDM; switch hdm.enabled on or take 'both'")
        return self


def subsets(modalities: int) -> list[tuple[int, ...]]:
    """All sets of modalities by size, in the order of the release: R, N, T, RN, RT, NT, RNT of three."""
    places = range(modalities)
    return [subset for size in range(1, modalities + 1) for subset in itertools.combinations(places, size)]


class HierarchicalDecoupling(nn.Module):
    """HDM: a learned query for each set of modalities, which attends to the tokens of that set.

    No residual, norm or feed-forward network follows, and no loss tells specific from shared.

    Args:
        size: D; 1,051,136 parameters for each of the K sets at D = 512.
        modalities: M; K = 2^M - 1.
        heads: of each attention.
        dropout: on the attention weights.
    """

    def __init__(self, size: int, modalities: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.subsets = subsets(modalities)
        self.tokens = nn.Parameter(size**-0.5 * torch.randn(len(self.subsets), 1, size))
        self.attentions = nn.ModuleList(CrossAttention(size, heads, dropout) for _ in self.subsets)

    def forward(self, features: Tensor, patches: Tensor) -> Tensor:
        """Decouple.

        Args:
            features: (B, M, D): they stand before the patches where the class tokens stood.
            patches: (B, M, N, D).

        Returns:
            (B, K, D).
        """
        tokens = torch.cat([features[:, :, None], patches], dim=2)
        decoupled = [
            attention(token.expand(len(features), -1, -1), torch.cat([tokens[:, m] for m in subset], dim=1))
            for token, attention, subset in zip(self.tokens, self.attentions, self.subsets, strict=True)
        ]
        return torch.cat(decoupled, dim=1)


class GatedExperts(nn.Module):
    """ATMoE: an expert for each decoupled feature, weighted by dense gates that attention over all of them gives.

    The experts are not mixed: each sees its own feature alone, in as many chunks as there are heads, and all outputs stand side
    by side. There is no loss that balances the gates.

    Args:
        size: D.
        features: K.
        heads: A.

    Raises:
        InputError: the heads do not divide D.
    """

    def __init__(self, size: int, features: int, heads: int) -> None:
        super().__init__()
        check_heads(size, heads)
        self.heads = heads
        self.reduction = nn.Linear(features * size, size)
        self.norm = nn.BatchNorm1d(size)
        self.query = nn.Linear(size, size, bias=False)
        self.key = nn.Linear(size, size, bias=False)
        self.experts = GroupedLinear(features * heads, size // heads, size // heads)
        self.expert_norm = nn.BatchNorm1d(features * size)

    def gates(self, decoupled: Tensor) -> Tensor:
        """Gates (B, A, K) of decoupled features (B, K, D); those of a head add up to 1."""
        joined = self.norm(quick_gelu(self.reduction(decoupled.flatten(1))))
        query = self.query(joined).unflatten(-1, (self.heads, 1, -1))
        key = self.key(decoupled).unflatten(-1, (self.heads, -1)).permute(0, 2, 3, 1)
        return (query @ key / math.sqrt(query.shape[-1]))[:, :, 0].softmax(dim=-1)

    def forward(self, decoupled: Tensor, gates: Tensor) -> Tensor:
        """Weigh what the experts make of their features.

        Args:
            decoupled: (B, K, D).
            gates: (B, A, K).

        Returns:
            (B, K * D).
        """
        B, K, D = decoupled.shape
        chunks = decoupled.reshape(B, K * self.heads, -1).transpose(0, 1)
        out = self.expert_norm(quick_gelu(self.experts(chunks)).transpose(0, 1).reshape(B, K * D))
        return (out.unflatten(-1, (K, self.heads, -1)) * gates.transpose(1, 2)[..., None]).flatten(1)


@METHODS.register("demo")
class Demo(Method):
    """DeMo with its three modules as switches."""

    Config = DemoSettings

    @classmethod
    def check(cls, config: DemoSettings, spec: BatchSpec) -> None:
        """Image size, weights and heads."""
        check_backbone(config.backbone, spec.image_size)
        size = ARCHITECTURES[config.backbone.architecture].size
        if config.hdm.enabled:
            check_heads(size, config.hdm.heads)
        if config.atmoe.enabled:
            check_heads(size, config.atmoe.heads)

    def __init__(self, config: DemoSettings, spec: BatchSpec) -> None:
        super().__init__(config, spec)
        tower = load_clip(config.backbone, spec.image_size).image
        D, M = tower.size, len(spec.modalities)
        self.branches = Branches(tower, spec)
        self.pife = nn.ModuleList(Reduce(D) for _ in range(M)) if config.pife else None
        sizes = [M * D] if config.direct else [D] * M
        self.heads: Iterable[BNNeckHead] = nn.ModuleList(BNNeckHead(size, spec.identities) for size in sizes)  # type: ignore[assignment]
        self._sets = ["+".join(spec.modalities[m] for m in subset) for subset in subsets(M)]
        K = len(self._sets)
        if config.hdm.enabled:
            self.hdm = HierarchicalDecoupling(D, M, config.hdm.heads, config.hdm.dropout)
            self.decoupled_head = BNNeckHead(K * D, spec.identities)
        self.atmoe = GatedExperts(D, K, config.atmoe.heads) if config.atmoe.enabled else None
        self.test_feature = self._name_feature()
        self._gates: Tensor | None = None

    def _name_feature(self) -> str:
        original = "PIFE features" if self.config.pife else "class tokens"
        if not self.config.hdm.enabled or self.config.feature == "original":
            return original
        decoupled = "ATMoE" if self.config.atmoe.enabled else "HDM"
        return decoupled if self.config.feature == "decoupled" else f"{original}, {decoupled}"

    def _features(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Features (B, M, D) of the modalities, and their patches (B, M, N, D)."""
        class_tokens, patches = self.branches(batch)
        if self.pife is None:
            return class_tokens, patches
        return torch.stack([reduce(class_tokens[:, m], patches[:, m]) for m, reduce in enumerate(self.pife)], dim=1), patches

    def _decoupled(self, features: Tensor, patches: Tensor) -> Tensor:
        """The fused feature (B, K * D): decoupled features side by side, through their experts where there are some."""
        decoupled = self.hdm(features, patches)
        if self.atmoe is None:
            return decoupled.flatten(1)
        gates = self.atmoe.gates(decoupled)
        self._gates = gates.detach()
        return self.atmoe(decoupled, gates)

    def losses(self, batch: Batch) -> dict[str, Tensor]:
        """Identity and triplet loss of the features of the modalities and of the decoupled ones."""
        features, patches = self._features(batch)
        original = separated("original", features, self.spec.modalities, direct=self.config.direct)
        supervised: list[Supervised] = [(name, head, own) for head, (name, own) in zip(self.heads, original, strict=True)]
        if self.config.hdm.enabled:
            supervised.append(("decoupled", self.decoupled_head, self._decoupled(features, patches)))
        return supervise(supervised, batch.identity, self.config.supervision)

    def embed(self, batch: Batch) -> Tensor:
        """Features of the modalities, then the decoupled ones: (B, (M + K) D), or what `feature` names."""
        features, patches = self._features(batch)
        if not self.config.hdm.enabled or self.config.feature == "original":
            return features.flatten(1)
        decoupled = self._decoupled(features, patches)
        return decoupled if self.config.feature == "decoupled" else torch.cat([features.flatten(1), decoupled], dim=1)

    def monitors(self) -> Mapping[str, Tensor]:
        """Mean gate of each expert over samples and heads, by the modalities that it is of: `gate/RGB`, `gate/RGB+NIR`, ..."""
        if self._gates is None:
            return {}
        means = self._gates.mean(dim=(0, 1))
        return {f"gate/{name}": mean for name, mean in zip(self._sets, means, strict=True)}

    def watched_parameters(self) -> Mapping[str, Iterable[nn.Parameter]]:
        """The network of the gates."""
        if self.atmoe is None:
            return {}
        parts = (self.atmoe.reduction, self.atmoe.norm, self.atmoe.query, self.atmoe.key)
        return {"atmoe.gate": [parameter for part in parts for parameter in part.parameters()]}

    def parameter_groups(self, rates: LearningRates) -> Sequence[ParameterGroup]:
        """Image tower, weights, biases, classifiers."""
        return split_groups(self.named_parameters(), rates, visual=self.branches.tower.parameters())
