"""PromptMA: prompt-based modality alignment (IEEE TIP 2025), as its release d2952c1 computes it.

One CLIP sees all modalities. In its first P blocks each modality carries prompts, which the modalities exchange after every
block. The attention of these blocks selects patches (PBTS), and in copies of the last blocks a query that is made of the
prompts gathers what is selected of all modalities (PBMF).
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import torch
from pydantic import Field, model_validator
from torch import Tensor, nn

from benchmarks.batch import Batch, BatchSpec
from benchmarks.common.errors import InputError
from benchmarks.common.settings import Settings

from .base import METHODS, LearningRates, Method, MethodSettings, ParameterGroup, split_groups
from .clip import ImageTower, check_backbone, count_image_blocks, load_clip
from .layers.heads import BNNeckHead, supervise
from .layers.losses import MarginSupervisionSettings, at_least_float32
from .layers.masks import top_patches
from .pretrained import BackboneSettings


class PromptSettings(Settings):
    """Prompts of the modalities in the first blocks of the tower."""

    enabled: bool = True
    depth: float = Field(0.75, gt=0, le=1)
    """Share of the tower's blocks, counted from the first one, that have prompts: P = 9 of 12 on RGBNT201, 6 of 12 (0.5) on
    RGBNT100 and MSVR310; rounded to whole blocks. PBMF has as many blocks as are left."""
    exchange: bool = True
    """Whether each modality hands one of its prompts to every other after each block; otherwise it keeps all of them."""


class PbtsSettings(Settings):
    """Prompt-Based Token Selection."""

    enabled: bool = True
    """Without it PBMF attends to all patches."""
    rows: Literal["both", "class", "prompts"] = "both"
    """Whose attention selects patches: that of the class token, of the prompts that other modalities handed over, or both."""
    keep_ratio: float = Field(0.5, gt=0, le=1)
    """Share of the patches that each of these selects."""
    attention_weight: float = Field(0.5, ge=0, le=1)
    """a, of the attention in a step a A + (1 - a) I of the rollout."""


class PbmfSettings(Settings):
    """Prompt-Based Modality Fusion."""

    enabled: bool = True


class PromptMASettings(MethodSettings):
    """Settings of PromptMA; the defaults are its RGBNT201 recipe."""

    backbone: BackboneSettings = BackboneSettings()
    supervision: MarginSupervisionSettings = MarginSupervisionSettings()
    prompts: PromptSettings = PromptSettings()
    pbts: PbtsSettings = PbtsSettings()
    pbmf: PbmfSettings = PbmfSettings()

    @model_validator(mode="after")
    def _parts_have_what_they_work_on(self) -> PromptMASettings:
        if self.pbmf.enabled and not self.prompts.enabled:
            raise ValueError("pbmf.enabled: its query is made of prompts; switch prompts.enabled on or pbmf.enabled off")
        if self.pbts.enabled and not self.pbmf.enabled:
            raise ValueError("pbts.enabled: it selects what PBMF attends to; switch pbmf.enabled on or pbts.enabled off")
        return self


def prompted_blocks(config: PromptMASettings, blocks: int) -> int:
    """P: how many of a tower's blocks have prompts.

    Raises:
        InputError: the share of them is none, or leaves none for PBMF.
    """
    settings = config.prompts
    if not settings.enabled:
        return 0
    prompted = math.floor(settings.depth * blocks + 0.5)
    if not 1 <= prompted <= blocks - config.pbmf.enabled:
        wanted = f"from 1 to {blocks - 1}, so that PBMF has some left" if config.pbmf.enabled else f"from 1 to {blocks}"
        raise InputError(
            f"promptma: prompts.depth {settings.depth:g} puts prompts into {prompted} of {blocks} blocks; it should be {wanted}"
        )
    return prompted


class Encoded(NamedTuple):
    """What the tower makes of a batch."""

    class_tokens: Tensor
    """(B, M, D) after the last norm."""
    prompts: Tensor | None
    """(B, M, M, D): what stands in the places of each modality after the last exchange; None without prompts."""
    maps: list[Tensor]
    """(B, M, T, T) of each block with prompts: attention averaged over heads, T = 1 + N + M; empty if nobody asks for it."""
    patches: list[Tensor]
    """(B, M, N, D) after each block from the last one with prompts to the last but one."""


class PromptedTower(nn.Module):
    """A CLIP that the modalities share, with prompts behind the patches in its first blocks.

    Modality m has one prompt for each modality j, in places (m, j); of all modalities there are M * M.

    Args:
        tower: the image tower. Its projection is a dead weight here, which the release counts: class tokens are not projected.
        modalities: M.
        prompted: P, number of blocks with prompts; 0 for none.
        exchange: whether place (m, j) goes to modality j after each block, as its place m.
    """

    def __init__(self, tower: ImageTower, modalities: int, prompted: int, *, exchange: bool) -> None:
        super().__init__()
        self.tower = tower
        self.prompted = prompted
        self.exchange = exchange
        self.prompts = nn.Parameter(torch.randn(modalities, modalities, tower.width)) if prompted else None

    def forward(self, images: Tensor, *, maps: bool) -> Encoded:
        """Encode images (B, M, 3, H, W); `maps` asks for the attention of the blocks with prompts, which costs more."""
        B, M = images.shape[:2]
        visual: Any = self.tower.visual
        blocks = visual.transformer.resblocks
        x = self.tower.stem(images.flatten(0, 1))
        prompts, attention = None if self.prompts is None else self.prompts.expand(B, -1, -1, -1), []
        for block in blocks[: self.prompted]:
            x, shares = _mapped(block, torch.cat([x, prompts.flatten(0, 1)], dim=1), maps=maps)  # type: ignore[union-attr]
            x, prompts = x[:, :-M], x[:, -M:].unflatten(0, (B, M))
            prompts = prompts.transpose(1, 2) if self.exchange else prompts
            attention += [] if shares is None else [shares.unflatten(0, (B, M))]
        depths = []
        for block in blocks[self.prompted :]:
            depths.append(x[:, 1:].unflatten(0, (B, M)))
            x = block(x)
        class_tokens = visual.ln_post(x)[:, 0]  # all tokens are normed, which the published cost counts
        return Encoded(class_tokens.unflatten(0, (B, M)), prompts, attention, depths)


def _mapped(block: Any, x: Tensor, *, maps: bool) -> tuple[Tensor, Tensor | None]:
    """A block of open_clip with tokens (n, T, D), and on request its attention (n, T, T) averaged over heads."""
    if not maps:
        return block(x), None
    normed = block.ln_1(x)
    attended, shares = block.attn(normed, normed, normed)
    x = x + block.ls_1(attended)
    return x + block.ls_2(block.mlp(block.ln_2(x))), shares


@torch.no_grad()
def attention_rollout(maps: Iterable[Tensor], weight: float) -> Tensor:
    """Product of the steps a A + (1 - a) I, later blocks on the left.

    Args:
        maps: A (..., T, T) of each block.
        weight: a.

    Returns:
        (..., T, T), in float32 at least: rounding would decide between patches.
    """
    product: Tensor | None = None
    for each in maps:
        with torch.autocast(each.device.type, enabled=False):
            shares = at_least_float32(each)
            identity = torch.eye(shares.shape[-1], dtype=shares.dtype, device=shares.device)
            # One for each map, as in the release, so that the cost is the published one
            step = weight * shares + (1 - weight) * identity.expand_as(shares)
            product = step if product is None else step @ product
    if product is None:
        raise ValueError("a rollout needs the attention of one block at least")
    return product


def select_patches(rollout: Tensor, settings: PbtsSettings) -> Tensor:
    """PBTS: the patches of each modality that its class token and the prompts of the others attend to most.

    The row of the prompts is the sum of the rows of those that others handed to modality m, at places j != m. In one version
    of the release NIR and TIR stand for each other there, so that each counts one of its own; that is not followed.

    Args:
        rollout: (B, M, T, T) with T = 1 + N + M: class token, N patches, M prompts.
        settings: whose rows, and the share that each keeps.

    Returns:
        (B, M, N) bool: selected by any of the rows.
    """
    M, T = rollout.shape[1], rollout.shape[-1]
    to_patches = rollout[..., 1 : T - M]
    count = max(1, int(settings.keep_ratio * to_patches.shape[-1]))
    own = torch.eye(M, dtype=torch.bool, device=rollout.device)[..., None]
    by_class = top_patches(to_patches[:, :, 0], count)
    by_prompts = top_patches(to_patches[:, :, T - M :].masked_fill(own, 0).sum(dim=2), count)
    return {"both": by_class | by_prompts, "class": by_class, "prompts": by_prompts}[settings.rows]


def fusion_query(prompts: Tensor) -> Tensor:
    """Mean (B, 1, D) of the prompts (B, M, M, D) in places off the diagonal: those of one modality that stand with another."""
    M = prompts.shape[1]
    own = torch.eye(M, dtype=torch.bool, device=prompts.device)[..., None]
    return prompts.masked_fill(own, 0).sum(dim=(1, 2))[:, None] / (M * (M - 1))


class PromptFusion(nn.Module):
    """PBMF: copies of a tower's last blocks, in which a query attends to the selected patches of all modalities.

    The i-th copy attends to what the tower had before the block that it is a copy of. Patches that are not selected stay in
    the sequence as zeros, as in the release: behind the norm each is its bias.

    Args:
        tower: with its pretrained weights.
        prompted: P; the blocks from the next one on are copied.
    """

    def __init__(self, tower: ImageTower, prompted: int) -> None:
        super().__init__()
        visual: Any = tower.visual
        self.blocks: Iterable[Any] = copy.deepcopy(visual.transformer.resblocks[prompted:])
        self.norm = nn.LayerNorm(tower.width)
        # Dead weights, without which the published size is not met: a copy of the class token beside the copied blocks, and a
        # spare one for a learned query, which no recipe of the release takes. Trainable, and reached by no gradient.
        self.unused_class_token_copy = nn.Parameter(visual.class_embedding.detach().clone())
        self.unused_spare_class_token = nn.Parameter(visual.class_embedding.detach().clone())

    def forward(self, query: Tensor, patches: Sequence[Tensor], mask: Tensor | None) -> Tensor:
        """Fuse.

        Args:
            query: (B, 1, D).
            patches: (B, M, N, D) for each block.
            mask: (B, M, N) bool: selected; None for all.

        Returns:
            (B, D).
        """
        for block, tokens in zip(self.blocks, patches, strict=True):
            kept = (tokens if mask is None else tokens * mask[..., None]).flatten(1, 2)
            # Keys and values are normed apart, though they are the same: so the published cost counts them.
            attended = block.attention(block.ln_1(query), block.ln_1(kept), block.ln_1(kept))
            query = query + block.ls_1(attended)
            query = query + block.ls_2(block.mlp(block.ln_2(query)))
        return self.norm(query[:, 0])


@METHODS.register("promptma")
class PromptMA(Method):
    """PromptMA with its prompts, selection and fusion as switches."""

    Config = PromptMASettings

    @classmethod
    def check(cls, config: PromptMASettings, spec: BatchSpec) -> None:
        """Image size, weights, and whether prompts and PBMF have blocks."""
        check_backbone(config.backbone, spec.image_size)
        prompted_blocks(config, count_image_blocks(config.backbone))

    def __init__(self, config: PromptMASettings, spec: BatchSpec) -> None:
        super().__init__(config, spec)
        prompted = prompted_blocks(config, count_image_blocks(config.backbone))
        tower, M = load_clip(config.backbone, spec.image_size).image, len(spec.modalities)
        self.encoder = PromptedTower(tower, M, prompted, exchange=config.prompts.exchange)
        self.pbmf = PromptFusion(tower, prompted) if config.pbmf.enabled else None
        self.supervised = [*spec.modalities, *(["fused"] if config.pbmf.enabled else [])]
        self.heads: Iterable[BNNeckHead] = nn.ModuleList(BNNeckHead(tower.width, spec.identities) for _ in self.supervised)  # type: ignore[assignment]
        self.test_feature = f"class tokens{', PBMF' if config.pbmf.enabled else ''}, after the necks"
        self.patches = tower.grid[0] * tower.grid[1]
        self._mask: Tensor | None = None

    def features(self, batch: Batch) -> list[Tensor]:
        """Class token (B, D) of each modality, then what PBMF makes of them (B, D), before their necks."""
        encoded = self.encoder(batch.images, maps=self.config.pbts.enabled)
        features = list(encoded.class_tokens.unbind(dim=1))
        if self.pbmf is not None:
            self._mask = self._select(encoded.maps)
            features.append(self.pbmf(fusion_query(encoded.prompts), encoded.patches, self._mask))
        return features

    def _select(self, maps: Iterable[Tensor]) -> Tensor | None:
        settings = self.config.pbts
        return select_patches(attention_rollout(maps, settings.attention_weight), settings) if settings.enabled else None

    def losses(self, batch: Batch) -> dict[str, Tensor]:
        """Identity loss and triplet loss with a margin, of each feature."""
        supervised = zip(self.supervised, self.heads, self.features(batch), strict=True)
        return supervise(supervised, batch.identity, self.config.supervision)

    def embed(self, batch: Batch) -> Tensor:
        """All features side by side, each after its neck: (B, (M + 1) D), or (B, M D) without PBMF."""
        return torch.cat([head.neck(feature) for head, feature in zip(self.heads, self.features(batch), strict=True)], dim=1)

    def monitors(self) -> Mapping[str, Tensor]:
        """Share of patches that are selected in each modality: `selected/RGB`, ..."""
        if self._mask is None:
            return {}
        shares = self._mask.float().mean(dim=(0, 2))
        return {f"selected/{name}": share for name, share in zip(self.spec.modalities, shares, strict=True)}

    def parameter_groups(self, rates: LearningRates) -> Sequence[ParameterGroup]:
        """Image tower, weights, biases, prompts, classifiers.

        The release has one rate for all. Where the tower has a rate of its own, PBMF's blocks share it: they start as its
        blocks (a choice, which the published recipes do not depend on).
        """
        pretrained = list(self.encoder.tower.visual.parameters())
        if self.pbmf is not None:
            pretrained += [parameter for block in self.pbmf.blocks for parameter in block.parameters()]
        return split_groups(self.named_parameters(), rates, visual=pretrained)
