"""NEXT: multi-grained mixture of experts via text modulation (arXiv 2505.20001).

The paper leaves much open and its code is not released. What is chosen here reproduces the published parameters and
multiply-adds of every row of its Tables IV, VI and VIII (94,828,559 trainable parameters on RGBNT201); the alternatives
are settings. Two formulas cannot be taken at their word: Eq. 3 has no gradient (a straight-through estimate is used), and
Eq. 8's single layer does not fit the published size (each structure expert has a gate of two layers).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.batch import Batch, BatchSpec
from benchmarks.captions.sentences import draw_texts
from benchmarks.common.errors import InputError
from benchmarks.common.settings import Settings

from .base import METHODS, LearningRates, Method, MethodSettings, ParameterGroup, split_groups
from .clip import Branches, check_backbone, load_clip
from .layers.attention import CrossAttention, FeedForward, check_heads
from .layers.experts import Expert, GroupedLinear, TokenRouter
from .layers.heads import BNNeckHead
from .layers.losses import SupervisionSettings
from .layers.masks import MaskGradient, threshold_mask, top_mask
from .pretrained import ARCHITECTURES, BackboneSettings
from .text import LongCaption, TextEncoder

Scope = Literal["multi", "share"]

_POSITION_STD = 0.02
"""Of the first scores of `sampling: position`: a few steps at a usual rate can move a place to either side."""


class TmseSettings(Settings):
    """Text-Modulated Semantic Experts (section III-B)."""

    enabled: bool = True
    experts: int = Field(3, ge=1)
    hidden_ratio: float = Field(1.0, gt=0)
    """Width of an expert's MLP over D."""
    dropout: float = Field(0.1, ge=0, lt=1)
    sampling: Literal["dynamic", "topk", "fixed", "all_bypass", "all_mask", "position"] = "dynamic"
    """Table VI. `all_bypass` leaves out routers and experts, which matches the printed cost of All-Token; `all_mask` keeps
    the experts and every token. `position` is a control: a learned score for each place in the image, without routers or
    captions, so that all images have the same masks."""
    topk_ratio: float = Field(0.5, gt=0, le=1)
    fixed_sigma: float = 0.0
    router_scope: Scope = "multi"
    """Table VII: a router for each modality, or one that all share."""
    sigma_shared: bool = True
    """Whether the threshold comes from the router's own weights (the published size needs it) or from a second network."""
    modulation_scope: Literal["expert", "expert_modality", "all"] = "expert"
    start: Literal["random", "half"] = "random"
    """`half` shifts each threshold once, on the first training batch, so that half of the tokens pass at the start; the random
    start of Eq. 2 lets nearly all or nearly none pass, as the class token differs from every patch."""
    load_weight: float = Field(0.0, ge=0)
    """Weight of a load term that Eq. 12 has not: the squared distance of the share of kept tokens from `load_target`."""
    load_target: float = Field(0.5, gt=0, lt=1)
    similarity_scale: float = Field(1.0, gt=0)
    """Factor on the cosine of Eq. 5 before its modulation; CLIP itself reads its cosines times 14 to 100."""
    mask_gradient: MaskGradient = "ste"
    temperature: float = Field(1.0, gt=0)
    mask_mode: Literal["multiply", "key_padding"] = "multiply"
    """Eq. 7 multiplies: a token that is left out stays as a key of zeros. `key_padding` hides it from attention."""

    @property
    def routes(self) -> bool:
        """Whether routers sample the tokens."""
        return self.sampling not in {"all_bypass", "all_mask", "position"}


class CsseSettings(Settings):
    """Context-Shared Structure Experts (section III-C)."""

    enabled: bool = True
    experts: int = Field(3, ge=1)
    hidden_ratio: float = Field(1.0, gt=0)
    dropout: float = Field(0.1, ge=0, lt=1)
    router: Literal["mlp_per_expert", "mlp", "fc"] = "mlp_per_expert"
    router_scope: Scope = "share"


class MgfaSettings(Settings):
    """Multi-Grained Features Aggregation (section III-D)."""

    enabled: bool = True
    """Without it each branch is averaged over its tokens, modality by modality."""
    heads: int = Field(8, ge=1)
    ffn_ratio: float = Field(2.0, gt=0)
    dropout: float = Field(0.1, ge=0, lt=1)
    residual: bool = False
    pre_norm: bool = False


class TextSettings(Settings):
    """Captions as modulation."""

    in_training: bool = True
    at_test: bool = True
    keep_probability: float = Field(0.75, gt=0, le=1)
    """Probability to keep a sentence (Fig. 6)."""
    draw: Literal["independent", "shared"] = "independent"
    """Whether the modalities of an expert draw their sentences apart or by the same numbers."""
    long: LongCaption = "truncate"


class NextSettings(MethodSettings):
    """Settings of NEXT; the defaults are the full model."""

    backbone: BackboneSettings = BackboneSettings()
    supervision: SupervisionSettings = SupervisionSettings()
    tmse: TmseSettings = TmseSettings()
    csse: CsseSettings = CsseSettings()
    mgfa: MgfaSettings = MgfaSettings()
    text: TextSettings = TextSettings()
    auxiliary_head: bool = False
    """A second head on the class tokens; Eq. 12 has none."""
    feature: Literal["fused", "class", "both"] = "fused"
    """Test feature; the paper tests the fused one."""

    @property
    def with_text(self) -> bool:
        """Whether captions are encoded."""
        return self.tmse.enabled and self.tmse.sampling != "position" and (self.text.in_training or self.text.at_test)

    @property
    def needs_text(self) -> bool:
        """Whether captions are encoded and used."""
        return self.with_text and self.tmse.routes


class SemanticExperts(nn.Module):
    """TMSE: each semantic expert sees the tokens that its router, modulated by a caption, lets through.

    Args:
        size: D.
        modalities: M.
        patches: N.
        settings: see `TmseSettings`.
    """

    def __init__(self, size: int, modalities: int, patches: int, settings: TmseSettings) -> None:
        super().__init__()
        E, scopes = settings.experts, modalities if settings.router_scope == "multi" else 1
        self.settings = settings
        self.top = max(1, round(settings.topk_ratio * patches))
        self.experts = nn.ModuleList(Expert(size, round(settings.hidden_ratio * size), settings.dropout) for _ in range(E))
        if settings.sampling == "position":
            # Small random scores: about half of the places pass at first, and each is near the threshold.
            self.position = nn.Parameter(_POSITION_STD * torch.randn(E, modalities, patches))
            return
        self.router = TokenRouter(E, scopes, size)
        self.threshold_router = None if settings.sigma_shared else TokenRouter(E, scopes, size)
        self.modulation_groups = {"expert": E, "expert_modality": E * modalities, "all": 1}[settings.modulation_scope]
        self.fc3 = GroupedLinear(self.modulation_groups, 2, size // 2)
        self.fc4 = GroupedLinear(self.modulation_groups, size // 2, 1)
        self.offset: Tensor | None
        self.started: Tensor
        self.register_buffer("offset", torch.zeros(E, modalities, 1, 1) if settings.start == "half" else None)
        self.register_buffer("started", torch.tensor(False) if settings.start == "half" else None)

    def route(self, class_tokens: Tensor, patches: Tensor) -> tuple[Tensor, Tensor]:
        """Routing matrix and threshold (Eq. 2).

        Args:
            class_tokens: (B, M, D).
            patches: (B, M, N, D).

        Returns:
            alpha (E, M, B, N) and sigma (E, M, B, 1), from the same weights: a patch passes that scores above its own
            class token.
        """
        B, M, N, D = patches.shape
        tokens = torch.cat([class_tokens[:, :, None], patches], dim=2).transpose(0, 1).reshape(M, B * (1 + N), D)
        scores = self.router(tokens).unflatten(-1, (B, 1 + N)).transpose(0, 1)
        sigma, alpha = scores[..., :1], scores[..., 1:]
        if self.threshold_router is not None:
            sigma = self.threshold_router(class_tokens.transpose(0, 1)).transpose(0, 1)[..., None]
        return alpha, sigma

    def modulate(self, alpha: Tensor, patches: Tensor, text: Tensor) -> Tensor:
        """Modulation matrix gamma (Eqs. 5 and 6).

        Args:
            alpha: (E, M, B, N).
            patches: (B, M, N, D).
            text: (B, E or 1, M, D) features of the captions, one for each expert or one for all.

        Returns:
            (E, M, B, N).
        """
        E, M, B, N = alpha.shape
        text = F.normalize(text, dim=-1).permute(0, 2, 3, 1)
        beta = (F.normalize(patches, dim=-1) @ text).permute(3, 1, 0, 2) * self.settings.similarity_scale
        pairs = torch.stack([alpha, beta.expand(E, M, B, N)], dim=-1)
        rows = pairs.reshape(self.modulation_groups, -1, 2)
        return alpha + self.fc4(F.gelu(self.fc3(rows))).reshape(E, M, B, N)

    def sample(self, gamma: Tensor, sigma: Tensor) -> Tensor:
        """Sampling mask (E, M, B, N) from scores (E, M, B, N) and thresholds (E, M, B, 1) (Eq. 3, Table VI)."""
        settings = self.settings
        if settings.sampling == "topk":
            return top_mask(gamma, self.top, temperature=settings.temperature)
        return threshold_mask(
            gamma,
            settings.fixed_sigma if settings.sampling == "fixed" else sigma,
            gradient=settings.mask_gradient,
            temperature=settings.temperature,
            training=self.training,
        )

    def masks(self, class_tokens: Tensor, patches: Tensor, text: Tensor | None) -> Tensor:
        """Sampling masks (E, M, B, N) of all experts; see `route` and `modulate` for the arguments."""
        B, M, N, _ = patches.shape
        if self.settings.sampling == "position":
            return self.sample(self.position[:, :, None], patches.new_zeros(())).expand(-1, -1, B, -1)
        if not self.settings.routes:
            return patches.new_ones(self.settings.experts, M, B, N)
        return self.sample(*self.scores(*self.route(class_tokens, patches), patches, text))

    def scores(self, alpha: Tensor, sigma: Tensor, patches: Tensor, text: Tensor | None) -> tuple[Tensor, Tensor]:
        """Scores (E, M, B, N) and thresholds (E, M, B, 1) from a routing matrix and captions; see `modulate`."""
        gamma = alpha if text is None else self.modulate(alpha, patches, text)
        if self.offset is None:
            return gamma, sigma
        if self.training and not self.started:
            self.started.fill_(True)
            self.offset.copy_((gamma - sigma).detach().flatten(2).median(dim=-1).values[..., None, None])
        return gamma, sigma + self.offset

    @torch.no_grad()
    def flips(self, alpha: Tensor, sigma: Tensor, patches: Tensor, text: Tensor) -> Tensor:
        """Share (E, M) of tokens on whose side of the threshold the text decides.

        Each sample is given the caption of the one half a batch away, which is of another identity.
        """
        sides = [torch.gt(*self.scores(alpha, sigma, patches, each)) for each in (text, text.roll(len(patches) // 2, dims=0))]
        return (sides[0] != sides[1]).float().mean(dim=(2, 3))

    def forward(self, patches: Tensor, masks: Tensor) -> list[Tensor]:
        """E expert features (B, M * N, D) of patches (B, M, N, D), zero where masks (E, M, B, N) are (Eq. 7)."""
        if self.settings.sampling == "all_bypass":
            return [patches.flatten(1, 2)] * self.settings.experts
        masks = masks.transpose(1, 2)[..., None]
        return [(expert(patches) * mask).flatten(1, 2) for expert, mask in zip(self.experts, masks, strict=True)]


class StructureExperts(nn.Module):
    """CSSE: experts that see every token of every modality, mixed token by token (Eqs. 8 and 9).

    Args:
        size: D.
        modalities: M.
        settings: see `CsseSettings`.
    """

    def __init__(self, size: int, modalities: int, settings: CsseSettings) -> None:
        super().__init__()
        E, scopes = settings.experts, modalities if settings.router_scope == "multi" else 1
        self.scopes = scopes
        self.experts = nn.ModuleList(Expert(size, round(settings.hidden_ratio * size), settings.dropout) for _ in range(E))
        self.router: nn.Module
        if settings.router == "mlp_per_expert":
            self.router = TokenRouter(E, scopes, size)
        elif settings.router == "mlp":
            self.router = nn.Sequential(GroupedLinear(scopes, size, E * size), nn.GELU(), GroupedLinear(scopes, E * size, E))
        else:
            self.router = GroupedLinear(scopes, size, E)

    def weights(self, patches: Tensor) -> Tensor:
        """Expert weights omega (B, M, N, E) of patches (B, M, N, D): a softmax over the experts for each token."""
        B, M, N, D = patches.shape
        tokens = patches.transpose(0, 1).reshape(M, B * N, D)
        if isinstance(self.router, TokenRouter):
            scores = self.router(tokens).transpose(1, 2)
        else:
            scores = self.router(tokens.reshape(self.scopes, -1, D))
        return scores.reshape(M, B, N, -1).softmax(dim=-1).transpose(0, 1)

    def forward(self, patches: Tensor, weights: Tensor) -> Tensor:
        """Structure feature (B, M * N, D) of patches (B, M, N, D) with weights (B, M, N, E)."""
        mixed = sum(expert(patches) * weights[..., e, None] for e, expert in enumerate(self.experts))
        return mixed.flatten(1, 2)


class Aggregation(nn.Module):
    """MGFA: the class tokens attend to each branch; the outcomes are averaged (Eqs. 10 and 11).

    Args:
        size: D.
        settings: see `MgfaSettings`.
    """

    def __init__(self, size: int, settings: MgfaSettings) -> None:
        super().__init__()
        self.attention = CrossAttention(size, settings.heads, settings.dropout)
        self.norm = nn.LayerNorm(size)
        self.feed_forward = FeedForward(size, round(settings.ffn_ratio * size))
        self.query_norm = nn.LayerNorm(size) if settings.pre_norm else nn.Identity()
        self.residual = settings.residual

    def forward(self, class_tokens: Tensor, branches: Tensor, ignore: Tensor | None = None) -> Tensor:
        """Aggregate.

        Args:
            class_tokens: (B, M, D): queries.
            branches: (K, B, L, D): keys and values of each branch.
            ignore: (K, B, L) bool: tokens that are hidden from attention.

        Returns:
            (B, M, D): the mean over branches.
        """
        K, B = branches.shape[:2]
        queries = class_tokens.expand(K, -1, -1, -1).flatten(0, 1)
        x = self.attention(self.query_norm(queries), branches.flatten(0, 1), None if ignore is None else ignore.flatten(0, 1))
        if self.residual:
            x = x + queries
        out = self.feed_forward(self.norm(x))
        if self.residual:
            out = out + x
        return out.unflatten(0, (K, B)).mean(dim=0)


@METHODS.register("next")
class Next(Method):
    """NEXT with its modules, sampling strategies, routing scopes and use of text as settings."""

    Config = NextSettings
    published_counts_attention = False

    @classmethod
    def check(cls, config: NextSettings, spec: BatchSpec) -> None:
        """Image size, weights and heads."""
        check_backbone(config.backbone, spec.image_size)
        if config.mgfa.enabled:
            check_heads(ARCHITECTURES[config.backbone.architecture].size, config.mgfa.heads)

    def __init__(self, config: NextSettings, spec: BatchSpec) -> None:
        super().__init__(config, spec)
        clip = load_clip(config.backbone, spec.image_size)
        D, M, grid = clip.image.size, len(spec.modalities), clip.image.grid
        self.branches = Branches(clip.image, spec)
        self.tmse = SemanticExperts(D, M, grid[0] * grid[1], config.tmse) if config.tmse.enabled else None
        self.csse = StructureExperts(D, M, config.csse) if config.csse.enabled else None
        self.mgfa = Aggregation(D, config.mgfa) if config.mgfa.enabled else None
        self.head = BNNeckHead(M * D, spec.identities)
        self.class_head = BNNeckHead(M * D, spec.identities) if config.auxiliary_head else None
        self.text = TextEncoder(clip.text, config.text.long) if config.with_text else None
        self.test_feature = {"fused": "fused", "class": "class tokens", "both": "class tokens, fused"}[config.feature]
        self.patches = grid[0] * grid[1]
        self._monitors: dict[str, Tensor] = {}
        self._load = torch.empty(0)

    @property
    def text_encoder(self) -> TextEncoder | None:
        """The frozen text tower with its cache."""
        return self.text

    @property
    def test_text(self) -> TextEncoder | None:
        """The text encoder, where captions are encoded at test (All-Token encodes and ignores them, as its cost shows)."""
        return self.text if self.config.text.at_test else None

    @torch.compiler.disable  # draws sentences, which are no tensors
    def _texts(self, batch: Batch) -> Tensor | None:
        """Caption features (B, E, M, D) of random sentences in training, (B, 1, M, D) of whole captions at test (Eq. 4)."""
        settings = self.config.text
        if self.text is None or not (settings.in_training if self.training else settings.at_test):
            return None
        if batch.text_features is not None:
            return batch.text_features[:, None]
        if batch.captions is None:
            raise InputError(
                "next: the batch has no captions; give captions or set method.text.in_training and at_test to False"
            )
        if not self.training:
            return self.text.encode_whole(batch.captions)[:, None]
        E = self.config.tmse.experts
        texts = draw_texts(
            batch.captions,
            batch.draw.cpu().numpy(),
            experts=E,
            keep_probability=settings.keep_probability,
            independent=settings.draw == "independent",
        )
        return self.text.encode(texts).unflatten(0, (len(batch), E, -1))

    def features(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Class tokens and fused feature, (B, M * D) each."""
        class_tokens, patches = self.branches(batch)
        branches, ignore = self._expert_branches(batch, class_tokens, patches)
        if self.mgfa is not None:
            fused = self.mgfa(class_tokens, branches, ignore)
        elif self.tmse is None and self.csse is None:
            fused = class_tokens
        else:
            fused = branches.unflatten(2, patches.shape[1:3]).mean(dim=(0, 3))
        return class_tokens.flatten(1), fused.flatten(1)

    def _expert_branches(self, batch: Batch, class_tokens: Tensor, patches: Tensor) -> tuple[Tensor, Tensor | None]:
        """Branches (K, B, M * N, D) for aggregation, and which tokens (K, B, M * N) attention must ignore."""
        branches: list[Tensor] = []
        ignore = None
        self._monitors = {}
        if self.tmse is not None:
            text = self._texts(batch) if self.config.needs_text else None
            if text is None or batch.text_features is not None or not self.config.tmse.routes:
                masks = self.tmse.masks(class_tokens, patches, text)
            else:
                routed = self.tmse.route(class_tokens, patches)
                masks = self.tmse.sample(*self.tmse.scores(*routed, patches, text))
                self._watch("flips", self.tmse.flips(*routed, patches, text))  # not where costs are counted
            branches += self.tmse(patches, masks)
            self._load = masks.mean(dim=(2, 3))
            self._watch("kept", self._load.detach())
            if self.config.tmse.mask_mode == "key_padding":
                ignore = masks.detach().transpose(1, 2).flatten(2) < 0.5
                ignore = ignore & ~ignore.all(dim=-1, keepdim=True)  # attention over nothing is not defined
        if self.csse is not None:
            weights = self.csse.weights(patches)
            branches.append(self.csse(patches, weights))
            self._watch("structure", weights.detach().mean(dim=(0, 2)).t())
            if ignore is not None:
                ignore = torch.cat([ignore, torch.zeros_like(ignore[:1])])
        if not branches:
            branches.append(patches.flatten(1, 2))
        return torch.stack(branches), ignore

    def _watch(self, name: str, values: Tensor) -> None:
        """Log values (E, M) by expert and modality."""
        for e, row in enumerate(values):
            for modality, value in zip(self.spec.modalities, row, strict=True):
                self._monitors[f"{name}/E{e + 1}/{modality}"] = value

    def losses(self, batch: Batch) -> dict[str, Tensor]:
        """Identity and triplet loss of the fused feature (Eq. 12)."""
        class_tokens, fused = self.features(batch)
        losses = self.head.losses(fused, batch.identity, self.config.supervision, "fused")
        if self.class_head is not None:
            losses |= self.class_head.losses(class_tokens, batch.identity, self.config.supervision, "class")
        if self.config.tmse.enabled and self.config.tmse.load_weight:
            losses["load"] = self.config.tmse.load_weight * (self._load - self.config.tmse.load_target).square().mean()
        return losses

    def embed(self, batch: Batch) -> Tensor:
        """The fused feature (B, M * D), or what `feature` names."""
        class_tokens, fused = self.features(batch)
        return {"fused": fused, "class": class_tokens, "both": torch.cat([class_tokens, fused], dim=1)}[self.config.feature]

    def token_masks(self, batch: Batch) -> Tensor | None:
        """Patches (B, E, M, h, w) that each semantic expert keeps."""
        if self.tmse is None:
            return None
        class_tokens, patches = self.branches(batch)
        masks = self.tmse.masks(class_tokens, patches, self._texts(batch) if self.config.needs_text else None)
        return masks.permute(2, 0, 1, 3).unflatten(-1, self.branches.tower.grid) > 0.5

    def monitors(self) -> Mapping[str, Tensor]:
        """By expert and modality: share of tokens kept, share that another caption changes, weight of structure experts."""
        return self._monitors

    def watched_parameters(self) -> Mapping[str, Iterable[nn.Parameter]]:
        """Routers and modulation networks."""
        watched: dict[str, Iterable[nn.Parameter]] = {}
        if self.tmse is not None and self.config.tmse.sampling == "position":
            watched["tmse.position"] = [self.tmse.position]
        elif self.tmse is not None:
            watched["tmse.router"] = self.tmse.router.parameters()
            watched["tmse.modulation"] = [*self.tmse.fc3.parameters(), *self.tmse.fc4.parameters()]
        if self.csse is not None:
            watched["csse.router"] = self.csse.router.parameters()
        return watched

    def parameter_groups(self, rates: LearningRates) -> Sequence[ParameterGroup]:
        """Image tower, weights, biases, classifiers; the text tower is frozen."""
        return split_groups(self.named_parameters(), rates, visual=self.branches.tower.parameters())
