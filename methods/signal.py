"""Signal: selective interaction and global-local alignment (arXiv 2511.17965, AAAI 2026), as its release computes it.

Where the release does something that its text would not suggest, the release is followed, because its figures come from it:
the inter-modal selection is never trained, unselected tokens stay in the sequence as zeros, and the reference grid of the
local alignment is stretched.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.batch import Batch, BatchSpec
from benchmarks.common.errors import InputError
from benchmarks.common.settings import Settings

from .base import METHODS, LearningRates, Method, MethodSettings, ParameterGroup, split_groups
from .clip import Branches, check_backbone, load_clip
from .layers.attention import CrossAttention, FeedForward, check_heads
from .layers.heads import BNNeckHead, Supervised, separated, supervise
from .layers.losses import SupervisionSettings, at_least_float32
from .layers.masks import top_patches
from .pretrained import ARCHITECTURES, BackboneSettings


class SimSettings(Settings):
    """Selective Interaction Module."""

    enabled: bool = True
    keep_ratio: float = Field(0.625, gt=0, le=1)
    """Patches kept inside a modality, K / N: 80, 112 and 64 of 128 on RGBNT201, RGBNT100 and MSVR310."""
    heads: int = Field(8, ge=1)


class AlignmentSettings(Settings):
    """Global and Local Alignment Modules: losses, used in training alone."""

    gam: bool = True
    gam_weight: float = Field(0.2, ge=0)
    temperature: float = Field(0.07, gt=0)
    """Start of the learned temperature, by which volumes are divided."""
    lam: bool = True
    lam_weight: float = Field(0.2, ge=0)
    lam_stride: int = Field(4, ge=1)
    """Patches between reference points."""


class SignalSettings(MethodSettings):
    """Settings of Signal; the defaults are its RGBNT201 recipe."""

    backbone: BackboneSettings = BackboneSettings()
    supervision: SupervisionSettings = SupervisionSettings()
    direct: bool = True
    """One head on the class tokens side by side; otherwise one head for each modality (RGBNT100, MSVR310)."""
    sim: SimSettings = SimSettings()
    alignment: AlignmentSettings = AlignmentSettings()


class SelectiveInteraction(nn.Module):
    """SIM: choose patches by their own class token and by those of the other modalities, then attend to the chosen.

    Args:
        size: D.
        heads: heads of the attention.
        keep: K, patches kept inside each modality; each other modality's class token keeps 2 K more.
    """

    def __init__(self, size: int, heads: int, keep: int) -> None:
        super().__init__()
        self.keep = keep
        self.select_query = nn.Linear(size, size)
        self.select_key = nn.Linear(size, size)
        # Built, counted and saved by the release, used by nothing; the published size needs it.
        self.select_value = nn.Linear(size, size)
        self.attention = CrossAttention(size, heads)
        self.norm1 = nn.LayerNorm(size)
        self.norm2 = nn.LayerNorm(size)
        self.feed_forward = FeedForward(size, 2 * size)

    @torch.no_grad()
    def select(self, class_tokens: Tensor, patches: Tensor) -> Tensor:
        """Which patches are kept.

        Hard choices without a gradient: `select_query` and `select_key` keep their random start, as in the release.

        Args:
            class_tokens: (B, M, D).
            patches: (B, M, N, D).

        Returns:
            (B, M, N) bool: kept inside the modality or chosen by another modality's class token.
        """
        B, M, N, D = patches.shape
        intra = (patches @ class_tokens[..., None])[..., 0]
        kept = top_patches(intra, self.keep)
        scores = self.select_query(class_tokens) @ self.select_key(patches.flatten(1, 2)).transpose(1, 2)
        for m in range(M):
            others = [other for other in range(M) if other != m]
            of_others = scores[:, m].unflatten(-1, (M, N))[:, others].flatten(1)
            chosen = top_patches(of_others, min(2 * self.keep, (M - 1) * N)).unflatten(-1, (M - 1, N))
            kept = kept | torch.cat([chosen[:, :m], torch.zeros_like(chosen[:, :1]), chosen[:, m:]], dim=1)
        return kept

    def forward(self, class_tokens: Tensor, patches: Tensor) -> Tensor:
        """Interact.

        Args:
            class_tokens: (B, M, D): queries.
            patches: (B, M, N, D): keys and values where they are kept; the others stay in the sequence as zeros.

        Returns:
            (B, M, D).
        """
        kept = self.select(class_tokens, patches)
        sequence = (patches * kept[..., None]).flatten(1, 2)
        x = self.norm1(class_tokens + self.attention(class_tokens, sequence))
        return self.norm2(x + self.feed_forward(x))


class GlobalAlignment(nn.Module):
    """GAM: the volume that three modalities of one sample span shall be smaller than that across samples.

    Args:
        temperature: start of the learned temperature.
    """

    def __init__(self, temperature: float) -> None:
        super().__init__()
        self.temperature = nn.Parameter(torch.tensor(temperature))

    @staticmethod
    def volumes(features: Tensor) -> Tensor:
        """Volumes V (B, B) of features (B, 3, D): RGB of the row's sample, NIR and TIR of the column's.

        V = sqrt(|det G|), G the Gram matrix of the three normalised vectors.
        """
        r, n, t = F.normalize(features, dim=-1).unbind(dim=1)
        rn, rt, nt = r @ n.t(), r @ t.t(), (n * t).sum(dim=-1)[None, :]
        rr, nn_, tt = (r * r).sum(dim=-1)[:, None], (n * n).sum(dim=-1)[None, :], (t * t).sum(dim=-1)[None, :]
        determinant = rr * (nn_ * tt - nt * nt) - rn * (rn * tt - nt * rt) + rt * (rn * nt - nn_ * rt)
        # The root has no gradient at zero, where two modalities are the same image (both missing, say).
        return determinant.abs().clamp_min(1e-12).sqrt()

    def forward(self, features: Tensor) -> Tensor:
        """Contrastive loss over volumes; every sample is its own class, whatever its identity."""
        with torch.autocast(features.device.type, enabled=False):  # which would compute the products in half precision again
            logits = -self.volumes(at_least_float32(features)) / self.temperature
        target = torch.arange(len(logits), device=logits.device)
        rows = F.cross_entropy(logits, target, label_smoothing=0.1)
        return 0.5 * (rows + F.cross_entropy(logits.t(), target, label_smoothing=0.1))


class DeformableSampler(nn.Module):
    """Samples a patch map at learned places around a coarse grid (one modality of LAM).

    Args:
        size: D.
        stride: patches between reference points.
    """

    OFFSET_FACTOR = 2.0

    def __init__(self, size: int, stride: int) -> None:
        super().__init__()
        self.project = nn.Conv2d(size, size, 1)
        self.offset = nn.Sequential(
            nn.Conv2d(size, size, 1),
            nn.GELU(),
            nn.Conv2d(size, size, stride, stride=stride, groups=size),
            nn.GELU(),
            nn.Conv2d(size, 1, 1, bias=False),
        )

    def forward(self, patch_map: Tensor) -> Tensor:
        """Sample a map (B, D, h, w) at (h / stride, w / stride) places: (B, D, h / stride, w / stride)."""
        shift = torch.tanh(self.offset(self.project(patch_map)))[:, 0]
        rows, columns = shift.shape[1:]
        # Half-pixel centres divided by n - 1 and one offset for both axes, as in the release.
        y = 2 * (torch.arange(rows, device=shift.device, dtype=shift.dtype) + 0.5) / (rows - 1) - 1
        x = 2 * (torch.arange(columns, device=shift.device, dtype=shift.dtype) + 0.5) / (columns - 1) - 1
        y = y[:, None] + shift * self.OFFSET_FACTOR / (rows - 1)
        x = x[None, :] + shift * self.OFFSET_FACTOR / (columns - 1)
        places = torch.stack([x, y], dim=-1).clamp(-1, 1)
        return F.grid_sample(patch_map, places, mode="bilinear", padding_mode="zeros", align_corners=True)


class LocalAlignment(nn.Module):
    """LAM: what each modality samples around the same grid shall be alike.

    Args:
        size: D.
        modalities: M, three.
        stride: patches between reference points.
    """

    def __init__(self, size: int, modalities: int, stride: int) -> None:
        super().__init__()
        self.samplers = nn.ModuleList(DeformableSampler(size, stride) for _ in range(modalities))

    def forward(self, patch_maps: Tensor) -> Tensor:
        """Mean squared differences of the sampled maps, over pairs of modalities; patch maps (B, M, D, h, w)."""
        r, n, t = (sampler(patch_maps[:, m]) for m, sampler in enumerate(self.samplers))
        return (F.mse_loss(n, r) + F.mse_loss(t, r) + F.mse_loss(t, n)) / 3


def _check_grid(alignment: AlignmentSettings, rows: int, columns: int) -> None:
    side = min(rows, columns)
    if (alignment.gam or alignment.lam) and side // alignment.lam_stride < 2:
        remedy = f"lower it to {side // 2}" if side > 1 else "give larger images or switch gam and lam off"
        raise InputError(
            f"signal: a grid of {rows} x {columns} patches has fewer than 2 reference points a side at "
            f"alignment.lam_stride {alignment.lam_stride}; {remedy}"
        )


@METHODS.register("signal")
class Signal(Method):
    """Signal with its three modules as switches."""

    Config = SignalSettings

    @classmethod
    def check(cls, config: SignalSettings, spec: BatchSpec) -> None:
        """Image size, weights, heads and grid of reference points."""
        check_backbone(config.backbone, spec.image_size)
        architecture = ARCHITECTURES[config.backbone.architecture]
        if config.sim.enabled:
            check_heads(architecture.size, config.sim.heads)
        _check_grid(config.alignment, spec.image_size[0] // architecture.patch, spec.image_size[1] // architecture.patch)

    def __init__(self, config: SignalSettings, spec: BatchSpec) -> None:
        super().__init__(config, spec)
        tower = load_clip(config.backbone, spec.image_size).image
        D, M = tower.size, len(spec.modalities)
        self.branches = Branches(tower, spec)
        sizes = [M * D] if config.direct else [D] * M
        self.heads: Iterable[BNNeckHead] = nn.ModuleList(BNNeckHead(size, spec.identities) for size in sizes)  # type: ignore[assignment]
        self.test_feature = "class tokens"
        if config.sim.enabled:
            patches = self.branches.tower.grid[0] * self.branches.tower.grid[1]
            self.sim = SelectiveInteraction(D, config.sim.heads, max(1, round(config.sim.keep_ratio * patches)))
            self.sim_head = BNNeckHead(M * D, spec.identities)
            self.test_feature = "class tokens, SIM"
        alignment = config.alignment
        if alignment.gam or alignment.lam:  # the release builds both for either, and so counts both
            _check_grid(alignment, *tower.grid)
            self.gam = GlobalAlignment(alignment.temperature)
            self.lam = LocalAlignment(D, M, alignment.lam_stride)

    def losses(self, batch: Batch) -> dict[str, Tensor]:
        """Identity and triplet losses of class tokens and SIM, and the two alignment losses."""
        class_tokens, patches = self.branches(batch)
        classes = separated("class", class_tokens, self.spec.modalities, direct=self.config.direct)
        supervised: list[Supervised] = [(name, head, own) for head, (name, own) in zip(self.heads, classes, strict=True)]
        if self.config.sim.enabled:
            supervised.append(("sim", self.sim_head, self.sim(class_tokens, patches).flatten(1)))
        losses = supervise(supervised, batch.identity, self.config.supervision)
        alignment = self.config.alignment
        if alignment.gam:
            losses["gam"] = alignment.gam_weight * self.gam(patches.mean(dim=2))
        if alignment.lam:
            patch_maps = patches.transpose(2, 3).unflatten(-1, self.branches.tower.grid)
            losses["lam"] = alignment.lam_weight * self.lam(patch_maps)
        return losses

    def embed(self, batch: Batch) -> Tensor:
        """Class tokens and SIM's outputs side by side: (B, 6 D), or (B, 3 D) without SIM."""
        class_tokens, patches = self.branches(batch)
        features = [class_tokens.flatten(1)]
        if self.config.sim.enabled:
            features.append(self.sim(class_tokens, patches).flatten(1))
        return torch.cat(features, dim=1)

    def parameter_groups(self, rates: LearningRates) -> Sequence[ParameterGroup]:
        """Image tower, weights, biases, classifiers."""
        return split_groups(self.named_parameters(), rates, visual=self.branches.tower.parameters())
