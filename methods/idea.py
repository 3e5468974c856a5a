"""IDEA: inverted text with cooperative deformable aggregation (arXiv 2503.10324, CVPR 2025), as its release computes it.

Captions are part of the input, in training and at test. The text tower is frozen, but the gradient passes through it to learned
prompts, so features of texts change with every step and cannot be kept on disk. Where the release does something that its text
would not suggest, the release is followed: the text feature is mostly that of the prompts (`PromptedTower`), and the points of
the aggregation lie half a patch beside the centres of what decides their offsets.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import torch
from pydantic import Field, model_validator
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.batch import Batch, BatchSpec
from benchmarks.common.errors import InputError
from benchmarks.common.settings import Settings

from .base import METHODS, LearningRates, Method, MethodSettings, ParameterGroup, split_groups
from .clip import Branches, ImageTower, check_backbone, load_clip
from .layers.heads import BNNeckHead, separated, supervise
from .layers.losses import SupervisionSettings, at_least_float32
from .pretrained import ARCHITECTURES, BackboneSettings
from .text import TextEncoder, TextTower

_SPECTRA = {
    "RGB": ("visible", "capturing natural colors and fine details"),
    "NIR": ("near infrared", "capturing contrasts and surface reflectance"),
    "TIR": ("thermal infrared", "capturing heat emissions as temperature gradients"),
}
"""How the release names each modality, and what it says of it: words that its prompts were trained with."""


class TextSettings(Settings):
    """What is encoded with a caption."""

    prefix: Literal["prompted", "words", "prompts", "none"] = "prompted"
    """What stands before each caption: words on the modality with learned prompts among them, or the words alone. `prompts` is
    the release without its words: the prompts then lie on the caption's own. Without prompts features of texts are frozen."""
    descriptor: bool = True
    """Whether the words say what the spectrum captures (RGBNT201, MSVR310; not RGBNT100)."""
    prompts: int = Field(2, ge=1, le=10)
    """Learned prompts: 2 on RGBNT201, 1 on the vehicles."""

    @property
    def learned(self) -> int:
        """Prompts that there are."""
        return self.prompts if self.prefix in {"prompted", "prompts"} else 0


class InverseSettings(Settings):
    """InverseNet: texts as tokens of the image tower."""

    enabled: bool = True
    """Otherwise the text feature itself stands for the image tower's answer to it."""
    dropout: float = Field(0.1, ge=0, lt=1)


class CdaSettings(Settings):
    """Cooperative Deformable Aggregation."""

    enabled: bool = True
    points: Literal["shared", "separate", "fixed", "all"] = "shared"
    """Where patches are sampled: at offsets that all modalities decide together, that each decides for itself, at the points of
    reference, or at every patch."""
    offset_factor: float = Field(5.0, ge=0)
    """Range of the offsets, in units of the distance of two points: 5, 21 and 25 on RGBNT201, RGBNT100 and MSVR310."""
    kernel: int = Field(4, ge=2)
    """Patches a side that decide an offset."""
    stride: int = Field(2, ge=1)
    """Patches between points."""

    def points_of(self, grid: tuple[int, int]) -> tuple[int, int]:
        """Rows and columns of points on a grid of patches; 0 or less where the kernel does not fit."""
        rows, columns = ((side - self.kernel) // self.stride + 1 for side in grid)
        return rows, columns


_FEATURES = {
    "c_t": "c_t, the textual feature of CDA",
    "c_v": "c_v, the visual feature of CDA",
    "c": "c_v and c_t, the features of CDA",
    "v": "class tokens v",
    "s": "text features s",
    "vs": "class tokens v, text features s",
}


class IdeaSettings(MethodSettings):
    """Settings of IDEA; the defaults are its RGBNT201 recipe."""

    backbone: BackboneSettings = BackboneSettings()
    supervision: SupervisionSettings = SupervisionSettings()
    direct: bool = True
    """One head each on the class tokens and on the text features side by side; otherwise one for each modality (RGBNT100)."""
    text: TextSettings = TextSettings()
    inverse: InverseSettings = InverseSettings()
    cda: CdaSettings = CdaSettings()
    feature: Literal["c_t", "c_v", "c", "v", "s", "vs"] = "c_t"
    """What is ranked at test. The published figures are of c_t alone, on all three data sets."""

    @model_validator(mode="after")
    def _has_its_feature(self) -> IdeaSettings:
        if not self.cda.enabled and self.feature.startswith("c"):
            raise ValueError(f"feature: there is no {self.feature} without CDA; switch cda.enabled on or take v, s or vs")
        return self

    @property
    def needs_text(self) -> bool:
        """Captions are part of the input."""
        return True


def modal_prefix(modality: str, kind: str, settings: TextSettings) -> str:
    """The words before the captions of a modality; each X is where a learned prompt is added.

    Args:
        modality: RGB, NIR or TIR.
        kind: person or vehicle.
        settings: number of prompts, and what the words are.
    """
    spectrum, captures = _SPECTRA[modality]
    if settings.prefix in {"prompts", "none"}:
        return ""
    descriptor = f", {captures}" if settings.descriptor else ""
    return f"An image of a {'X ' * settings.learned}{kind} in the {spectrum} spectrum{descriptor}: "


class PromptedTower(nn.Module):
    """The frozen text tower with learned vectors on the tokens that follow "An image of a", wherever the text has them.

    A text's feature is the mean of the vectors at its end and at the prompts. The transformer is causal: what comes before the
    caption does not see it, so the vectors at the prompts are the same for every text with the prefix.

    Args:
        tower: the frozen text tower.
        prompts: n, at least 1.
    """

    FIRST = 5
    """Place of the first prompt: after the start token and four words."""

    def __init__(self, tower: TextTower, prompts: int) -> None:
        super().__init__()
        self.tower = tower
        self.prompt = nn.Parameter(torch.randn(prompts, tower.positional_embedding.shape[1]))
        self.size, self.context = tower.size, tower.context
        self.shortest = self.FIRST + prompts
        """Tokens that a batch needs, padding included."""

    @property
    def tokenizer(self) -> Any:
        """CLIP's byte-pair tokenizer."""
        return self.tower.tokenizer

    @property
    def positional_embedding(self) -> Tensor:
        """That of the frozen tower."""
        return self.tower.positional_embedding

    def forward(self, tokens: Tensor) -> Tensor:
        """Features (n, D) of tokens (n, L), L from `shortest` to the context."""
        x, first, last = self.tower.embed(tokens), self.FIRST, self.shortest
        features = self.tower.encode(torch.cat([x[:, :first], x[:, first:last] + self.prompt, x[:, last:]], dim=1))
        end = features[torch.arange(len(tokens), device=tokens.device), tokens.argmax(dim=1)]
        prompted = features[:, first:last].sum(dim=1)
        return (end + prompted) / (1 + len(self.prompt))


class PromptedEncoder(TextEncoder):
    """Texts to features that learned prompts take part in.

    In training every distinct text of a batch is computed once, up to the end of the longest, with a gradient to the prompts.
    At test features are kept in memory as long as the prompts stay what they are: tests under many conditions share texts.

    Args:
        tower: text tower with prompts.
        prefixes: what stands before the caption of each modality.
    """

    tower: PromptedTower  # type: ignore[assignment]

    def __init__(self, tower: PromptedTower, prefixes: Sequence[str]) -> None:
        super().__init__(tower, prefixes=prefixes)  # type: ignore[arg-type]
        self._tokens: dict[str, Tensor] = {}
        self._kept_with: Tensor | None = None

    def encode(self, texts: Sequence[str]) -> Tensor:
        """Features (n, D) of texts, with a gradient in training alone."""
        if self.training:
            return self._learn(texts)
        prompt = self.tower.prompt.detach()
        if self._kept_with is None or not torch.equal(prompt, self._kept_with.to(prompt.device)):
            self.forget()
            self._kept_with = prompt.clone()
        return super().encode(texts)

    def _learn(self, texts: Sequence[str]) -> Tensor:
        place = {text: number for number, text in enumerate(dict.fromkeys(texts))}
        fresh = [text for text in place if text not in self._tokens]
        if fresh:
            self._tokens.update(zip(fresh, self.tokens(fresh), strict=True))
        tokens = torch.stack([self._tokens[text] for text in place])
        length = max(int(tokens.argmax(dim=1).max()) + 1, self.tower.shortest)
        features = self.tower(tokens[:, :length].to(self._device))
        return features[torch.tensor([place[text] for text in texts], device=self._device)]


class InvertedBranches(nn.Module):
    """One image tower for all modalities, to whose patches a token made of the text is appended (IMFE).

    Args:
        tower: the image tower.
        spec: number of cameras.
        dropout: of InverseNet.
    """

    def __init__(self, tower: ImageTower, spec: BatchSpec, dropout: float) -> None:
        super().__init__()
        self.branches = Branches(tower, spec)
        self.inverse_net = nn.Sequential(
            nn.Linear(tower.size, 4 * tower.size),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(4 * tower.size, tower.width),
            nn.Dropout(dropout),
        )
        self.position = nn.Parameter(tower.width**-0.5 * torch.randn(1, tower.width))

    def forward(self, batch: Batch, text: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Class tokens v (B, M, D), patches (B, M, N, D) and what the tower makes of text (B, M, D): s (B, M, D)."""
        cameras = self.branches.cameras(batch)
        inverted = self.inverse_net(text).flatten(0, 1)[:, None] + cameras + self.position
        tokens = self.branches.tower(batch.images.flatten(0, 1), cameras, inverted).unflatten(0, text.shape[:2])
        return tokens[:, :, 0], tokens[:, :, 1:-1], tokens[:, :, -1]


class DeformableAggregation(nn.Module):
    """CDA: class tokens and text features attend to patches at a few learned points.

    No norm, no feed-forward network and no dropout, as in the release.

    Args:
        size: D.
        modalities: M.
        settings: see `CdaSettings`.
    """

    def __init__(self, size: int, modalities: int, settings: CdaSettings) -> None:
        super().__init__()
        self.settings = settings
        nets = {"shared": [(modalities * size, 2)], "separate": [(size, 1)] * modalities}.get(settings.points, [])
        self.offset_nets = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(inputs, size, 1),
                nn.GELU(),
                nn.Conv2d(size, size, settings.kernel, stride=settings.stride, groups=size),
                nn.GELU(),
                nn.Conv2d(size, axes, 1, bias=False),
            )
            for inputs, axes in nets
        )
        self.query, self.key, self.value, self.out = (nn.Linear(size, size) for _ in range(4))
        self.beyond: Mapping[str, Tensor] = {}
        """Shares of the points of the last pass that were moved to a border, by axis."""

    def places(self, maps: Tensor) -> Tensor:
        """Points (B, G, Hk, Wk, 2) as (x, y) of maps (B, M, D, h, w), in units of half a map; G is 1 where they are shared.

        They may lie beyond the borders, at -1 and 1, to which sampling moves them.
        """
        grid = (maps.shape[-2], maps.shape[-1])
        rows, columns = self.settings.points_of(grid)
        if self.settings.points == "shared":
            shift = self.offset_nets[0](maps.flatten(1, 2))[:, None]
        elif self.settings.points == "separate":
            shift = torch.stack([net(maps[:, m]) for m, net in enumerate(self.offset_nets)], dim=1)
        else:
            shift = maps.new_zeros(len(maps), 1, 1, rows, columns)
        shift = at_least_float32(torch.tanh(shift)) * self.settings.offset_factor
        # A net with one channel moves both axes by it. A grid one point wide has no distance of points; 1 stands for it.
        y = self._reference(rows, grid[0], shift)[:, None] + shift[:, :, 0] / max(rows - 1, 1)
        x = self._reference(columns, grid[1], shift)[None, :] + shift[:, :, -1] / max(columns - 1, 1)
        return torch.stack([x, y], dim=-1)

    def _reference(self, count: int, side: int, like: Tensor) -> Tensor:
        """Points of reference along a side: half a patch beyond the centre of the kernel, as in the release."""
        patch = self.settings.stride * torch.arange(count, device=like.device, dtype=like.dtype) + self.settings.kernel // 2
        return 2 * patch / (side - 1) - 1

    def sample(self, maps: Tensor) -> Tensor:
        """Keys and values (B, L, D) from maps (B, M, D, h, w): bilinear values at the points, modality by modality."""
        if self.settings.points == "all":
            return maps.flatten(3).transpose(2, 3).flatten(1, 2)
        B, M = maps.shape[:2]
        places = self.places(maps)
        if not torch.jit.is_tracing():  # type: ignore[attr-defined]  # not where costs are counted
            shares = (places.detach().abs() > 1).float().flatten(0, 3).mean(dim=0)
            self.beyond = dict(zip("xy", shares, strict=True))
        places = places.expand(-1, M, -1, -1, -1).flatten(0, 1)
        flat = maps.flatten(0, 1).to(places.dtype)
        sampled = F.grid_sample(flat, places, mode="bilinear", padding_mode="border", align_corners=True)
        return sampled.flatten(2).transpose(1, 2).unflatten(0, (B, M)).flatten(1, 2)

    def forward(self, queries: Tensor, maps: Tensor) -> Tensor:
        """Aggregate: queries (B, Q, D) with what they attend to in maps (B, M, D, h, w), as (B, Q, D)."""
        sampled = self.sample(maps)
        attended = F.scaled_dot_product_attention(self.query(queries), self.key(sampled), self.value(sampled))
        return queries + self.out(attended)


def _check_points(settings: CdaSettings, grid: tuple[int, int]) -> None:
    if settings.enabled and settings.points != "all" and min(settings.points_of(grid)) < 1:
        remedy = f"lower it to {min(grid)}" if min(grid) > 1 else "give larger images or set cda.points to all"
        raise InputError(
            f"idea: a grid of {grid[0]} x {grid[1]} patches has no room for cda.kernel {settings.kernel}; {remedy}"
        )


@METHODS.register("idea")
class Idea(Method):
    """IDEA with its prefixes, prompts, InverseNet and deformable aggregation as switches."""

    Config = IdeaSettings

    @classmethod
    def check(cls, config: IdeaSettings, spec: BatchSpec) -> None:
        """Image size, weights, and room for points."""
        check_backbone(config.backbone, spec.image_size)
        patch = ARCHITECTURES[config.backbone.architecture].patch
        _check_points(config.cda, (spec.image_size[0] // patch, spec.image_size[1] // patch))

    def __init__(self, config: IdeaSettings, spec: BatchSpec) -> None:
        super().__init__(config, spec)
        clip = load_clip(config.backbone, spec.image_size)
        D, M = clip.image.size, len(spec.modalities)
        self.grid = clip.image.grid
        _check_points(config.cda, self.grid)
        prefixes = [modal_prefix(name, spec.object, config.text) for name in spec.modalities]
        self.text = (
            PromptedEncoder(PromptedTower(clip.text, config.text.learned), prefixes)
            if config.text.learned
            else TextEncoder(clip.text, prefixes=prefixes)
        )
        # Unfrozen by the release and used by nothing; the published size counts it.
        self.unused_logit_scale = nn.Parameter(torch.tensor(math.log(1 / 0.07)))
        self.branches = (
            InvertedBranches(clip.image, spec, config.inverse.dropout) if config.inverse.enabled else Branches(clip.image, spec)
        )
        self.cda = DeformableAggregation(D, M, config.cda) if config.cda.enabled else None
        names = ["v", "s"] if config.direct else [f"{kind}_{name}" for kind in "vs" for name in spec.modalities]
        sizes = dict.fromkeys(names, M * D if config.direct else D) | ({"c_v": M * D, "c_t": M * D} if self.cda else {})
        self.heads: Mapping[str, BNNeckHead] = nn.ModuleDict(  # type: ignore[assignment]
            {name: BNNeckHead(size, spec.identities) for name, size in sizes.items()}
        )
        self.test_feature = _FEATURES[config.feature]

    @property
    def text_encoder(self) -> TextEncoder | None:
        """None with learned prompts: a store on disk would keep what the next step changes."""
        return None if isinstance(self.text, PromptedEncoder) else self.text

    @property
    def test_text(self) -> TextEncoder | None:
        """Captions are encoded at test as in training."""
        return self.text

    def _texts(self, batch: Batch) -> Tensor:
        """Features t (B, M, D) of the captions with their prefixes."""
        if batch.text_features is not None:
            return batch.text_features
        if batch.captions is None:
            raise InputError("idea: the batch has no captions, which are part of the input; give captions")
        return self.text.encode_whole(batch.captions)

    def features(self, batch: Batch) -> dict[str, Tensor]:
        """Class tokens v and text features s, (B, M, D) each, and what CDA makes of them: c_v and c_t."""
        text = self._texts(batch)
        if isinstance(self.branches, InvertedBranches):
            v, patches, s = self.branches(batch, text)
        else:
            (v, patches), s = self.branches(batch), text
        found = {"v": v, "s": s.to(v.dtype)}
        if self.cda is not None:
            maps = patches.transpose(2, 3).unflatten(-1, self.grid)
            fused = self.cda(torch.cat(list(found.values()), dim=1), maps)
            found |= {"c_v": fused[:, : v.shape[1]], "c_t": fused[:, v.shape[1] :]}
        return found

    def _supervised(self, features: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The feature of each head, by its name."""
        supervised: dict[str, Tensor] = {}
        for name, feature in features.items():
            supervised |= separated(name, feature, self.spec.modalities, direct=name in self.heads)
        return supervised

    def losses(self, batch: Batch) -> dict[str, Tensor]:
        """Identity and triplet loss of each head, all with the same weights."""
        supervised = self._supervised(self.features(batch)).items()
        return supervise(((name, self.heads[name], own) for name, own in supervised), batch.identity, self.config.supervision)

    def embed(self, batch: Batch) -> Tensor:
        """What `feature` names: (B, M * D), or (B, 2 M * D) for two features side by side."""
        features = self.features(batch)
        names = {"c": ("c_v", "c_t"), "vs": ("v", "s")}.get(self.config.feature, (self.config.feature,))
        return torch.cat([features[name].flatten(1) for name in names], dim=1)

    def monitors(self) -> Mapping[str, Tensor]:
        """By axis the share of points beyond the map, which are moved to its border: large ranges leave few between."""
        return {f"border/{axis}": share for axis, share in self.cda.beyond.items()} if self.cda else {}

    def watched_parameters(self) -> Mapping[str, Iterable[nn.Parameter]]:
        """Prompts, InverseNet and the offset networks."""
        watched: dict[str, Iterable[nn.Parameter]] = {}
        if isinstance(self.text, PromptedEncoder):
            watched["prompts"] = [self.text.tower.prompt]
        if isinstance(self.branches, InvertedBranches):
            watched["inverse_net"] = self.branches.inverse_net.parameters()
        if self.cda is not None and len(self.cda.offset_nets):
            watched["cda.offset_nets"] = self.cda.offset_nets.parameters()
        return watched

    def parameter_groups(self, rates: LearningRates) -> Sequence[ParameterGroup]:
        """Image tower, weights, biases, prompts, classifiers; the text tower is frozen."""
        branches = self.branches.branches if isinstance(self.branches, InvertedBranches) else self.branches
        return split_groups(self.named_parameters(), rates, visual=branches.tower.parameters())
