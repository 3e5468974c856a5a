"""TOP-ReID: cyclic token permutation and complementary reconstruction (AAAI 2024), as its release computes it.

Three whole ViT-B, one for each modality. TPM lets the class tokens read the patches of all modalities in turn; CRM learns to
make the tokens of a modality out of those of another one, which stand in for it where it is missing.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import replace

import torch
from pydantic import Field, model_validator
from timm.models.vision_transformer import Block
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.batch import MODALITIES, Batch, BatchSpec
from benchmarks.common.settings import Settings

from .base import METHODS, LearningRates, Method, MethodSettings, Modalities, ParameterGroup, places_of, split_groups
from .layers.attention import FeedForward
from .layers.heads import BNNeckHead, Supervised, separated, supervise
from .layers.losses import EqualSupervisionSettings, at_least_float32
from .vit import ARCHITECTURES, VitBranches, VitSettings, check_vit


class TpmSettings(Settings):
    """Token Permutation Module."""

    enabled: bool = True


class CrmSettings(Settings):
    """Complementary Reconstruction Module."""

    enabled: bool = True
    """Without it the image of a missing modality, which is zeros, is embedded as it is."""
    layers: int = Field(1, ge=1)
    """Transformer blocks of each translator."""
    weight: float = Field(1.0, ge=0)


class TopReidSettings(MethodSettings):
    """Settings of TOP-ReID; the defaults are its RGBNT201 recipe."""

    backbone: VitSettings = VitSettings()
    supervision: EqualSupervisionSettings = EqualSupervisionSettings()
    shared: bool = False
    """One ViT for all modalities in the place of one for each."""
    direct: bool = True
    """One head on the class tokens of the ViTs side by side ("AL"); otherwise one for each modality ("BL": vehicles)."""
    modalities: Modalities = MODALITIES
    """Which modalities the network sees; there is no ViT for the others. TPM needs all three, CRM two."""
    tpm: TpmSettings = TpmSettings()
    crm: CrmSettings = CrmSettings()

    @model_validator(mode="after")
    def _enough_modalities(self) -> TopReidSettings:
        for name, enabled, needed in (("tpm", self.tpm.enabled, 3), ("crm", self.crm.enabled, 2)):
            if enabled and len(self.modalities) < needed:
                raise ValueError(
                    f"{name}.enabled: {name.upper()} needs {needed} modalities, and modalities has {len(self.modalities)} "
                    f"({', '.join(self.modalities)}); switch {name}.enabled off"
                )
        return self


class RotationBlock(nn.Module):
    """One stage of TPM: class tokens read patches; 7,087,104 parameters at D = 768.

    Keys are of normalised patches, values of the patches as they are.

    Args:
        size: D.
        heads: heads of the attention.
    """

    def __init__(self, size: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm_query, self.norm_key, self.norm = (nn.LayerNorm(size) for _ in range(3))
        self.query, self.key, self.value = (nn.Linear(size, size, bias=False) for _ in range(3))
        self.project = nn.Linear(size, size)
        self.feed_forward = FeedForward(size, 4 * size)

    def _by_head(self, tokens: Tensor) -> Tensor:
        """Tokens (B, L, D) to (B, heads, L, D / heads)."""
        return tokens.unflatten(-1, (self.heads, -1)).transpose(1, 2)

    def forward(self, class_tokens: Tensor, patches: Tensor) -> Tensor:
        """Class tokens (B, D) after they have read patches (B, N, D): (B, D)."""
        query = self._by_head(self.query(self.norm_query(class_tokens))[:, None])
        key, value = self._by_head(self.key(self.norm_key(patches))), self._by_head(self.value(patches))
        x = class_tokens + self.project(F.scaled_dot_product_attention(query, key, value).flatten(1))
        return x + self.feed_forward(self.norm(x))


class TokenPermutation(nn.Module):
    """TPM: each class token reads the patches of both other modalities, one after the other, and then its own.

    The modalities share the block of a stage and go through it as one batch.

    Args:
        size: D.
        heads: heads of the attention.
    """

    ORDERS = ((1, 2, 0), (2, 0, 1), (0, 1, 2))
    """By stage: whose patches the class tokens of RGB, NIR and TIR read."""

    def __init__(self, size: int, heads: int) -> None:
        super().__init__()
        self.stages = nn.ModuleList(RotationBlock(size, heads) for _ in self.ORDERS)

    def forward(self, class_tokens: Tensor, patches: Tensor) -> Tensor:
        """Class tokens (B, 3, D) and patches (B, 3, N, D), which every stage reads unchanged, to class tokens (B, 3, D)."""
        x = class_tokens.flatten(0, 1)
        for stage, order in zip(self.stages, self.ORDERS, strict=True):
            x = stage(x, torch.stack([patches[:, m] for m in order], dim=1).flatten(0, 1))
        return x.unflatten(0, class_tokens.shape[:2])


class Reconstruction(nn.Module):
    """CRM: a small transformer for each ordered pair of modalities makes the tokens of the second out of the first's.

    Args:
        size: D.
        heads: heads of the attention.
        modalities: M; M (M - 1) translators.
        layers: blocks of a translator; 7,085,568 parameters each at D = 768.
    """

    def __init__(self, size: int, heads: int, modalities: int, layers: int) -> None:
        super().__init__()
        self.pairs = list(itertools.permutations(range(modalities), 2))
        """(source, target)."""
        self.translators = nn.ModuleList(
            nn.Sequential(*(Block(size, heads, norm_layer=nn.LayerNorm) for _ in range(layers))) for _ in self.pairs
        )

    def forward(self, tokens: Tensor, present: Tensor) -> Tensor:
        """Sum over the ordered pairs of the mean squared error of the translated tokens.

        The target is not detached: the towers learn to be translated into as well.

        Args:
            tokens: (B, M, L, D).
            present: (B, M) bool; a pair counts in the samples that have both of its modalities.
        """
        losses = []
        for (source, target), translate in zip(self.pairs, self.translators, strict=True):
            difference = at_least_float32(translate(tokens[:, source])) - at_least_float32(tokens[:, target])
            both = (present[:, source] & present[:, target]).to(difference.dtype)
            losses.append((difference.square().mean(dim=(1, 2)) * both).sum() / both.sum().clamp_min(1))
        return torch.stack(losses).sum()

    def fill(self, tokens: Tensor, present: Tensor) -> Tensor:
        """Put in the place of a missing modality the mean of its translations from those that are present.

        Args:
            tokens: (B, M, L, D).
            present: (B, M) bool.

        Returns:
            (B, M, L, D); the tokens of a modality that is present are as they were.
        """
        tracing = torch.jit.is_tracing()  # type: ignore[attr-defined]
        if tracing or bool(present.all()):
            return tokens
        filled = list(tokens.unbind(dim=1))
        for target in range(tokens.shape[1]):
            total, count = torch.zeros_like(filled[target]), torch.zeros_like(filled[target][:, :1, :1])
            for (source, other), translate in zip(self.pairs, self.translators, strict=True):
                wanted = present[:, source] & ~present[:, target]
                if other == target and bool(wanted.any()):
                    weight = wanted.to(total.dtype)[:, None, None]
                    total, count = total + weight * translate(tokens[:, source]).to(total.dtype), count + weight
            filled[target] = torch.where(count > 0, total / count.clamp_min(1), filled[target])
        return torch.stack(filled, dim=1)


@METHODS.register("topreid")
class TopReid(Method):
    """Three ImageNet ViTs; class tokens that read all modalities in turn (TPM), missing modalities reconstructed (CRM)."""

    Config = TopReidSettings

    @classmethod
    def check(cls, config: TopReidSettings, spec: BatchSpec) -> None:
        """Image size, weights and modalities."""
        check_vit(config.backbone, spec.image_size)
        places_of(config.modalities, spec)

    def __init__(self, config: TopReidSettings, spec: BatchSpec) -> None:
        super().__init__(config, spec)
        self.seen = places_of(config.modalities, spec)
        self.branches = VitBranches(config.backbone, replace(spec, modalities=config.modalities), shared=config.shared)
        D, M, heads = self.branches.width, len(self.seen), ARCHITECTURES[config.backbone.architecture].heads
        # The release builds the heads of both forms of supervision and counts both; those of the other form learn nothing.
        self.class_head = BNNeckHead(M * D, spec.identities)
        self.branch_heads: Iterable[BNNeckHead] = nn.ModuleList(BNNeckHead(D, spec.identities) for _ in self.seen)  # type: ignore[assignment]
        self.test_feature = "class tokens"
        if config.tpm.enabled:
            self.tpm = TokenPermutation(D, heads)
            self.tpm_head = BNNeckHead(M * D, spec.identities)
            self.test_feature = "class tokens after TPM"
        if config.crm.enabled:
            self.crm = Reconstruction(D, heads, M, config.crm.layers)
            self.missing_filling = "reconstruction"

    def _tokens(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Tokens (B, M, 1 + N, D) of the modalities that are seen, and which of them are present (B, M)."""
        if len(self.seen) < batch.images.shape[1]:
            batch = replace(batch, images=batch.images[:, self.seen], present=batch.present[:, self.seen])
        return self.branches(batch), batch.present

    def _class_tokens(self, tokens: Tensor, present: Tensor) -> tuple[Tensor, Tensor]:
        """Class tokens (B, M, D) before and after TPM; the same ones without it."""
        if self.config.crm.enabled:
            tokens = self.crm.fill(tokens, present)
        class_tokens, patches = tokens[:, :, 0], tokens[:, :, 1:]
        return class_tokens, self.tpm(class_tokens, patches) if self.config.tpm.enabled else class_tokens

    def losses(self, batch: Batch) -> dict[str, Tensor]:
        """Identity and triplet losses after and before TPM, and the reconstruction loss."""
        tokens, present = self._tokens(batch)
        class_tokens, permuted = self._class_tokens(tokens, present)
        supervised: list[Supervised] = []
        if self.config.tpm.enabled:
            supervised.append(("tpm", self.tpm_head, permuted.flatten(1)))
        classes = separated("class", class_tokens, self.config.modalities, direct=self.config.direct)
        heads = [self.class_head] if self.config.direct else self.branch_heads
        supervised += [(name, head, own) for head, (name, own) in zip(heads, classes, strict=True)]
        losses = supervise(supervised, batch.identity, self.config.supervision)
        if self.config.crm.enabled:
            losses["reconstruction"] = self.config.crm.weight * self.crm(tokens, present)
        return losses

    def embed(self, batch: Batch) -> Tensor:
        """Class tokens after TPM, side by side: (B, M D); missing modalities are reconstructed first."""
        return self._class_tokens(*self._tokens(batch))[1].flatten(1)

    def parameter_groups(self, rates: LearningRates) -> Sequence[ParameterGroup]:
        """Image towers, weights, biases, classifiers."""
        return split_groups(self.named_parameters(), rates, visual=self.branches.pretrained())
