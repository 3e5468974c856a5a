"""Cosine similarities in blocks of queries, without a second copy of the gallery."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from benchmarks.common.errors import InputError

_BLOCK_ELEMENTS = 2**22
"""Similarities of a block as long as that leaves `_ROWS` queries or more: 16 MiB."""
_ROWS = 512
"""Queries of a block at least. More gain a matrix product 1 to 3 %; with 256, packing the gallery again costs 6 to 10 %."""
_STEP = 64
"""Blocks are multiples of so many queries, which suit the tiles of a matrix product."""
_MOST_ELEMENTS = 2**27
"""Similarities of a block at most, however large the gallery: 512 MiB."""
_TILE_ELEMENTS = 2**22
"""Elements of embeddings that are converted or measured at once: 16 MiB."""

_SHORTEST = 1e-12
"""A shorter embedding is divided by this, so that zeros are similar to nothing."""


def block_rows(entries: int) -> int:
    """Queries of a block, from the gallery's size alone: another block size moves the last bits of a matrix product."""
    return max(1, min(max(_BLOCK_ELEMENTS // entries // _STEP * _STEP, _ROWS), _MOST_ELEMENTS // entries))


def check_embeddings(query: Tensor, gallery: Tensor) -> None:
    """Refuse what cannot be compared.

    Args:
        query: embeddings (Q, D).
        gallery: embeddings (G, D).

    Raises:
        InputError: there are none, or their dimensions differ.
    """
    for role, embeddings in (("query", query), ("gallery", gallery)):
        if embeddings.ndim != 2 or not embeddings.numel():
            raise InputError(f"{role}: embeddings of shape {tuple(embeddings.shape)}; expected (entries, dimensions), none 0")
    if query.shape[1] != gallery.shape[1]:
        raise InputError(f"query embeddings have {query.shape[1]} dimensions, gallery embeddings {gallery.shape[1]}")


def inverse_lengths(embeddings: Tensor, role: str) -> Tensor:
    """1 / length (N,) of embeddings, in float32, a tile at a time.

    Args:
        embeddings: (N, D), of any type.
        role: query or gallery, for the message.

    Raises:
        InputError: an embedding is not finite.
    """
    lengths = [torch.linalg.vector_norm(tile.float(), dim=1) for tile in torch.split(embeddings, _tile(embeddings))]
    found = torch.cat(lengths)
    if not torch.isfinite(found).all():
        raise InputError(
            f"{role}: an embedding holds NaN or infinity (or overflows float32); the run diverged or the file is damaged"
        )
    return 1 / found.clamp_min_(_SHORTEST)


def similarity_blocks(query: Tensor, gallery: Tensor, device: torch.device) -> Iterator[tuple[int, Tensor]]:
    """Cosine similarities of all queries to the gallery.

    The lengths of the gallery's embeddings scale the columns of a block, so the gallery is held once, as it came.

    Args:
        query: embeddings (Q, D), of any type and on any device.
        gallery: embeddings (G, D); sent to the device once.
        device: where to compute.

    Yields:
        The first query of a block and its similarities (B, G) in float32, which the next block overwrites.

    Raises:
        InputError: an embedding is not finite.
    """
    query_scale = inverse_lengths(query, "query").to(device)
    gallery = gallery.to(device)
    gallery_scale = inverse_lengths(gallery, "gallery")
    rows = min(block_rows(len(gallery)), len(query))
    # Both buffers serve all blocks: memory that is freed and taken anew piles up in some allocators.
    queries = torch.empty(rows, query.shape[1], device=device)
    products = torch.empty(rows, len(gallery), device=device)
    for start in range(0, len(query), rows):
        here = slice(start, min(start + rows, len(query)))
        part, block = (buffer[: here.stop - start] for buffer in (queries, products))
        part.copy_(query[here]).mul_(query_scale[here, None])
        _product(part, gallery, block)
        yield start, block.mul_(gallery_scale)


def _product(part: Tensor, gallery: Tensor, out: Tensor) -> None:
    """Dot products (B, G) in float32; a gallery of another type is converted a tile at a time."""
    if gallery.dtype == torch.float32:
        torch.mm(part, gallery.t(), out=out)
        return
    for start in range(0, len(gallery), _tile(gallery)):
        tile = gallery[start : start + _tile(gallery)].float()
        torch.mm(part, tile.t(), out=out[:, start : start + len(tile)])


def _tile(embeddings: Tensor) -> int:
    return max(1, _TILE_ELEMENTS // embeddings.shape[1])
