"""For each hit, how many entries of other identities stand before it: the one step that sorts."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from .matches import BlockMatches
from .ragged import Ids

SORT_WHOLE = 4096
"""Gallery size up to which a CPU sorts whole rows at once. Beyond it most of a row is farther than the farthest hit, and rows
are sorted one by one as far as that alone."""

_FEW = 32
"""One in so many entries of a row is few: then picking them out is faster than partitioning the row."""

_SORTED_AT_ONCE = 2**24
"""Elements whose sorted values and indices are held beside the block, where a device sorts it."""


class Rivals(NamedTuple):
    """Entries of other identities, by hit: hits in the order of their rows, within a row the nearest first."""

    at_least: Ids
    """(P,) at least as near as the hit."""
    nearer: Ids
    """(P,) nearer than the hit; fewer than `at_least` where the hit is tied."""


def count_rivals(similarity: Tensor, matches: BlockMatches) -> Rivals:
    """Count for each hit the entries of other identities before it, exactly.

    Args:
        similarity: (B, G) finite, of any float type and on any device; is overwritten.
        matches: of the same rows.
    """
    if similarity.device.type == "cpu" and similarity.shape[1] > SORT_WHOLE:
        return count_by_row(similarity.numpy(), matches)
    return count_at_once(similarity, matches)


def count_at_once(similarity: Tensor, matches: BlockMatches) -> Rivals:
    """`count_rivals` by sorting all rows and searching all hits in them; on the device of the similarities."""

    def there(positions: Ids) -> Tensor:
        return torch.from_numpy(positions).to(similarity.device)

    most = int(matches.hit_places.max(initial=-1)) + 1
    rows, places = there(matches.hit_rows), there(most - 1 - matches.hit_places)  # a row of hits ends with its nearest
    hits = similarity.new_full((len(similarity), most), -torch.inf)
    hits[rows, places] = similarity[rows, there(matches.hit_entries)]
    _sort_rows(hits)
    similarity[there(matches.same_rows), there(matches.same_entries)] = -torch.inf
    similarity[:, there(matches.junk)] = -torch.inf
    _sort_rows(similarity)
    entries = similarity.shape[1]
    first = torch.searchsorted(similarity, hits)
    tied = (similarity.gather(1, first.clamp_max(entries - 1)) == hits)[rows, places]
    last = torch.searchsorted(similarity, hits, right=True) if bool(tied.any()) else first
    at_least, nearer = (entries - found[rows, places].cpu().numpy() for found in (first, last))
    return Rivals(at_least, nearer)


def _sort_rows(similarity: Tensor) -> None:
    """Sort each row in its place."""
    if similarity.device.type == "cpu":
        similarity.numpy().sort(axis=1)  # vectorised, and several times as fast as torch there
        return
    for part in torch.split(similarity, max(1, _SORTED_AT_ONCE // max(1, similarity.shape[1]))):
        part.copy_(part.sort(dim=1).values)


def count_by_row(similarity: npt.NDArray[np.floating], matches: BlockMatches) -> Rivals:
    """`count_rivals` row by row: the entries at least as near as the farthest hit are set apart, and they alone are sorted."""
    hits = similarity[matches.hit_rows, matches.hit_entries]
    similarity[matches.same_rows, matches.same_entries] = -np.inf
    similarity[:, matches.junk] = -np.inf
    at_least, nearer = np.zeros(len(hits), np.int64), np.zeros(len(hits), np.int64)
    stops = np.cumsum(np.bincount(matches.hit_rows, minlength=matches.rows)).tolist()
    start, entries = 0, similarity.shape[1]
    for row, stop in zip(similarity, stops, strict=True):
        if start == stop:
            continue
        of_row = hits[start:stop]
        of_row.sort()  # the farthest first: searching goes on from where it was
        within = row >= of_row[0]
        count = int(np.count_nonzero(within))
        if count * _FEW < entries:
            rivals = row[within]
        else:
            row.partition(entries - count)
            rivals = row[entries - count :]
        rivals.sort()
        at_least[start:stop] = count - rivals.searchsorted(of_row, "left")[::-1]
        nearer[start:stop] = count - rivals.searchsorted(of_row, "right")[::-1]
        start = stop
    return Rivals(at_least, nearer)
