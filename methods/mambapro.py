"""MambaPro: a frozen CLIP with residual prompts, parallel adapters and Mamba aggregation (AAAI 2025), as in its release.

The tower, shared by the modalities, learns nothing; in each of its blocks synergistic residual prompts (SRP) exchange what
modalities know and a parallel feed-forward adapter (PFA) bends the tokens. Mamba aggregation (MA) scans the patches of each
modality, then those of all.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.batch import Batch, BatchSpec
from benchmarks.common.settings import Settings

from .base import METHODS, LearningRates, Method, MethodSettings, ParameterGroup, split_groups
from .clip import Branches, check_backbone, load_clip
from .layers.heads import BNNeckHead, Supervised, separated, supervise
from .layers.losses import SupervisionSettings
from .layers.reduction import QuickGELU, Reduce
from .layers.scan import selective_scan
from .pretrained import BackboneSettings


class PfaSettings(Settings):
    """Parallel FFN adapters."""

    enabled: bool = True
    depth: float = Field(1.0, gt=0, le=1)
    """Share of the tower's blocks, counted from the last one, that have an adapter."""


class SrpSettings(PfaSettings):
    """Synergistic residual prompts; `depth` is the share of the blocks, counted from the last one, that have prompts."""

    length: int = Field(4, ge=1)
    """Prompt tokens of each modality."""


class MaSettings(Settings):
    """Mamba aggregation."""

    enabled: bool = True
    layers: int = Field(2, ge=1)
    states: int = Field(16, ge=1)
    """N, numbers of the state that each channel has."""


class MambaProSettings(MethodSettings):
    """Settings of MambaPro; the defaults are its RGBNT201 recipe."""

    backbone: BackboneSettings = BackboneSettings()
    supervision: SupervisionSettings = SupervisionSettings()
    frozen: bool = True
    """Whether the tower itself learns nothing; otherwise the paper gives it a rate of its own, 5e-6."""
    direct: bool = True
    """One head on the class tokens side by side; otherwise one that the modalities share (RGBNT100, MSVR310)."""
    srp: SrpSettings = SrpSettings()
    pfa: PfaSettings = PfaSettings()
    ma: MaSettings = MaSettings()


class Bottleneck(nn.Sequential):
    """Linear, QuickGELU, Linear; weights drawn around zero, biases at zero."""

    def __init__(self, size: int, hidden: int) -> None:
        super().__init__(nn.Linear(size, hidden), QuickGELU(), nn.Linear(hidden, size))
        _initialise(self)


def _initialise(module: nn.Module) -> None:
    """The release draws every new linear layer alike, the step sizes of the scan as well, which Mamba starts otherwise."""
    for layer in module.modules():
        if isinstance(layer, nn.Linear):
            nn.init.trunc_normal_(layer.weight, std=0.02)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


class ResidualPrompts(nn.Module):
    """SRP of one block: prompts of each modality, which the other streams take over through a network of their source.

    Args:
        size: D of the tower.
        modalities: M.
        length: k, prompts of each modality.
    """

    def __init__(self, size: int, modalities: int, length: int) -> None:
        super().__init__()
        self.prompts = nn.Parameter(torch.zeros(modalities, length, size))
        self.cross = nn.ModuleList(Bottleneck(size, size // 2) for _ in range(modalities))
        # In the first block nothing comes from a block before: dead weights there, which the published size needs.
        self.residual = Bottleneck(size, size // 2)

    def forward(self, samples: int, last: Tensor | None) -> Tensor:
        """Prompts of each stream, the groups in the order of modalities.

        Args:
            samples: B.
            last: (B, M, k, D): what the block before made of each stream's prompts; None in the first block.

        Returns:
            (B, M, M * k, D).
        """
        own = self.prompts.expand(samples, -1, -1, -1)
        if last is not None:
            own = last + self.residual(last) + own
        streams = []
        for stream in range(len(self.cross)):
            groups = [
                # Each stream asks for itself, though all get the same: so the published cost counts it.
                own[:, source] if source == stream else (prompts + cross(prompts)).expand(samples, -1, -1)
                for source, (prompts, cross) in enumerate(zip(self.prompts, self.cross, strict=True))
            ]
            streams.append(torch.cat(groups, dim=1))
        return torch.stack(streams, dim=1)


class PromptedTransformer(nn.Module):
    """The blocks of an image tower with prompts and adapters in the last of them; takes the place of its transformer.

    Args:
        blocks: open_clip's residual attention blocks.
        size: D of the tower.
        modalities: M; rows come as all modalities of the first sample, then those of the next.
        srp: prompts.
        pfa: adapters.
    """

    def __init__(self, blocks: Iterable[Any], size: int, modalities: int, srp: SrpSettings, pfa: PfaSettings) -> None:
        super().__init__()
        self.resblocks: Sequence[Any] = nn.ModuleList(blocks)  # type: ignore[assignment]
        self.modalities = modalities
        self.srp = nn.ModuleList(ResidualPrompts(size, modalities, srp.length) for _ in range(_count(srp, len(self.resblocks))))
        self.pfa = nn.ModuleList(Bottleneck(size, 2 * size) for _ in range(_count(pfa, len(self.resblocks))))

    def forward(self, x: Tensor) -> Tensor:
        """Tokens (B * M, L, D) to tokens (B * M, L, D); prompts live inside of a block alone."""
        L, last = x.shape[1], None
        for place, block in enumerate(self.resblocks):
            srp, pfa = (_of_block(parts, place - len(self.resblocks)) for parts in (self.srp, self.pfa))
            if srp is not None:
                x = torch.cat([x, srp(len(x) // self.modalities, last).flatten(0, 1)], dim=1)
            x = x + block.ls_1(block.attention(block.ln_1(x)))
            y = x + block.ls_2(block.mlp(block.ln_2(x)))
            x = y if pfa is None else y + pfa(x)
            if srp is not None:
                groups = x[:, L:].unflatten(1, (self.modalities, -1))
                x, last = x[:, :L], groups.mean(dim=1).unflatten(0, (-1, self.modalities))
        return x


def _count(settings: PfaSettings, blocks: int) -> int:
    return max(1, round(settings.depth * blocks)) if settings.enabled else 0


def _of_block(parts: nn.ModuleList, from_end: int) -> nn.Module | None:
    """The part of a block, which is counted from the end by negative numbers; the first blocks may have none."""
    return parts[from_end] if -from_end <= len(parts) else None


class StateSpace(nn.Module):
    """Coefficients of a selective scan, drawn from its input, and the norm after it.

    Args:
        channels: of the sequence.
        states: N of each channel.
    """

    def __init__(self, channels: int, states: int) -> None:
        super().__init__()
        self.states, self.rank = states, math.ceil(channels / 32)
        self.project = nn.Linear(channels, self.rank + 2 * states, bias=False)
        self.step = nn.Linear(self.rank, channels)
        self.log_rates = nn.Parameter(torch.log(torch.arange(1.0, states + 1)).repeat(channels, 1))
        self.skip = nn.Parameter(torch.ones(channels))
        self.norm = nn.LayerNorm(channels)

    def coefficients(self, u: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Step sizes (B, L, channels), and B and C (B, L, N) of a sequence (B, L, channels)."""
        step, B, C = self.project(u).split([self.rank, self.states, self.states], dim=-1)
        return F.softplus(self.step(step)), B, C


def scan_each(units: Iterable[StateSpace], u: Tensor) -> Tensor:
    """Scan sequences (B, G, L, channels), each by a unit of its own and all in one pass: (B, G, L, channels)."""
    units = list(units)
    coefficients = [unit.coefficients(u[:, g]) for g, unit in enumerate(units)]
    delta, B, C = (torch.stack(each, dim=1) for each in zip(*coefficients, strict=True))
    A = -torch.exp(torch.stack([unit.log_rates for unit in units]))
    y = selective_scan(u, delta, A, B, C, torch.stack([unit.skip for unit in units]))
    return torch.stack([unit.norm(y[:, g]) for g, unit in enumerate(units)], dim=1)


class MambaStep(nn.Module):
    """Half a layer of MA: patches scanned within their modality, or all in one sequence.

    Args:
        size: D.
        modalities: M.
        states: N of each channel.
        grid: rows and columns of patches.
        joint: whether the modalities follow each other in one sequence.
    """

    def __init__(self, size: int, modalities: int, states: int, grid: tuple[int, int], *, joint: bool) -> None:
        super().__init__()
        channels = 2 * size
        self.grid, self.joint = grid, joint
        self.inputs = nn.ModuleList(nn.Linear(size, 2 * channels, bias=False) for _ in range(modalities))
        self.convolutions = nn.ModuleList(
            nn.Sequential(nn.Conv2d(channels, channels, 3, padding=1, groups=channels), nn.BatchNorm2d(channels), nn.SiLU())
            for _ in range(modalities)
        )
        self.units: Iterable[StateSpace] = nn.ModuleList(  # type: ignore[assignment]
            StateSpace(channels, states) for _ in range(1 if joint else modalities)
        )
        self.output = nn.Linear(channels, size, bias=False)

    def forward(self, patches: Tensor) -> Tensor:
        """Patches (B, M, N, D) to patches (B, M, N, D)."""
        sequences, gates = [], []
        for m, (project, convolve) in enumerate(zip(self.inputs, self.convolutions, strict=True)):
            u, gate = project(patches[:, m]).chunk(2, dim=-1)
            sequences.append(convolve(u.transpose(1, 2).unflatten(-1, self.grid)).flatten(2).transpose(1, 2))
            gates.append(gate)
        u = torch.cat(sequences, dim=1)[:, None] if self.joint else torch.stack(sequences, dim=1)
        y = scan_each(self.units, u).reshape(len(u), len(sequences), -1, u.shape[-1])
        return patches + self.output(y * F.silu(torch.stack(gates, dim=1)))


class MambaAggregation(nn.Module):
    """MA: layers of a step within modalities and one across them, then class token and mean patch to one feature each.

    Args:
        size: D.
        modalities: M.
        grid: rows and columns of patches.
        settings: layers and states.
    """

    def __init__(self, size: int, modalities: int, grid: tuple[int, int], settings: MaSettings) -> None:
        super().__init__()
        self.steps = nn.Sequential(
            *(
                MambaStep(size, modalities, settings.states, grid, joint=joint)
                for _ in range(settings.layers)
                for joint in (False, True)
            )
        )
        self.reduce = nn.ModuleList(Reduce(size, activation=False) for _ in range(modalities))
        _initialise(self)

    def forward(self, class_tokens: Tensor, patches: Tensor) -> Tensor:
        """Class tokens (B, M, D), which pass it by, and patches (B, M, N, D) to features (B, M * D)."""
        patches = self.steps(patches)
        return torch.cat([reduce(class_tokens[:, m], patches[:, m]) for m, reduce in enumerate(self.reduce)], dim=1)


@METHODS.register("mambapro")
class MambaPro(Method):
    """MambaPro with its three modules as switches."""

    Config = MambaProSettings

    @classmethod
    def check(cls, config: MambaProSettings, spec: BatchSpec) -> None:
        """Image size and weights."""
        check_backbone(config.backbone, spec.image_size)

    def __init__(self, config: MambaProSettings, spec: BatchSpec) -> None:
        super().__init__(config, spec)
        tower = load_clip(config.backbone, spec.image_size).image
        D, M, visual = tower.size, len(spec.modalities), tower.visual
        visual.requires_grad_(not config.frozen)
        visual.transformer = PromptedTransformer(visual.transformer.resblocks, tower.width, M, config.srp, config.pfa)
        self.branches = Branches(tower, spec)
        # The release builds both heads of the class tokens and trains the one that `direct` names; its size counts both.
        self.direct_head = BNNeckHead(M * D, spec.identities)
        self.modality_head = BNNeckHead(D, spec.identities)
        self.test_feature = "class tokens"
        if config.ma.enabled:
            self.ma = MambaAggregation(D, M, tower.grid, config.ma)
            self.ma_head = BNNeckHead(M * D, spec.identities)
            self.test_feature = "MA"

    def losses(self, batch: Batch) -> dict[str, Tensor]:
        """Identity and triplet losses of the class tokens and of MA."""
        class_tokens, patches = self.branches(batch)
        classes = separated("class", class_tokens, self.spec.modalities, direct=self.config.direct)
        head = self.direct_head if self.config.direct else self.modality_head
        supervised: list[Supervised] = [(name, head, own) for name, own in classes]
        if self.config.ma.enabled:
            supervised.append(("ma", self.ma_head, self.ma(class_tokens, patches)))
        return supervise(supervised, batch.identity, self.config.supervision)

    def embed(self, batch: Batch) -> Tensor:
        """Features of MA (B, M * D), or the class tokens side by side without it."""
        class_tokens, patches = self.branches(batch)
        return self.ma(class_tokens, patches) if self.config.ma.enabled else class_tokens.flatten(1)

    def parameter_groups(self, rates: LearningRates) -> Sequence[ParameterGroup]:
        """Image tower, where it is not frozen; weights, biases, prompts, classifiers."""
        tower = self.branches.tower.visual
        added = {id(parameter) for parts in (tower.transformer.srp, tower.transformer.pfa) for parameter in parts.parameters()}
        visual = [parameter for parameter in tower.parameters() if id(parameter) not in added]
        return split_groups(self.named_parameters(), rates, visual=visual)
