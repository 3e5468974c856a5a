"""TransReID (ICCV 2021, release dec5504): a ViT with an embedding of the camera (SIE) and a jigsaw patch module (JPM).

It is a method for one modality. In tables of several it stands as one whole copy for each of them, trained side by side,
their test features in a row: that reading, which no paper spells out, is the default here (EDITOR's table gives it the size
of three copies).
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from typing import Any, cast

import torch
from pydantic import Field
from torch import Tensor, nn

from benchmarks.batch import MODALITIES, Batch, BatchSpec
from benchmarks.common.errors import InputError
from benchmarks.common.settings import FilePath, Settings

from .base import METHODS, LearningRates, Method, MethodSettings, Modalities, ParameterGroup, places_of, split_groups
from .layers.heads import BNNeckHead
from .layers.losses import PlainSupervisionSettings, cross_entropy
from .vit import VitSettings, VitTower, check_vit, load_vits, patch_grid


class TransReIDBackbone(VitSettings):
    """The ViT, with the weights of the release."""

    weights: FilePath = "orig_in21k_ft_in1k"
    """A tag of timm, the path of a file, `shipped` (the image towers of the small CLIPs) or `random`."""


class TransReIDSupervisionSettings(PlainSupervisionSettings):
    """The same with the soft margin."""

    margin: float | None = Field(None, ge=0)


class JpmSettings(Settings):
    """Jigsaw patch module."""

    enabled: bool = True
    shift: int = Field(5, ge=1)
    """The patch that comes first after the shift, counted from 1; 8 on the vehicle benchmarks of the release."""
    groups: int = Field(4, ge=1)
    """Parts into which the patches are cut, each with a local feature of its own."""
    rearrange: bool = True
    """Whether patches are shifted and shuffled before they are cut."""
    weight: float = Field(0.5, ge=0, le=1)
    """Share of the local features in the loss; the global feature has the rest."""


class TransReIDSettings(MethodSettings):
    """Settings of TransReID; SIE is `backbone.camera_factor`, overlapping patches (TransReID*) are `backbone.overlap`."""

    backbone: TransReIDBackbone = TransReIDBackbone()
    supervision: TransReIDSupervisionSettings = TransReIDSupervisionSettings()
    jpm: JpmSettings = JpmSettings()
    modalities: Modalities = MODALITIES
    """Which modalities are used, one whole TransReID each; a single one is the method as it was published."""


def rearranged(patches: Tensor, shift: int) -> Tensor:
    """Patches in the order of the jigsaw.

    They are shifted, so that patch `shift` (from 1) comes first, and shuffled: from each half in turn. Of an odd number, the
    last but one is repeated at the end, so that there are halves.

    Args:
        patches: (n, N, D).
        shift: 1 for none.

    Returns:
        (n, N, D) or, for an odd N, (n, N + 1, D).
    """
    shifted = patches.roll(1 - shift, dims=1)
    if shifted.shape[1] % 2:
        shifted = torch.cat([shifted, shifted[:, -2:][:, :1]], dim=1)
    return shifted.unflatten(1, (2, -1)).transpose(1, 2).flatten(1, 2)


class LastBlock(nn.Module):
    """A copy of the last block and the final norm of a ViT, of which the class token is the feature.

    Args:
        tower: whose weights it starts from.
    """

    def __init__(self, tower: VitTower) -> None:
        super().__init__()
        self.block = copy.deepcopy(tower.vit.blocks[-1])
        self.norm = copy.deepcopy(tower.vit.norm)

    def forward(self, tokens: Tensor) -> Tensor:
        """Tokens (n, L, D), class token first, to features (n, D)."""
        return self.norm(self.block(tokens))[:, 0]


class JigsawPatches(nn.Module):
    """JPM: a global feature of all patches and a local one of each group of them, by copies of the ViT's last block.

    Args:
        tower: with its pretrained weights; its own last block and norm are then used by nothing.
        settings: of the module.
    """

    def __init__(self, tower: VitTower, settings: JpmSettings) -> None:
        super().__init__()
        self.settings = settings
        self.whole = LastBlock(tower)
        self.part = LastBlock(tower)  # one for all groups

    def forward(self, tokens: Tensor) -> list[Tensor]:
        """Features (n, D), the global one first, of tokens (n, 1 + N, D) that enter the last block."""
        first, patches = tokens[:, :1], tokens[:, 1:]
        size = patches.shape[1] // self.settings.groups
        if self.settings.rearrange:
            patches = rearranged(patches, self.settings.shift)
        groups = [patches[:, g * size : (g + 1) * size] for g in range(self.settings.groups)]
        return [self.whole(tokens), *(self.part(torch.cat([first, group], dim=1)) for group in groups)]


class Branch(nn.Module):
    """TransReID of one modality.

    Args:
        tower: the ViT.
        config: of the method.
        identities: number of classes.
    """

    def __init__(self, tower: VitTower, config: TransReIDSettings, identities: int) -> None:
        super().__init__()
        self.tower = tower
        self.config = config
        self.jpm = JigsawPatches(tower, config.jpm) if config.jpm.enabled else None
        count = 1 + config.jpm.groups if config.jpm.enabled else 1
        self.heads = nn.ModuleList(BNNeckHead(tower.width, identities) for _ in range(count))

    def forward(self, images: Tensor, camera: Tensor) -> list[Tensor]:
        """Features (n, D) of images (n, 3, H, W) with cameras (n,): the global one and, with JPM, the local ones."""
        if self.jpm is None:
            return [self.tower(images, camera)[:, 0]]
        return self.jpm(self.tower.encode(images, camera, depth=self.tower.depth - 1))

    def losses(self, features: list[Tensor], identity: Tensor) -> dict[str, Tensor]:
        """Identity and triplet loss of features (n, D): the global one's and the mean of the local ones', by their shares."""
        settings, share = self.config.supervision, self.config.jpm.weight
        each = [
            cross_entropy(head(f), identity, settings.label_smoothing) for head, f in zip(self.heads, features, strict=True)
        ]
        triplets = [settings.triplet(f, identity) for f in features]
        return {
            "id": settings.id_weight * _shared(each, share),
            "triplet": settings.triplet_weight * _shared(triplets, share),
        }

    def embed(self, images: Tensor, camera: Tensor) -> Tensor:
        """(n, D), or (n, (1 + groups) D): the global feature, then the local ones, each divided by their number."""
        first, *parts = self(images, camera)
        return torch.cat([first, *(part / len(parts) for part in parts)], dim=1)

    def pretrained(self) -> Iterator[nn.Parameter]:
        """Parameters that start from the weight file: the ViT's and those of JPM's copies."""
        yield from self.tower.vit.parameters()
        if self.jpm is not None:
            yield from self.jpm.parameters()


def _shared(losses: list[Tensor], share: float) -> Tensor:
    """The first of some losses and, if there are others, their mean at its share."""
    first, *others = losses
    return (1 - share) * first + share * torch.stack(others).mean() if others else first


@METHODS.register("transreid")
class TransReID(Method):
    """TransReID, a whole one for each modality."""

    Config = TransReIDSettings

    @classmethod
    def check(cls, config: TransReIDSettings, spec: BatchSpec) -> None:
        """Modalities, image size, weights, and a patch for each group."""
        places_of(config.modalities, spec)
        check_vit(config.backbone, spec.image_size)
        rows, columns = patch_grid(config.backbone, spec.image_size)
        if config.jpm.enabled and config.jpm.groups > rows * columns:
            raise InputError(f"transreid: {rows * columns} patches are fewer than jpm.groups {config.jpm.groups}")

    def __init__(self, config: TransReIDSettings, spec: BatchSpec) -> None:
        super().__init__(config, spec)
        chosen = config.modalities
        self.places = places_of(chosen, spec)
        towers = load_vits(config.backbone, spec, len(chosen))
        self.branches = nn.ModuleDict(
            {name: Branch(tower, config, spec.identities) for name, tower in zip(chosen, towers, strict=True)}
        )
        parts = "class tokens, JPM parts" if config.jpm.enabled else "class tokens"
        self.test_feature = parts if chosen == spec.modalities else f"{parts} of {'+'.join(chosen)}"

    def _each(self) -> Iterator[tuple[str, int, Branch]]:
        """Name, place in a batch and branch of each modality."""
        for place, (name, branch) in zip(self.places, self.branches.items(), strict=True):
            yield name, place, cast(Branch, branch)

    def losses(self, batch: Batch) -> dict[str, Tensor]:
        """Identity and triplet loss of each modality."""
        losses: dict[str, Tensor] = {}
        for name, place, branch in self._each():
            own = branch.losses(branch(batch.images[:, place], batch.camera), batch.identity)
            losses |= {f"{kind}_{name}": value for kind, value in own.items()}
        return losses

    def embed(self, batch: Batch) -> Tensor:
        """Features of the modalities side by side: (B, 5 M D), or (B, M D) without JPM."""
        return torch.cat([branch.embed(batch.images[:, place], batch.camera) for _, place, branch in self._each()], dim=1)

    def parameter_groups(self, rates: LearningRates) -> Sequence[ParameterGroup]:
        """Image towers, weights, biases, classifiers."""
        visual: list[Any] = [parameter for _, _, branch in self._each() for parameter in branch.pretrained()]
        return split_groups(self.named_parameters(), rates, visual=visual)
