"""Re-ranking by k-reciprocal neighbours.

Zhong, Zheng, Cao and Li, "Re-ranking Person Re-identification with k-reciprocal Encoding", CVPR 2017, Section 3. Two images of
one identity have each other among their nearest, and have much the same nearest. All images, queries and gallery together, are
described by whom they have for k-reciprocal neighbours, and compared by that as well:

- d(i, j) is the squared Euclidean distance of embeddings of length 1, divided by the largest distance from i.
- N(i, k) is i and its k nearest others. R(i, k), the k-reciprocal neighbours, are the j in N(i, k) with i in N(j, k).
- R*(i, k1) adds to R(i, k1) the R(j, k1 / 2) of each j in it of which more than 2/3 lies in R(i, k1).
- The code of i weighs each j in R*(i, k1) by exp(-d(i, j)), divided by the sum of these weights.
- Local query expansion: the code of i becomes the mean over the k2 nearest images, itself the first.
- The Jaccard distance of two codes is 1 - sum(min) / sum(max), and the final distance is (1 - weight) Jaccard + weight d.

Where the printed definition and the code that its authors released differ, this is the code, with which the figures of the
literature were made: "more than 2/3" ("at least" in print), the sum of weights, and d divided by its largest.

The result for a query depends on the other queries, which no single search knows: re-ranked figures stand apart from others.
Codes are sparse and distances come in blocks, so that no (Q + G) x (Q + G) matrix is ever held.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch
from pydantic import Field
from scipy import sparse
from torch import Tensor
from torch.nn.functional import threshold

from benchmarks.common.errors import InputError
from benchmarks.common.settings import Settings, parse

from .ragged import Ids, ranges
from .similarity import block_rows, inverse_lengths

Values = npt.NDArray[np.floating]

_ROUNDING = 1e-6
"""Squared distances below this are rounding of float32: twins are at distance 0."""

_PAIRS = 2**8
"""Pairs whose distances are computed at once, from a few MiB of embeddings that a cache holds."""


class Reranking(Settings):
    """Parameters of the re-ranking, with the values of the paper."""

    k1: int = Field(20, ge=1)
    """Neighbours among which reciprocal ones are looked for."""
    k2: int = Field(6, ge=1)
    """Images whose codes are averaged, the image itself among them; 1 for none but itself."""
    weight: float = Field(0.3, ge=0, le=1)
    """Weight of the original distance (lambda in the paper); 1 is the ranking without re-ranking."""


def reranking(wanted: bool, parameters: Mapping[str, float | None]) -> Reranking | None:
    """The re-ranking that options of the command line ask for.

    Args:
        wanted: whether there is to be one.
        parameters: those of `Reranking`; None for what was not given.

    Raises:
        InputError: a parameter is given without the re-ranking, or is not allowed.
    """
    given = {name: value for name, value in parameters.items() if value is not None}
    if given and not wanted:
        raise InputError(f"--rerank-{next(iter(given))}: does nothing without --rerank")
    return parse(Reranking, given, "--rerank") if wanted else None


class Distances(Protocol):
    """Distances between N images, of which queries stand first; computed as they are asked for."""

    size: int
    """N."""

    def rows(self, start: int, stop: int) -> Values:
        """Distances (B, N) of the images from `start` to `stop` to all; may be overwritten."""

    def pairs(self, first: Ids, second: Ids) -> Values:
        """Distances (P,) between images by position."""


class UnitDistances:
    """Squared Euclidean distances of embeddings of length 1, in float32."""

    def __init__(self, query: Tensor, gallery: Tensor, device: torch.device) -> None:
        parts = [
            embeddings.to(device).float() * inverse_lengths(embeddings, role).to(device)[:, None]
            for role, embeddings in (("query", query), ("gallery", gallery))
        ]
        self._images = torch.cat(parts)
        self.size = len(self._images)

    def rows(self, start: int, stop: int) -> Values:
        """Distances (B, N) of the images from `start` to `stop` to all."""
        return _distance(self._images[start:stop] @ self._images.t())

    def pairs(self, first: Ids, second: Ids) -> Values:
        """Distances (P,) between images by position."""
        found = [
            (self._images[torch.from_numpy(first[part])] * self._images[torch.from_numpy(second[part])]).sum(dim=1)
            for part in (slice(start, start + _PAIRS) for start in range(0, len(first), _PAIRS))
        ]
        return _distance(torch.cat(found))


def _distance(cosine: Tensor) -> Values:
    return threshold(2 - 2 * cosine, _ROUNDING, 0.0).cpu().numpy()


def reranked_blocks(
    query: Tensor, gallery: Tensor, junk: Ids, settings: Reranking, device: torch.device
) -> Iterator[tuple[int, Tensor]]:
    """Similarities of all queries to the gallery after re-ranking: the final distance, negated.

    Args:
        query: embeddings (Q, D).
        gallery: embeddings (G, D).
        junk: gallery positions (J,) that take no part; their similarities mean nothing.
        settings: the parameters.
        device: where to compute distances.

    Yields:
        The first query of a block and its similarities (B, G) in float64.

    Raises:
        InputError: an embedding is not finite.
    """
    counted = torch.from_numpy(np.setdiff1d(np.arange(len(gallery)), junk))
    distances = UnitDistances(query, gallery[counted] if len(junk) else gallery, device)
    for start, found in rerank(distances, len(query), settings):
        block = torch.from_numpy(found).neg_()
        if len(junk):
            block = block.new_zeros(len(block), len(gallery)).index_copy_(1, counted, block)
        yield start, block


def rerank(distances: Distances, queries: int, settings: Reranking) -> Iterator[tuple[int, npt.NDArray[np.float64]]]:
    """Final distances of queries to the gallery.

    Args:
        distances: of N images, of which the first are the queries, the others the gallery.
        queries: how many.
        settings: the parameters.

    Yields:
        The first query of a block and its distances (B, N - queries).
    """
    neighbours, largest = nearest(distances, max(settings.k1 + 1, settings.k2))
    codes = encode(distances, neighbours, largest, settings)
    columns = codes[queries:].tocsc()
    rows = block_rows(distances.size)
    for start in range(0, queries, rows):
        stop = min(start + rows, queries)
        original = distances.rows(start, stop)[:, queries:]
        block = np.empty(original.shape)
        for row, image in enumerate(range(start, stop)):
            jaccard = _jaccard(codes[image], columns)
            block[row] = (1 - settings.weight) * jaccard + settings.weight / largest[image] * original[row]
        yield start, block


def nearest(distances: Distances, count: int) -> tuple[Ids, npt.NDArray[np.float64]]:
    """The nearest images of each, itself first; of two at one distance the one that stands first.

    Returns:
        Positions (N, min(count, N)), and the largest distance (N,) from each image; 1 where all are 0.
    """
    size, count = distances.size, min(count, distances.size)
    found, largest = np.empty((size, count), np.int64), np.empty(size)
    rows = block_rows(size)
    for start in range(0, size, rows):
        block = distances.rows(start, min(start + rows, size))
        largest[start : start + len(block)] = block.max(axis=1)
        block[np.arange(len(block)), np.arange(start, start + len(block))] = -1  # rounding may put a twin before the image
        reach = np.partition(block, count - 1, axis=1)[:, count - 1]
        for place, row in enumerate(block):
            near = np.flatnonzero(row <= reach[place])
            found[start + place] = near[np.argsort(row[near], kind="stable")[:count]]
    return found, np.where(largest > 0, largest, 1)


def encode(distances: Distances, neighbours: Ids, largest: npt.NDArray[np.float64], settings: Reranking) -> sparse.csr_matrix:
    """The codes (N, N) of all images, one a row; each sums to 1.

    Args:
        distances: of N images.
        neighbours: the nearest (N, K) of each, itself first.
        largest: (N,) largest distance from each image.
        settings: the parameters.
    """
    expanded = _expanded(neighbours, settings.k1)
    images, others = expanded.nonzero()
    weights = np.exp(-distances.pairs(images.astype(np.int64), others.astype(np.int64)).astype(np.float64) / largest[images])
    weights /= np.bincount(images, weights, distances.size)[images]
    codes = sparse.csr_matrix((weights, (images, others)), expanded.shape)
    averaged = neighbours[:, : settings.k2]
    return _sets(averaged) @ codes / averaged.shape[1]


def _expanded(neighbours: Ids, k1: int) -> sparse.csr_matrix:
    """R* of each image as a row of counts, 0 for what is not in it."""
    whole, half = _reciprocal(neighbours, k1), _reciprocal(neighbours, round(k1 / 2))
    shared = whole.multiply(whole @ half.T).tocsr()  # how much of R(j, k1 / 2) lies in R(i, k1), for j in R(i, k1)
    sizes = np.diff(half.indptr)
    shared.data = (3 * shared.data > 2 * sizes[shared.indices]).astype(np.int64)
    shared.eliminate_zeros()
    return whole + shared @ half


def _reciprocal(neighbours: Ids, k: int) -> sparse.csr_matrix:
    """R(i, k) of each image as a row of ones."""
    near = _sets(neighbours[:, : k + 1])
    return near.multiply(near.T).tocsr()


def _sets(members: Ids) -> sparse.csr_matrix:
    """Rows of ones at the members (N, K) of each image's set."""
    size, count = members.shape
    pointers = np.arange(0, size * count + 1, count)
    return sparse.csr_matrix((np.ones(members.size, np.int64), members.ravel(), pointers), (size, size))


def _jaccard(code: sparse.csr_matrix, columns: sparse.csc_matrix) -> npt.NDArray[np.float64]:
    """Jaccard distance (G,) of one code (1, N) to those of the gallery, which stand in the rows of `columns` (G, N)."""
    members, found = ranges(columns.indptr[code.indices], columns.indptr[code.indices + 1])
    smaller = np.minimum(code.data[members], columns.data[found])
    shared = np.bincount(columns.indices[found], smaller, columns.shape[0])
    return 1 - shared / (2 - shared)  # both codes sum to 1
