"""ICPL-ReID: identity-conditional prompt learning (IEEE TMM 28, pp. 599-613), as its release 47c3d12 computes it.

A frozen CLIP with an adapter in every block sees each modality. In training it is drawn to prototypes of the identities (a
memory of features) and to learned prompts, one of each identity, which a frozen text tower encodes; the prompts in turn
follow the prototypes. At test nothing is left of text and memory.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.batch import Batch, BatchSpec
from benchmarks.common.settings import Settings

from .base import METHODS, LearningRates, Method, MethodSettings, ParameterGroup, split_groups
from .clip import ImageTower, check_backbone, load_clip
from .layers.heads import BNNeckHead
from .layers.losses import PlainSupervisionSettings, at_least_float32, cross_entropy
from .pretrained import BackboneSettings
from .text import TextTower


class AdapterSettings(Settings):
    """Multi-spectral adapters, one beside the MLP of every block."""

    enabled: bool = True
    """Without them only the last norm and the projection of the image tower are trained."""
    scale: float = Field(1.0, ge=0)
    """By which they are multiplied; 0.5 on MSVR310."""
    hidden_ratio: float = Field(1.0, gt=0)
    """Their hidden width over that of the tower."""
    dropout: float = Field(0.1, ge=0, lt=1)


class PrototypeSettings(Settings):
    """The memory: a prototype of each identity in each modality, made anew before every epoch."""

    enabled: bool = True
    """The loss between images and prototypes; prompts follow the prototypes with or without it."""
    temperature: float = Field(0.05, gt=0)
    momentum: float = Field(0.1, ge=0, le=1)
    """What is left of a prototype after a sample of its identity."""
    plain_epochs: int = Field(3, ge=0)
    """Epochs at first for which prototypes are made without the adapters, by CLIP as it was."""


class PromptSettings(Settings):
    """Learned prompts: "A photo of a [X][X][X][X] person.", with vectors [X] of each identity."""

    enabled: bool = True
    length: int = Field(4, ge=1)
    """Learned vectors of a prompt."""
    weight: float = Field(1.0, ge=0)
    """Of the contrast between prototypes and prompts."""


class StageSettings(Settings):
    """Weights of the two losses that draw images to an identity; they change places in the course of training."""

    prototypes: float = Field(0.9, ge=0)
    """Of images to prototypes, at first; then of images to prompts."""
    prompts: float = Field(0.1, ge=0)
    """Of images to prompts, at first; then of images to prototypes."""
    swap_after: int | None = Field(20, ge=0)
    """The last epoch before the change; None for no change."""


class IcplSettings(MethodSettings):
    """Settings of ICPL-ReID; the defaults are its RGBNT201 recipe."""

    backbone: BackboneSettings = BackboneSettings()
    supervision: PlainSupervisionSettings = PlainSupervisionSettings()
    shared: bool = False
    """One model for all modalities (MSVR310) in the place of one for each."""
    modality_weight: float = Field(0.33, gt=0)
    """Of the losses of each modality."""
    adapters: AdapterSettings = AdapterSettings()
    prototypes: PrototypeSettings = PrototypeSettings()
    prompts: PromptSettings = PromptSettings()
    stages: StageSettings = StageSettings()
    feature: Literal["before_neck", "after_neck"] = "before_neck"
    """The release reports both and chooses its epoch by the former."""


class Adapter(nn.Sequential):
    """Linear, ReLU, dropout, Linear; nothing at the start, so that training begins with CLIP.

    Args:
        size: of input and output.
        hidden: width in between.
        dropout: probability.
    """

    def __init__(self, size: int, hidden: int, dropout: float) -> None:
        first, second = nn.Linear(size, hidden), nn.Linear(hidden, size)
        nn.init.kaiming_uniform_(first.weight, a=math.sqrt(5))
        for zero in (first.bias, second.weight, second.bias):
            nn.init.zeros_(zero)
        super().__init__(first, nn.ReLU(), nn.Dropout(dropout), second)


class Features(NamedTuple):
    """Class tokens of an image."""

    early: Tensor
    """(..., width) after the last block but one, not normalised."""
    last: Tensor
    """(..., width) after the last block and the last norm."""
    projected: Tensor
    """(..., D) the same in the space of texts."""


class AdaptedTower(nn.Module):
    """A frozen image tower with adapters; its last norm and its projection are trained.

    x + MLP(LN2(x)) + s * Adapter(x), where x is the stream after the attention of a block, not normalised.

    Args:
        tower: is frozen here.
        settings: of the adapters.
    """

    def __init__(self, tower: ImageTower, settings: AdapterSettings) -> None:
        super().__init__()
        self.tower = tower.requires_grad_(False)
        for parameter in self.pretrained():
            parameter.requires_grad_(True)
        hidden = max(1, round(settings.hidden_ratio * tower.width))
        depth = len(tower.visual.transformer.resblocks) if settings.enabled else 0
        self.adapters = nn.ModuleList(Adapter(tower.width, hidden, settings.dropout) for _ in range(depth))
        self.scale = settings.scale

    def pretrained(self) -> list[nn.Parameter]:
        """What is trained of the tower itself."""
        return [*self.tower.visual.ln_post.parameters(), self.tower.visual.proj]

    def forward(self, images: Tensor, *, adapted: bool = True) -> Features:
        """Class tokens (n, ...) of images (n, 3, H, W); `adapted` False leaves the adapters out."""
        visual = self.tower.visual
        x = before = self.tower.stem(images)
        for number, block in enumerate(visual.transformer.resblocks):
            before = x
            x = x + block.attention(block.ln_1(x))
            plain = x + block.mlp(block.ln_2(x))
            x = plain + self.scale * self.adapters[number](x) if self.adapters and adapted else plain
        last = visual.ln_post(x)
        projected = last @ visual.proj  # all tokens, which the published cost counts
        return Features(before[:, 0], last[:, 0], projected[:, 0])


class IdentityPrompts(nn.Module):
    """Texts with learned words, other ones for each identity.

    Args:
        text: the text tower, which encodes them and stays outside.
        identities: C.
        length: learned words of a text.
        shown: what the images show.
    """

    def __init__(self, text: TextTower, identities: int, length: int, shown: str) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.empty(identities, length, text.positional_embedding.shape[1]))
        nn.init.normal_(self.table, std=0.02)
        tokenizer = text.tokenizer
        before = [tokenizer.sot_token_id, *tokenizer.encode("A photo of a")]
        after = [*tokenizer.encode(f"{shown}."), tokenizer.eot_token_id]
        self.register_buffer("before", torch.tensor(before), persistent=False)
        self.register_buffer("after", torch.tensor(after), persistent=False)
        self.before: Tensor
        self.after: Tensor

    def forward(self, text: TextTower, identity: Tensor) -> Tensor:
        """Features (n, D) of identities (n,), not normalised."""
        before, after = (text.embed(part[None]).expand(len(identity), -1, -1) for part in (self.before, self.after))
        return text.encode(torch.cat([before, self.table[identity], after], dim=1))[:, -1]  # where the text ends


class ModalityModel(nn.Module):
    """What a modality has for itself, or all of them share: adapted tower, heads, prompts.

    Args:
        tower: the image tower, which is this model's own.
        text: the frozen text tower; None without prompts.
        config: settings.
        spec: identities and what the images show.
    """

    def __init__(self, tower: ImageTower, text: TextTower | None, config: IcplSettings, spec: BatchSpec) -> None:
        super().__init__()
        self.encoder = AdaptedTower(tower, config.adapters)
        self.head = BNNeckHead(tower.width, spec.identities)
        self.projected_head = BNNeckHead(tower.size, spec.identities)
        if text is not None:
            self.prompts = IdentityPrompts(text, spec.identities, config.prompts.length, spec.object)

    def supervised(self, features: Features, identity: Tensor, settings: PlainSupervisionSettings) -> dict[str, Tensor]:
        """Identity losses of both heads, triplet losses of all three features (B, ...), weighted."""
        logits = self.head(features.last), self.projected_head(features.projected)
        classified = [cross_entropy(each, identity, settings.label_smoothing) for each in logits]
        apart = [settings.triplet(each, identity) for each in features]
        return {
            "id": settings.id_weight * torch.stack(classified).sum(),
            "triplet": settings.triplet_weight * torch.stack(apart).sum(),
        }

    def embed(self, features: Features, *, necks: bool) -> Tensor:
        """Both last features side by side (B, width + D), after their necks or before."""
        if necks:
            return torch.cat([self.head.neck(features.last), self.projected_head.neck(features.projected)], dim=-1)
        return torch.cat([features.last, features.projected], dim=-1)


def prototype_loss(features: Tensor, prototypes: Tensor, identity: Tensor, temperature: float) -> Tensor:
    """Cross-entropy of the cosines between features (B, W) and the prototypes (C, W) of all identities (image to prototype)."""
    with torch.autocast(features.device.type, enabled=False):
        cosines = F.normalize(at_least_float32(features), dim=-1) @ prototypes.t()
    return F.cross_entropy(cosines / temperature, identity)


def updated_prototypes(prototypes: Tensor, features: Tensor, identity: Tensor, momentum: float) -> Tensor:
    """Prototypes after the samples of a batch, one after another: m p + (1 - m) x, brought back to length one.

    Args:
        prototypes: (M, C, W) of length one, or zeros where nothing is known yet.
        features: (B, M, W).
        identity: (B,) in [0, C).
        momentum: m.
    """
    prototypes = prototypes.clone()
    samples = F.normalize(features.detach().to(prototypes.dtype), dim=-1)
    for sample, place in zip(samples, identity.tolist(), strict=True):
        prototypes[:, place] = F.normalize(momentum * prototypes[:, place] + (1 - momentum) * sample, dim=-1)
    return prototypes


def mutual_contrast(first: Tensor, second: Tensor) -> Tensor:
    """Cross-entropy over dot products of two sets (n, D) that stand row by row for the same identities, in both directions."""
    with torch.autocast(first.device.type, enabled=False):
        scores = at_least_float32(first) @ at_least_float32(second).t()
    target = torch.arange(len(scores), device=scores.device)
    return F.cross_entropy(scores, target) + F.cross_entropy(scores.t(), target)


def prompt_loss(features: Tensor, texts: Tensor, identity: Tensor) -> Tensor:
    """Cross-entropy over dot products of features (B, D) and the texts (C, D) of all identities (image to text)."""
    with torch.autocast(features.device.type, enabled=False):
        scores = at_least_float32(features) @ at_least_float32(texts).t()
    return F.cross_entropy(scores, identity)


@METHODS.register("icpl")
class Icpl(Method):
    """ICPL-ReID: frozen CLIP with adapters, drawn to prototypes and learned prompts of the identities."""

    Config = IcplSettings

    @classmethod
    def check(cls, config: IcplSettings, spec: BatchSpec) -> None:
        """Image size and weights."""
        check_backbone(config.backbone, spec.image_size)

    def __init__(self, config: IcplSettings, spec: BatchSpec) -> None:
        super().__init__(config, spec)
        clip = load_clip(config.backbone, spec.image_size)
        M = 1 if config.shared else len(spec.modalities)
        towers = [clip.image, *(copy.deepcopy(clip.image) for _ in range(M - 1))]
        self.text = clip.text if config.prompts.enabled else None
        self.models: Sequence[ModalityModel] = nn.ModuleList(  # type: ignore[assignment]
            ModalityModel(tower, self.text, config, spec) for tower in towers
        )
        # Made anew before every epoch, and so no part of a state; zeros say nothing of an identity.
        self.register_buffer("memory", torch.zeros(len(spec.modalities), spec.identities, clip.image.width), persistent=False)
        self.memory: Tensor
        self.epoch = 1
        self.test_feature = "class tokens and their projections"
        if config.feature == "after_neck":
            self.test_feature += ", after the necks"

    @property
    def _remembers(self) -> bool:
        return self.config.prototypes.enabled or self.config.prompts.enabled

    def _model(self, m: int) -> ModalityModel:
        return self.models[m % len(self.models)]

    def encode(self, batch: Batch, *, adapted: bool = True) -> Features:
        """Class tokens (B, M, ...) of a batch; `adapted` False leaves the adapters out."""
        B, M = batch.images.shape[:2]
        if len(self.models) < M:
            together = self.models[0].encoder(batch.images.flatten(0, 1), adapted=adapted)
            return Features(*(values.unflatten(0, (B, M)) for values in together))
        apart = [model.encoder(batch.images[:, m], adapted=adapted) for m, model in enumerate(self.models)]
        return Features(*(torch.stack(values, dim=1) for values in zip(*apart, strict=True)))

    @torch.no_grad()
    def on_epoch(self, epoch: int, training_set: Iterable[Batch]) -> None:
        """Make the prototypes: the mean feature of each identity in each modality, of length one.

        As in the release the adapters drop out meanwhile, and the first epochs leave them out altogether.
        """
        self.epoch = epoch
        if not self._remembers:
            return
        self.train()
        sums = torch.zeros_like(self.memory)
        for batch in training_set:
            last = self.encode(batch, adapted=epoch > self.config.prototypes.plain_epochs).last
            sums.index_add_(1, batch.identity, last.transpose(0, 1).to(sums.dtype))
        self.memory = F.normalize(sums, dim=-1)

    def _stage(self) -> tuple[float, float]:
        """Weights of image to prototype and of image to prompt in this epoch."""
        stages = self.config.stages
        weights = stages.prototypes, stages.prompts
        swapped = stages.swap_after is not None and self.epoch > stages.swap_after
        return weights[::-1] if swapped else weights

    def losses(self, batch: Batch) -> dict[str, Tensor]:
        """Of each modality: identities and triplets, image to prototype, prototype to prompt and back, image to prompt."""
        features, identity = self.encode(batch), batch.identity
        losses: dict[str, Tensor] = {}
        for m, name in enumerate(self.spec.modalities):
            of_modality = Features(*(values[:, m] for values in features))
            own = self._model(m).supervised(of_modality, identity, self.config.supervision)
            if self.config.prototypes.enabled:
                temperature = self.config.prototypes.temperature
                own["prototype"] = self._stage()[0] * prototype_loss(of_modality.last, self.memory[m], identity, temperature)
            losses |= {f"{kind}_{name}": self.config.modality_weight * value for kind, value in own.items()}
        if self.config.prompts.enabled:
            losses |= self._prompt_losses(features.projected, identity)
        if self._remembers:  # after all that reads it: the release updates in its backward pass
            self.memory = updated_prototypes(self.memory, features.last, identity, self.config.prototypes.momentum)
        return losses

    def _prompt_losses(self, projected: Tensor, identity: Tensor) -> dict[str, Tensor]:
        """Contrast of prompts and prototypes, which teaches the prompts alone; image to prompt, which teaches the images."""
        seen, every = identity.unique(), torch.arange(self.spec.identities, device=identity.device)
        texts = [self._texts(model, seen, every) for model in self.models]
        losses: dict[str, Tensor] = {}
        for m, name in enumerate(self.spec.modalities):
            learned, fixed = texts[m % len(texts)]
            contrast = mutual_contrast(self._projected_memory(m, seen), learned)
            losses[f"contrast_{name}"] = self.config.modality_weight * self.config.prompts.weight * contrast
            drawn = prompt_loss(projected[:, m], fixed, identity)
            losses[f"prompt_{name}"] = self.config.modality_weight * self._stage()[1] * drawn
        return losses

    def _texts(self, model: ModalityModel, seen: Tensor, every: Tensor) -> tuple[Tensor, Tensor]:
        """Texts of the identities in a batch, to be learned, and of all identities (C, D), as they are."""
        with torch.no_grad():
            fixed = model.prompts(self.text, every)
        return model.prompts(self.text, seen), fixed

    @torch.no_grad()
    def _projected_memory(self, m: int, seen: Tensor) -> Tensor:
        """Prototypes (n, D) of one modality in the space of texts."""
        with torch.autocast(self.memory.device.type, enabled=False):
            return self.memory[m, seen] @ self._model(m).encoder.tower.visual.proj.to(self.memory.dtype)

    def embed(self, batch: Batch) -> Tensor:
        """Last class token and its projection of each modality (B, M * (width + D)), modality by modality."""
        features, necks = self.encode(batch), self.config.feature == "after_neck"
        parts = [
            self._model(m).embed(Features(*(values[:, m] for values in features)), necks=necks)
            for m in range(len(self.spec.modalities))
        ]
        return torch.cat(parts, dim=1)

    def parameter_groups(self, rates: LearningRates) -> Sequence[ParameterGroup]:
        """Weights, biases, prompts, classifiers; last norms and projections as image tower where that has a rate of its own."""
        pretrained = (parameter for model in self.models for parameter in model.encoder.pretrained())
        return split_groups(self.named_parameters(), rates, visual=pretrained)
