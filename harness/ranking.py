"""Exact retrieval metrics from embeddings: mAP, CMC, mINP, with what is per query.

Ties are broken against the query: a hit ranks behind every entry of another identity with the same similarity. The figure
then depends neither on the order of the gallery nor on the sorting routine, and a collapsed model is not rewarded. What ties
could be worth is said beside it: the number of tied hits, and the mAP with every tie in the query's favour. AP is the mean of
the precision at each hit over the full ranking, which is what the field's evaluators compute.

Nothing of the size queries x gallery is ever held: similarities come in blocks of queries, and each block is ranked before the
next one takes its memory.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional as F

from benchmarks.common.errors import InputError

from .chance import chance_average_precision
from .matches import BlockMatches, Matches
from .ragged import Ids
from .records import Metrics, QueryResults
from .reranking import Reranking, reranked_blocks
from .rivals import count_rivals
from .similarity import block_rows, check_embeddings, similarity_blocks

Values = npt.NDArray[np.float64]

Blocks = Iterable[tuple[int, Tensor]]
"""First query and similarities (B, G) of each block; a block may be overwritten."""


@dataclass(frozen=True)
class Ranking:
    """Retrieval results of all queries."""

    queries: QueryResults
    tied_positives: int
    """Hits whose similarity equals that of an entry of another identity."""
    chance: float
    """Exact mAP of a random ranking, over the queries that have a match; NaN where none has."""
    optimistic: float
    """mAP if every tie were broken for the query, over the same queries; NaN where none has."""
    junk_entries: int
    """Gallery entries of identity `JUNK`, which count for no query."""

    @property
    def valid(self) -> npt.NDArray[np.bool_]:
        """(Q,) queries that have a match."""
        return self.queries.first_hit > 0

    def cmc(self, max_rank: int = 50) -> npt.NDArray[np.float64]:
        """Share of the queries that have their first hit at rank k or before, for k from 1 to `max_rank`: (max_rank,).

        Rank k is R-k. A query for which fewer entries count has its first hit before, so that the curve is 1 from there on.

        Raises:
            InputError: no query has a match.
        """
        first_hit = self._counted(self.queries.first_hit)
        return np.searchsorted(np.sort(first_hit), np.arange(1, max_rank + 1), side="right") / len(first_hit)

    def metrics(self) -> Metrics:
        """Means over the queries that have a match.

        Raises:
            InputError: no query has one.
        """
        cmc = self.cmc(10)
        return Metrics(
            mAP=float(self._counted(self.queries.average_precision).mean()),
            R1=float(cmc[0]),
            R5=float(cmc[4]),
            R10=float(cmc[9]),
            mINP=float(self._counted(self.queries.inverse_negative_penalty).mean()),
            queries=len(self.valid),
            skipped_queries=int((~self.valid).sum()),
            tied_positives=self.tied_positives,
            chance_mAP=self.chance,
            optimistic_mAP=self.optimistic,
            junk_entries=self.junk_entries,
        )

    def _counted(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        if not self.valid.any():
            raise InputError("no query has a match in the gallery that the protocol counts; check identities and cameras")
        return values[self.valid]


def rank(
    query: Tensor,
    gallery: Tensor,
    query_ids: Ids,
    gallery_ids: Ids,
    query_groups: Ids,
    gallery_groups: Ids,
    *,
    device: torch.device | None = None,
    rerank: Reranking | None = None,
) -> Ranking:
    """Rank the gallery for each query by cosine similarity.

    Gallery entries with the identity *and* the group (camera or scene) of the query are left out. A query without another
    entry of its identity is skipped: it is counted and is in no mean. Entries of identity `JUNK` count for no query, and a
    query of it is skipped. Distractors need no word: identities that no query has are misses.

    Args:
        query: embeddings (Q, D), of any float type.
        gallery: embeddings (G, D).
        query_ids: identity (Q,).
        gallery_ids: identity (G,).
        query_groups: camera or scene (Q,).
        gallery_groups: camera or scene (G,).
        device: where to compare and rank; the CPU by default.
        rerank: re-order by k-reciprocal neighbours first.

    Raises:
        InputError: an embedding is not finite, or sizes do not fit.
    """
    columns = {"query": (query, query_ids, query_groups), "gallery": (gallery, gallery_ids, gallery_groups)}
    for role, (embeddings, *of_each) in columns.items():
        if any(len(column) != len(embeddings) for column in of_each):
            raise InputError(
                f"{role}: {len(embeddings)} embeddings, but {[len(column) for column in of_each]} identities and groups"
            )
    check_embeddings(query, gallery)
    device = device or torch.device("cpu")
    matches = Matches.of(query_ids, gallery_ids, query_groups, gallery_groups)
    if rerank:
        blocks = reranked_blocks(query, gallery, matches.junk, rerank, device)
    else:
        blocks = similarity_blocks(query, gallery, device)
    return _rank(blocks, matches, query_ids)


def rank_matrix(similarity: Tensor, query_ids: Ids, gallery_ids: Ids, query_groups: Ids, gallery_groups: Ids) -> Ranking:
    """Rank the gallery for each query by similarities that are given; otherwise as `rank`.

    Args:
        similarity: (Q, G) finite, of any float type and on any device, where it is ranked; it is left as it is.
        query_ids: identity (Q,).
        gallery_ids: identity (G,).
        query_groups: camera or scene (Q,).
        gallery_groups: camera or scene (G,).

    Raises:
        InputError: the sizes do not fit.
    """
    expected = (len(query_ids), len(gallery_ids))
    if tuple(similarity.shape) != expected:
        raise InputError(f"similarities have shape {tuple(similarity.shape)}; expected {expected}, queries and gallery")
    matches = Matches.of(query_ids, gallery_ids, query_groups, gallery_groups)
    return _rank(_copies(similarity), matches, query_ids)


def _copies(similarity: Tensor) -> Iterator[tuple[int, Tensor]]:
    rows = block_rows(similarity.shape[1])
    for start in range(0, len(similarity), rows):
        yield start, similarity[start : start + rows].clone(memory_format=torch.contiguous_format)


def _rank(blocks: Blocks, matches: Matches, query_ids: Ids) -> Ranking:
    size = len(query_ids)
    ap, optimistic, inp = (np.full(size, np.nan) for _ in range(3))
    first, tied = np.zeros(size, np.int64), 0
    for start, block in blocks:
        here = slice(start, start + len(block))
        found = matches.block(here.start, here.stop)
        rivals = count_rivals(block, found)
        ap[here], inp[here], first[here] = _scores(rivals.at_least, found)
        optimistic[here] = _scores(rivals.nearer, found)[0]
        tied += int((rivals.at_least > rivals.nearer).sum())
    counted = matches.positives > 0
    chance = chance_average_precision(matches.entries[counted], matches.positives[counted])
    return Ranking(
        queries=QueryResults(average_precision=ap, inverse_negative_penalty=inp, first_hit=first, identity=query_ids),
        tied_positives=tied,
        chance=float(chance.mean()) if counted.any() else math.nan,
        optimistic=float(optimistic[counted].mean()) if counted.any() else math.nan,
        junk_entries=len(matches.junk),
    )


def _scores(rivals: Ids, matches: BlockMatches) -> tuple[Values, Values, Ids]:
    """Average precision, inverse negative penalty and rank of the first hit of each query (B,); NaN and 0 without a hit.

    Args:
        rivals: (P,) entries of other identities before each hit, the nearest hit of a query first.
        matches: of the block.
    """
    counts = np.bincount(matches.hit_rows, minlength=matches.rows)
    valid, last = counts > 0, np.cumsum(counts) - 1
    ap, inp, first = np.full(matches.rows, np.nan), np.full(matches.rows, np.nan), np.zeros(matches.rows, np.int64)
    place = matches.hit_places + 1
    ranks = rivals + place
    ap[valid] = np.bincount(matches.hit_rows, place / ranks, matches.rows)[valid] / counts[valid]
    inp[valid] = counts[valid] / ranks[last[valid]]
    first[valid] = ranks[(last - counts + 1)[valid]]
    return ap, inp, first


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
