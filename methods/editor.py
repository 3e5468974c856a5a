"""EDITOR: object-centric tokens of three modalities ("Magic Tokens", CVPR 2024), as its release computes it.

Where the release does something that its text would not suggest, the release is followed, because its figures come from it:
tokens that are not selected stay in the sequence as zeros, and its frequency step, a wavelet transform that is averaged over
the modalities and taken back, is the mean of the images. The one exception is the number of tokens in the mean of the
patches: the release counts tokens whose numbers do not add up to zero, which rounding decides while the last norm has no
bias yet; here it is the number of selected patches, which is the same from the first step of training on.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from math import prod
from typing import NamedTuple

import torch
from pydantic import Field, model_validator
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.batch import Batch, BatchSpec
from benchmarks.common.errors import InputError
from benchmarks.common.settings import Settings

from .base import METHODS, LearningRates, Method, MethodSettings, ParameterGroup, split_groups
from .layers.heads import BNNeckHead, Supervised, separated, supervise
from .layers.losses import EqualSupervisionSettings, at_least_float32
from .layers.masks import top_patches
from .vit import ARCHITECTURES, VitSettings, check_vit, load_vit, patch_grid


class SftsSettings(Settings):
    """Spatial-Frequency Token Selection."""

    enabled: bool = True
    head_keep: int = Field(2, ge=1)
    """Patches that each attention head of each modality selects."""
    frequency_keep: int = Field(10, ge=1)
    """Patches selected in the mean of the images."""


class BccSettings(Settings):
    """Background Consistency Constraint, in training alone."""

    enabled: bool = True
    weight: float = Field(1.0, ge=0)


class OcfrSettings(Settings):
    """Object-Centric Feature Refinement, in training alone."""

    enabled: bool = True
    weight: float = Field(1.0, ge=0)
    rate: float = Field(0.8, gt=0, le=1)
    """Share of the batch's mean in a centre that it updates."""


class HmaSettings(Settings):
    """Hierarchical Masked Aggregation."""

    enabled: bool = True


class EditorSettings(MethodSettings):
    """Settings of EDITOR; the defaults are its RGBNT201 recipe."""

    backbone: VitSettings = VitSettings()
    supervision: EqualSupervisionSettings = EqualSupervisionSettings()
    direct: bool = True
    """One head on the class tokens side by side (`AL`); otherwise one head that the modalities share (RGBNT100, MSVR310)."""
    sfts: SftsSettings = SftsSettings()
    hma: HmaSettings = HmaSettings()
    bcc: BccSettings = BccSettings()
    ocfr: OcfrSettings = OcfrSettings()

    @model_validator(mode="after")
    def _parts_have_what_they_work_on(self) -> EditorSettings:
        for part, needed in (("sfts", "hma"), ("bcc", "sfts"), ("ocfr", "hma")):
            if getattr(self, part).enabled and not getattr(self, needed).enabled:
                raise ValueError(f"{part}.enabled needs {needed}.enabled, without which it has nothing to work on")
        return self


class AttentionRollout:
    """The product of a tower's attention maps, newest on the left.

    Neither the identity of the residual path is added nor are heads averaged, as in the release. The whole product is
    formed although one row of it is read: it is 0.85 of the 40.8 G that are published.
    """

    product: Tensor | None = None
    """(n, heads, 1 + N, 1 + N); None before the first block."""

    @torch.no_grad()
    def add(self, maps: Tensor) -> None:
        """Multiply by the maps (n, heads, 1 + N, 1 + N) of the next block."""
        self.product = maps.detach() if self.product is None else maps @ self.product


def attention_selection(rollout: Tensor, count: int) -> Tensor:
    """Patches that the class token of any modality attends to most in any head.

    Args:
        rollout: (B, M, heads, 1 + N, 1 + N).
        count: patches of each head.

    Returns:
        (B, N) bool.
    """
    return top_patches(rollout[..., 0, 1:], count).flatten(1, 2).any(dim=1)


def frequency_selection(images: Tensor, grid: tuple[int, int], count: int) -> Tensor:
    """Patches with the most pixels above mid-grey in the mean of the modalities.

    The release transforms each image by four levels of Haar wavelets, averages the coefficients over the modalities and
    transforms back. Transform and average are linear and sides are multiples of 16, so that is the mean of the images.

    Args:
        images: (B, M, 3, H, W).
        grid: rows and columns of patches.
        count: patches to select.

    Returns:
        (B, N) bool.
    """
    rows, columns = grid
    bright = images.mean(dim=(1, 2)) > 0
    B, H, W = bright.shape
    counts = bright.view(B, rows, H // rows, columns, W // columns).sum(dim=(2, 4))
    return top_patches(counts.flatten(1), count)


class MaskedBlock(nn.Module):
    """Transformer block without biases, in which tokens that are not selected neither speak nor change: zeros stay zeros.

    Args:
        size: D; 12 * D * D + 4 * D parameters.
        heads: of the attention.
    """

    def __init__(self, size: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm1 = nn.LayerNorm(size)
        self.qkv = nn.Linear(size, 3 * size, bias=False)
        self.projection = nn.Linear(size, size, bias=False)
        self.norm2 = nn.LayerNorm(size)
        self.mlp = nn.Sequential(nn.Linear(size, 4 * size, bias=False), nn.GELU(), nn.Linear(4 * size, size, bias=False))
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.trunc_normal_(module.weight, std=0.02)

    def forward(self, tokens: Tensor, mask: Tensor) -> Tensor:
        """Tokens (B, T, D), zeros where they are not selected, with mask (B, T) bool to tokens (B, T, D)."""
        selected = mask[..., None]
        qkv = self.qkv(self.norm1(tokens) * selected).unflatten(-1, (3, self.heads, -1))
        query, key, value = qkv.permute(2, 0, 3, 1, 4)
        attended = F.scaled_dot_product_attention(query, key, value, attn_mask=mask[:, None, None, :])
        x = tokens + self.projection(attended.transpose(1, 2).flatten(2) * selected)
        return x + self.mlp(self.norm2(x) * selected)


class Aggregation(nn.Module):
    """HMA: a block for each modality, a joint block over all of them, and one feature of each modality.

    Args:
        size: D.
        modalities: M.
        heads: of the attention.
    """

    def __init__(self, size: int, modalities: int, heads: int) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(MaskedBlock(size, heads) for _ in range(modalities))
        self.joint = MaskedBlock(size, heads)
        self.norm = nn.LayerNorm(size)
        self.reduce = nn.ModuleList(nn.Linear(2 * size, size) for _ in range(modalities))
        for linear in self.reduce:
            nn.init.kaiming_normal_(linear.weight, mode="fan_out")  # type: ignore[arg-type]
            nn.init.zeros_(linear.bias)  # type: ignore[arg-type]

    def forward(self, tokens: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Aggregate.

        Args:
            tokens: (B, M, 1 + N, D): class token, then patches.
            mask: (B, N) bool: selected patches, the same of each modality.

        Returns:
            Class tokens (B, M, D) behind the first step, and features (B, M * D).
        """
        B, M, _, D = tokens.shape
        kept = torch.cat([mask.new_ones(B, 1), mask], dim=1)
        tokens = tokens * kept[:, None, :, None]
        own = torch.stack([block(tokens[:, m], kept) for m, block in enumerate(self.blocks)], dim=1)
        joint = self.norm(self.joint(own.flatten(1, 2), kept.repeat(1, M))).view(B, M, -1, D) * kept[:, None, :, None]
        mean = joint[:, :, 1:].sum(dim=2) / mask.sum(dim=1)[:, None, None]
        pairs = torch.cat([joint[:, :, 0], mean], dim=-1)
        return own[:, :, 0], torch.cat([linear(pairs[:, m]) for m, linear in enumerate(self.reduce)], dim=1)


def background_consistency(patches: Tensor, mask: Tensor) -> Tensor:
    """BCC: patches that are not selected shall be alike in all modalities.

    Args:
        patches: (B, M, N, D).
        mask: (B, N) bool: selected.

    Returns:
        Sum over pairs of modalities of the mean squared difference, selected patches taken as zeros.
    """
    background = at_least_float32(patches).masked_fill(mask[:, None, :, None], 0).unbind(dim=1)
    return torch.stack([F.mse_loss(a, b) for a, b in itertools.combinations(background, 2)]).sum()


class Centres(nn.Module):
    """OCFR: a centre of each identity in each modality, which follows the features and draws them.

    Args:
        size: D.
        modalities: M.
        identities: C.
        rate: share of the batch's mean in a centre that it updates.
    """

    def __init__(self, size: int, modalities: int, identities: int, rate: float) -> None:
        super().__init__()
        self.rate = rate
        # Without a gradient, and no buffer: the release counts it among its parameters, of which it trains all others.
        self.table = nn.Parameter(torch.zeros(modalities, identities, size), requires_grad=False)

    @torch.no_grad()
    def update(self, features: Tensor, identity: Tensor) -> None:
        """Move the centres of the identities (B,) of a batch towards the means of their normalised features (B, M, D)."""
        member = identity == torch.arange(self.table.shape[1], device=identity.device)[:, None]
        counts = member.sum(dim=1)
        means = torch.einsum("cb,bmd->mcd", member.to(features.dtype), features) / counts.clamp_min(1)[:, None]
        moved = self.rate * means + (1 - self.rate) * self.table
        self.table.copy_(torch.where(counts[:, None] > 0, moved, self.table))

    def forward(self, features: Tensor, identity: Tensor) -> Tensor:
        """Sum over modalities of the mean squared distance of normalised features to their centres.

        In training the centres move first.

        Args:
            features: (B, M, D).
            identity: (B,) in [0, C).
        """
        with torch.autocast(features.device.type, enabled=False):  # which would compute the means in half precision
            features = F.normalize(at_least_float32(features), dim=-1)
            if self.training:
                self.update(features, identity)
            centres = self.table[:, identity].transpose(0, 1)
        return (features - centres).square().mean(dim=(0, 2)).sum()


class Features(NamedTuple):
    """What a batch becomes on the way to its losses."""

    tokens: Tensor
    """(B, M, 1 + N, D) of the tower: class token, then patches."""
    mask: Tensor
    """(B, N) bool: selected patches; all without SFTS."""
    own: Tensor | None = None
    """(B, M, D): class tokens behind the first step of HMA."""
    fused: Tensor | None = None
    """(B, M * D): what HMA makes of it."""

    @property
    def class_tokens(self) -> Tensor:
        """(B, M, D)."""
        return self.tokens[:, :, 0]


def _check_patches(config: EditorSettings, spec: BatchSpec) -> None:
    if not config.sfts.enabled:
        return
    if config.backbone.overlap:
        raise InputError(
            f"editor: SFTS needs patches side by side; backbone.overlap is {config.backbone.overlap:g}, set it to 0"
        )
    patches = prod(patch_grid(config.backbone, spec.image_size))
    for key in ("head_keep", "frequency_keep"):
        if getattr(config.sfts, key) > patches:
            raise InputError(f"editor: sfts.{key} {getattr(config.sfts, key)} is more than the {patches} patches of an image")


def _head(size: int, identities: int) -> BNNeckHead:
    """The head of the field, but with a bias that is trained, as in the release."""
    head = BNNeckHead(size, identities)
    head.neck.bias.requires_grad_(True)
    return head


@METHODS.register("editor")
class Editor(Method):
    """EDITOR with its two modules and its two losses as switches."""

    Config = EditorSettings

    @classmethod
    def check(cls, config: EditorSettings, spec: BatchSpec) -> None:
        """Image size, weights, and whether there are patches to select from."""
        check_vit(config.backbone, spec.image_size)
        _check_patches(config, spec)

    def __init__(self, config: EditorSettings, spec: BatchSpec) -> None:
        _check_patches(config, spec)
        super().__init__(config, spec)
        self.tower = load_vit(config.backbone, spec)
        D, M, C = self.tower.width, len(spec.modalities), spec.identities
        # The release builds this head always, and so counts it where the class tokens have one side by side.
        self.modality_head = _head(D, C)
        self.class_head = _head(M * D, C) if config.direct else None
        self.test_feature = "class tokens"
        if config.hma.enabled:
            self.hma = Aggregation(D, M, ARCHITECTURES[config.backbone.architecture].heads)
            self.fused_head = _head(M * D, C)
            self.test_feature = "HMA: class token and mean of selected patches, reduced"
        if config.ocfr.enabled:
            self.centres = Centres(D, M, C, config.ocfr.rate)
        self.patches = self.tower.grid[0] * self.tower.grid[1]
        self._monitors: dict[str, Tensor] = {}

    def _encode(self, batch: Batch) -> Features:
        """Tower and selection."""
        B, M = batch.images.shape[:2]
        rollout, selects = AttentionRollout(), self.config.sfts.enabled
        images, camera = batch.images.flatten(0, 1), batch.camera.repeat_interleave(M)
        tokens = self.tower(images, camera, rollout.add if selects else None).unflatten(0, (B, M))
        if rollout.product is None:
            mask = torch.ones(B, self.patches, dtype=torch.bool, device=tokens.device)
        else:
            mask = self._select(batch.images, rollout.product.unflatten(0, (B, M)))
        return Features(tokens, mask)

    def _select(self, images: Tensor, rollout: Tensor) -> Tensor:
        """SFTS: patches (B, N) bool that attention or the images select."""
        settings = self.config.sfts
        by_attention = attention_selection(rollout, settings.head_keep)
        by_frequency = frequency_selection(images, self.tower.grid, settings.frequency_keep)
        mask = by_attention | by_frequency
        masks = {"selected": mask, "selected by attention": by_attention, "selected by frequency": by_frequency}
        self._monitors = {name: chosen.detach().float().mean() for name, chosen in masks.items()}
        return mask

    def features(self, batch: Batch) -> Features:
        """Tower, selection and aggregation of a batch."""
        features = self._encode(batch)
        if not self.config.hma.enabled:
            return features
        own, fused = self.hma(features.tokens, features.mask)
        return features._replace(own=own, fused=fused)

    def _supervised(self, features: Features) -> list[Supervised]:
        classes = separated("class", features.class_tokens, self.spec.modalities, direct=self.config.direct)
        supervised: list[Supervised] = [(name, self.class_head or self.modality_head, own) for name, own in classes]
        if features.fused is not None:
            supervised.append(("fused", self.fused_head, features.fused))
        return supervised

    def losses(self, batch: Batch) -> dict[str, Tensor]:
        """Identity and triplet losses of class tokens and fused feature, BCC and OCFR."""
        features = self.features(batch)
        losses = supervise(self._supervised(features), batch.identity, self.config.supervision)
        bcc, ocfr = self.config.bcc, self.config.ocfr
        if bcc.enabled:
            losses["bcc"] = bcc.weight * background_consistency(features.tokens[:, :, 1:], features.mask)
        if ocfr.enabled and features.own is not None:
            losses["ocfr"] = ocfr.weight * self.centres(features.own, batch.identity)
        return losses

    def embed(self, batch: Batch) -> Tensor:
        """What HMA makes of a batch, before its neck; class tokens side by side without HMA: (B, M * D)."""
        features = self.features(batch)
        return features.class_tokens.flatten(1) if features.fused is None else features.fused

    def monitors(self) -> Mapping[str, Tensor]:
        """Shares of patches that are selected."""
        return self._monitors

    def parameter_groups(self, rates: LearningRates) -> Sequence[ParameterGroup]:
        """Image tower, weights, biases, classifiers."""
        return split_groups(self.named_parameters(), rates, visual=self.tower.vit.parameters())
