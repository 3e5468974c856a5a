"""Test of a method: embed the splits, rank, and say what the method did meanwhile."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from benchmarks.base import Benchmark, Split
from benchmarks.conditions import Condition
from benchmarks.controls import random_order
from benchmarks.loading import DataSettings, test_loader
from methods.base import Method

from .ranking import Ranking, rank
from .records import Metrics
from .reranking import Reranking


@dataclass(frozen=True)
class Evaluation:
    """Embeddings and ranking of one test."""

    query: Tensor
    """(Q, D)."""
    gallery: Tensor
    """(G, D); the same tensor as the queries where the splits are the same."""
    ranking: Ranking
    monitors: dict[str, float]
    """Means over the query split."""
    embed_seconds: float
    rank_seconds: float


@torch.no_grad()
def embed_split(
    method: Method, split: Split, image_size: tuple[int, int], data: DataSettings
) -> tuple[Tensor, dict[str, float]]:
    """Test features (N, D) of a split in its order, on the CPU in float32, and the means of what the method monitors."""
    device = next(method.parameters()).device
    was_training = method.training
    method.eval()
    features, sums, seen = [], defaultdict[str, float](float), 0
    for batch in test_loader(split, image_size, data, pin=device.type == "cuda"):
        features.append(method.embed(batch.to(device)).float().cpu())
        seen += len(batch)
        for name, value in method.monitors().items():
            sums[name] += float(value) * len(batch)
    method.train(was_training)
    return torch.cat(features), {name: total / seen for name, total in sums.items()}


def evaluate(method: Method, benchmark: Benchmark, data: DataSettings, rerank: Reranking | None = None) -> Evaluation:
    """Embed query and gallery (once, where they are the same split) and rank under the benchmark's protocol.

    The ranking is made on the method's device, and re-ordered by `rerank` where that is given.

    With `shuffle_test_identities` the embeddings are put in a random order, so that each stands under the identity, camera
    and scene of another sample. Queries, matches and chance stay what they are, and all that an embedding knows is lost:
    shuffled alone, identities would leave the camera, and a ranking by camera is below chance under the camera rule.
    """
    start = time.perf_counter()
    size, protocol = benchmark.facts.image_size, benchmark.facts.protocol
    query, monitors = embed_split(method, benchmark.query, size, data)
    same = benchmark.query is benchmark.gallery
    gallery = query if same else embed_split(method, benchmark.gallery, size, data)[0]
    if data.shuffle_test_identities:
        query = query[random_order("shuffled queries", len(query))]
        gallery = query if same else gallery[random_order("shuffled gallery", len(gallery))]
    embedded = time.perf_counter()
    ranking = rank(
        query,
        gallery,
        benchmark.query.identities,
        benchmark.gallery.identities,
        protocol.groups(benchmark.query),
        protocol.groups(benchmark.gallery),
        device=next(method.parameters()).device,
        rerank=rerank,
    )
    return Evaluation(query, gallery, ranking, monitors, embedded - start, time.perf_counter() - embedded)


def evaluate_conditions(
    method: Method,
    benchmark: Benchmark,
    data: DataSettings,
    conditions: Sequence[Condition],
    report: Callable[[int, int, str], None],
    rerank: Reranking | None = None,
) -> dict[str, Metrics]:
    """Metrics of the same weights under each condition, by its text.

    Args:
        method: trained.
        benchmark: whose queries and gallery are disturbed alike.
        data: how batches are made; a condition takes the place of all that it says of missing and degraded modalities.
        conditions: each is embedded and ranked anew.
        report: told (done, total, name) before each.
        rerank: as for `evaluate`.
    """
    found = {}
    for number, condition in enumerate(conditions):
        report(number, len(conditions), condition.name)
        found[condition.text] = evaluate(method, benchmark, data.under(condition), rerank).ranking.metrics()
    return found
