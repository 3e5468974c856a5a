"""Choosing and taking the pictures of a run: the same queries for every method, what it found, what its experts kept."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch

from benchmarks.base import Benchmark, Images, Split
from benchmarks.captions.sentences import join_sentences
from benchmarks.loading import DataSettings, test_loader
from benchmarks.protocol import JUNK
from benchmarks.transforms import Resizing
from methods.base import Method

from .evaluation import Evaluation
from .pictures import Pictures
from .ranking import top_entries

ENTRIES = 8


def choose_queries(benchmark: Benchmark, evaluation: Evaluation, count: int) -> list[int]:
    """Queries of as many identities, evenly spread over the split; by position alone, so no method chooses its own."""
    valid = np.flatnonzero(evaluation.ranking.queries.first_hit > 0)
    _, first = np.unique(benchmark.query.identities[valid], return_index=True)
    spread = np.linspace(0, len(first) - 1, min(count, len(first))).round().astype(int)
    return [int(valid[first[position]]) for position in spread]


@torch.no_grad()
def take_pictures(method: Method, benchmark: Benchmark, data: DataSettings, evaluation: Evaluation, count: int) -> Pictures:
    """Pictures of a few queries; see `Pictures`."""
    query, gallery, protocol = benchmark.query, benchmark.gallery, benchmark.facts.protocol
    chosen = choose_queries(benchmark, evaluation, count)
    entries = min(ENTRIES, max(1, len(gallery) - 1))
    groups = protocol.groups(gallery)
    ranked, similarity, hits = [], [], []
    for position in chosen:
        same = gallery.identities == query.identities[position]
        keep = ~(same & (groups == protocol.groups(query)[position])) & (gallery.identities != JUNK)
        found, nearness = top_entries(evaluation.query[position], evaluation.gallery, keep, entries)
        ranked.append(found)
        similarity.append(nearness)
        hits.append(same[found])
    kept = min(len(found) for found in ranked)
    size = benchmark.facts.image_size
    samples = [query.samples[position] for position in chosen]
    return Pictures(
        query_images=np.stack([_images(query, position, size) for position in chosen]),
        query_names=np.array([sample.name for sample in samples]),
        query_captions=np.array([_captions(sample.captions, len(benchmark.facts.modalities)) for sample in samples]),
        ranked_images=np.stack([np.stack([_images(gallery, p, size) for p in found[:kept]]) for found in ranked]),
        ranked_names=np.array([[gallery.samples[p].name for p in found[:kept]] for found in ranked]),
        similarity=np.stack([nearness[:kept] for nearness in similarity]),
        hits=np.stack([hit[:kept] for hit in hits]),
        masks=_masks(method, query.take(chosen), size, data),
    )


def _images(split: Split, position: int, size: tuple[int, int]) -> Images:
    return Resizing(size, "bilinear")(split.read(position))


def _captions(captions: tuple[tuple[str, ...], ...] | None, modalities: int) -> list[str]:
    return [join_sentences(caption) for caption in captions] if captions else [""] * modalities


def _masks(method: Method, split: Split, size: tuple[int, int], data: DataSettings) -> npt.NDArray[np.bool_]:
    """Masks (n, E, M, h, w) of a small split; E = 0 for methods without masks."""
    device = next(method.parameters()).device
    method.eval()
    masks = [method.token_masks(batch.to(device)) for batch in test_loader(split, size, data)]
    known = [mask.cpu() for mask in masks if mask is not None]
    return torch.cat(known).numpy() if known else np.zeros((len(split), 0, 0, 0, 0), bool)
