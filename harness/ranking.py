"""Exact retrieval metrics from embeddings: mAP, CMC, mINP, with what is per query.

Ties are broken against the query: a hit ranks behind every entry of another identity with the same similarity. The figure
then depends neither on the order of the gallery nor on the sorting routine, and a collapsed model is not rewarded. AP is
the mean of the precision at each hit over the full ranking, which is what the field's evaluators compute.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional as F

from benchmarks.common.errors import InputError

from .chance import chance_average_precision
from .records import Metrics, QueryResults

Ids = npt.NDArray[np.int64]

_BLOCK = 512
"""Queries whose similarities are held at once. Fixed, because the block size moves the last bits of a matrix product."""


@dataclass(frozen=True)
class Ranking:
    """Retrieval results of all queries."""

    queries: QueryResults
    tied_positives: int
    """Hits whose similarity equals that of an entry of another identity."""
    chance: float
    """Exact mAP of a random ranking, over the queries that have a match; NaN where none has."""

    def metrics(self) -> Metrics:
        """Means over the queries that have a match.

        Raises:
            InputError: no query has one.
        """
        valid = self.queries.first_hit > 0
        if not valid.any():
            raise InputError("no query has a match in the gallery that the protocol counts; check identities and cameras")
        first_hit = self.queries.first_hit[valid]
        return Metrics(
            mAP=float(self.queries.average_precision[valid].mean()),
            R1=float((first_hit <= 1).mean()),
            R5=float((first_hit <= 5).mean()),
            R10=float((first_hit <= 10).mean()),
            mINP=float(self.queries.inverse_negative_penalty[valid].mean()),
            queries=len(valid),
            skipped_queries=int((~valid).sum()),
            tied_positives=self.tied_positives,
            chance_mAP=self.chance,
        )


def rank(query: Tensor, gallery: Tensor, query_ids: Ids, gallery_ids: Ids, query_groups: Ids, gallery_groups: Ids) -> Ranking:
    """Rank the gallery for each query by cosine similarity.

    Gallery entries with the identity *and* the group (camera or scene) of the query are left out. A query without another
    entry of its identity is skipped: it is counted and is in no mean.

    Args:
        query: embeddings (Q, D).
        gallery: embeddings (G, D).
        query_ids: identity (Q,).
        gallery_ids: identity (G,).
        query_groups: camera or scene (Q,).
        gallery_groups: camera or scene (G,).

    Raises:
        InputError: an embedding is not finite, or sizes do not fit.
    """
    for name, embeddings, *columns in (
        ("query", query, query_ids, query_groups),
        ("gallery", gallery, gallery_ids, gallery_groups),
    ):
        if any(len(column) != len(embeddings) for column in columns):
            raise InputError(
                f"{name}: {len(embeddings)} embeddings, but {[len(column) for column in columns]} identities and groups"
            )
        if not torch.isfinite(embeddings).all():
            raise InputError(f"{name}: an embedding holds NaN or infinity; the run diverged or the file is damaged")
    order = np.argsort(gallery_ids, kind="stable")
    bounds = np.searchsorted(gallery_ids[order], np.stack([query_ids, query_ids + 1]))
    gallery_t = F.normalize(gallery.float(), dim=1).t()
    query = F.normalize(query.float(), dim=1)
    size = len(query_ids)
    ap, inp, first, tied = np.full(size, np.nan), np.full(size, np.nan), np.zeros(size, np.int64), 0
    positives, entries = np.zeros(size, np.int64), np.full(size, len(gallery_ids), np.int64)
    for start in range(0, size, _BLOCK):
        block = (query[start : start + _BLOCK] @ gallery_t).cpu().numpy()
        for q, row in enumerate(block, start):
            same = order[bounds[0, q] : bounds[1, q]]
            hits = row[same[gallery_groups[same] != query_groups[q]]]
            if len(hits) == 0:
                continue
            row[same] = -np.inf
            ranks, ties = _ranks(hits, row)
            positives[q] = len(hits)
            entries[q] -= len(same) - len(hits)
            ap[q] = (np.arange(1, len(ranks) + 1) / ranks).mean()
            inp[q] = len(ranks) / ranks[-1]
            first[q] = ranks[0]
            tied += ties
    results = QueryResults(average_precision=ap, inverse_negative_penalty=inp, first_hit=first, identity=query_ids)
    counted = positives > 0
    chance = float(chance_average_precision(entries[counted], positives[counted]).mean()) if counted.any() else math.nan
    return Ranking(results, tied, chance)


def _ranks(hits: npt.NDArray[np.float32], others: npt.NDArray[np.float32]) -> tuple[Ids, int]:
    """Ranks (k,) of the hits, best first, among entries of other identities; and how many hits are tied with one.

    Args:
        hits: similarities (k,) of the hits.
        others: similarities (G,) of the other identities; -inf for entries that do not count.
    """
    hits = np.sort(hits)[::-1]
    rivals = np.sort(others[others >= hits[-1]])
    at_least = len(rivals) - np.searchsorted(rivals, hits, side="left")
    above = len(rivals) - np.searchsorted(rivals, hits, side="right")
    return at_least + np.arange(1, len(hits) + 1), int((at_least > above).sum())


def top_entries(query: Tensor, gallery: Tensor, keep: npt.NDArray[np.bool_], count: int) -> tuple[Ids, npt.NDArray[np.float32]]:
    """The nearest gallery entries of one query, for pictures.

    Args:
        query: embedding (D,).
        gallery: embeddings (G, D).
        keep: (G,) entries that count.
        count: how many.

    Returns:
        Positions and similarities, nearest first.
    """
    similarity = (F.normalize(gallery.float(), dim=1) @ F.normalize(query.float(), dim=0)).cpu().numpy()
    positions = np.flatnonzero(keep)
    positions = positions[np.argsort(-similarity[positions], kind="stable")][:count]
    return positions, similarity[positions]
