"""How well the images, patches and captions of a CLIP lie together."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from benchmarks.batch import MODALITIES
from benchmarks.captions.sentences import join_sentences
from benchmarks.transforms import normalise
from methods.clip import Clip
from methods.text import TextEncoder

from .corpus import Corpus

COVERED, FREE = 0.3, 0.05
"""Shares of a patch that a region covers from which on it counts as there, and up to which it counts as absent."""


@torch.no_grad()
def median_ranks(clip: Clip, corpus: Corpus) -> dict[str, float]:
    """Median rank of an image's own caption among the captions of its modality; equal captions share the best place."""
    encoder = TextEncoder(clip.text.eval())
    ranks = {}
    for m, modality in enumerate(MODALITIES):
        features = F.normalize(_tokens(clip, corpus.images, m)[:, 0], dim=-1)
        texts = F.normalize(encoder.encode([join_sentences(caption[m]) for caption in corpus.captions]), dim=-1)
        similarity = features @ texts.t()
        own = similarity.diagonal()[:, None]
        ranks[modality] = float((similarity > own).sum(dim=1).float().median()) + 1
    return ranks


@torch.no_grad()
def grounding(clip: Clip, corpus: Corpus) -> dict[str, dict[str, float]]:
    """Whether patches find what a sentence says of this image, beyond where such things usually are.

    For each region and each position of the grid, images in which the region covers the patch are set against images in which
    it does not: the area under the ROC curve of the cosine of the patch with the sentence about the region, averaged by the
    number of pairs. A prior that knows the position alone gives every image the same score there, which is 0.5 to the digit.
    The usual area over all positions at once is given beside it, with that of the best position-only prior (the mean cover),
    which is high for every object that is centred.

    Returns:
        For each modality `instance` (0.5 is the position-only prior), `pooled` and `pooled_position_prior`, all in [0, 1].
    """
    encoder = TextEncoder(clip.text.eval())
    found = {}
    for m, modality in enumerate(MODALITIES):
        said = [
            (sample, region, text)
            for sample, of_sample in enumerate(corpus.said)
            for region, text in enumerate(of_sample[m])
            if text
        ]
        samples, regions = (np.array([each[place] for each in said]) for place in (0, 1))
        patches = F.normalize(_tokens(clip, corpus.images, m)[:, 1:], dim=-1)
        texts = F.normalize(encoder.encode([text for _, _, text in said]), dim=-1)
        scores = torch.einsum("knd,kd->kn", patches[torch.from_numpy(samples)], texts).numpy()
        cover = corpus.cover[samples, regions]
        prior = corpus.cover.mean(axis=0)[regions]
        found[modality] = {
            "instance": _within_positions(scores, cover, regions),
            "pooled": _area(scores[cover > COVERED], scores[cover <= FREE])[0],
            "pooled_position_prior": _area(prior[cover > COVERED], prior[cover <= FREE])[0],
        }
    return found


def _tokens(clip: Clip, images: np.ndarray, modality: int) -> Tensor:
    """All tokens (n, 1 + N, D) of the images of one modality."""
    pixels = torch.from_numpy(normalise(images[:, modality]))
    return torch.cat([clip.image(pixels[start : start + 256]) for start in range(0, len(pixels), 256)])


def _within_positions(scores: np.ndarray, cover: np.ndarray, region: np.ndarray) -> float:
    """Area under the curve within each region and position, averaged by the number of pairs."""
    areas, pairs = [], []
    for number in np.unique(region):
        rows = region == number
        for position in range(scores.shape[1]):
            at, there = scores[rows, position], cover[rows, position]
            area, count = _area(at[there > COVERED], at[there <= FREE])
            if count:
                areas.append(area)
                pairs.append(count)
    return float(np.average(areas, weights=pairs))


def _area(positive: np.ndarray, negative: np.ndarray) -> tuple[float, int]:
    """Probability that a positive has the higher score, ties by half (Mann and Whitney), and the number of pairs."""
    count = len(positive) * len(negative)
    if not count:
        return 0.5, 0
    ordered = np.sort(negative)
    below = np.searchsorted(ordered, positive, side="left") + np.searchsorted(ordered, positive, side="right")
    return float(below.sum() / 2 / count), count
