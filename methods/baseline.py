"""The three-branch CLIP baseline: one shared image tower, class tokens side by side (NEXT, Table IV row (a))."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.batch import Batch, BatchSpec
from benchmarks.common.errors import InputError

from .base import METHODS, LearningRates, Method, MethodSettings, ParameterGroup, split_groups
from .clip import Branches, check_backbone, load_clip
from .layers.heads import BNNeckHead, Supervised, supervise
from .layers.losses import SupervisionSettings
from .layers.reduction import Reduce
from .pretrained import BackboneSettings
from .text import TextEncoder


class BaselineSettings(MethodSettings):
    """Settings of the baseline."""

    backbone: BackboneSettings = BackboneSettings()
    supervision: SupervisionSettings = SupervisionSettings()
    fusion: Literal["concat", "reduced"] = "concat"
    """`concat`: one head on the class tokens side by side (86,407,680 trainable parameters on RGBNT201).
    `reduced`: a second head on a reduced feature of each modality, the reading of Table IV row (a) that matches its
    printed 88.3 M and 33.3 G."""
    caption_feature: bool = False
    """A control: features of the whole captions beside the class tokens, to see how much of an identity captions tell. The
    text tower is frozen; a linear layer, shared by the modalities, weighs what it tells."""

    @property
    def needs_text(self) -> bool:
        """Whether captions are encoded."""
        return self.caption_feature


@METHODS.register("baseline")
class Baseline(Method):
    """Shared CLIP image tower with camera embedding; identity and triplet loss on the class tokens side by side."""

    Config = BaselineSettings
    published_counts_attention = False

    @classmethod
    def check(cls, config: BaselineSettings, spec: BatchSpec) -> None:
        """Image size and weights."""
        check_backbone(config.backbone, spec.image_size)

    def __init__(self, config: BaselineSettings, spec: BatchSpec) -> None:
        super().__init__(config, spec)
        clip = load_clip(config.backbone, spec.image_size)
        tower, M = clip.image, len(spec.modalities)
        self.branches = Branches(tower, spec)
        self.text = TextEncoder(clip.text) if config.caption_feature else None
        self.test_feature = "class tokens"
        if self.text is not None:
            self.caption = nn.Linear(clip.text.size, tower.size, bias=False)
            self.test_feature = "class tokens, captions"
        self.head = BNNeckHead((2 if self.text else 1) * M * tower.size, spec.identities)
        if config.fusion == "reduced":
            self.reduce = nn.ModuleList(Reduce(tower.size) for _ in range(M))
            self.reduced_head = BNNeckHead(M * tower.size, spec.identities)
            self.test_feature += ", reduced features"

    @property
    def text_encoder(self) -> TextEncoder | None:
        """The frozen text tower with its cache, where captions are a feature."""
        return self.text

    @property
    def test_text(self) -> TextEncoder | None:
        """The same: captions are encoded at test as in training."""
        return self.text

    def _captions(self, batch: Batch) -> Tensor | None:
        """Features (B, M, D) of the whole captions; None without `caption_feature`."""
        if self.text is None:
            return None
        features = batch.text_features
        if features is None:
            if batch.captions is None:
                raise InputError("baseline: the batch has no captions; give captions or set method.caption_feature to False")
            features = self.text.encode_whole(batch.captions)
        return self.caption(F.normalize(features, dim=-1))

    def _features(self, batch: Batch) -> list[Supervised]:
        """Name, head and feature (B, M * D) of each supervised feature; captions follow the class tokens, with M * D more."""
        class_tokens, patches = self.branches(batch)
        captions = self._captions(batch)
        parts = [class_tokens] if captions is None else [class_tokens, captions]
        features: list[Supervised] = [("class", self.head, torch.cat([part.flatten(1) for part in parts], dim=1))]
        if self.config.fusion == "reduced":
            reduced = [reduce(class_tokens[:, m], patches[:, m]) for m, reduce in enumerate(self.reduce)]
            features.append(("reduced", self.reduced_head, torch.cat(reduced, dim=1)))
        return features

    def losses(self, batch: Batch) -> dict[str, Tensor]:
        """Identity and triplet loss of each head."""
        return supervise(self._features(batch), batch.identity, self.config.supervision)

    def embed(self, batch: Batch) -> Tensor:
        """Class tokens (B, M * D) side by side, followed by caption and reduced features where there are any."""
        return torch.cat([feature for _, _, feature in self._features(batch)], dim=1)

    def parameter_groups(self, rates: LearningRates) -> Sequence[ParameterGroup]:
        """Image tower, weights, biases, classifiers."""
        return split_groups(self.named_parameters(), rates, visual=self.branches.tower.parameters())
