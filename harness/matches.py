"""Which gallery entries are hits of a query and which do not count: from identities and groups alone, before any product."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.common.errors import InputError
from benchmarks.protocol import JUNK

from .ragged import Ids, places, ranges


@dataclass(frozen=True)
class BlockMatches:
    """The matches of a block of queries. Rows count from the first query of the block."""

    rows: int
    """Queries of the block."""
    hit_rows: Ids
    """(P,) ascending."""
    hit_entries: Ids
    """(P,) positions in the gallery."""
    hit_places: Ids
    """(P,) place of the hit among those of its row, from 0."""
    same_rows: Ids
    """(S,) ascending."""
    same_entries: Ids
    """(S,) every gallery position with the query's identity: its hits, and what the protocol leaves out."""
    junk: Ids
    """(J,) gallery positions that count for no query."""


@dataclass(frozen=True)
class Matches:
    """The matches of all queries, in memory of the order of Q + G.

    The gallery stands sorted by identity, then by group, so that the entries with a query's identity are one range, and those
    with its group as well, which the protocol leaves out, a range within it.
    """

    order: Ids
    """(G,) gallery positions in that order."""
    same: Ids
    """(2, Q) bounds in it of the entries with the query's identity; empty for a query of identity `JUNK`."""
    left_out: Ids
    """(2, Q) bounds of those of them that do not count."""
    junk: Ids
    """(J,) gallery positions of identity `JUNK`."""

    @classmethod
    def of(cls, query_ids: Ids, gallery_ids: Ids, query_groups: Ids, gallery_groups: Ids) -> Matches:
        """The matches of queries and gallery.

        Args:
            query_ids: identity (Q,).
            gallery_ids: identity (G,).
            query_groups: camera or scene (Q,).
            gallery_groups: camera or scene (G,).

        Raises:
            InputError: there is no query or no gallery entry, or the sizes do not fit.
        """
        for role, ids, groups in (("query", query_ids, query_groups), ("gallery", gallery_ids, gallery_groups)):
            if len(ids) != len(groups):
                raise InputError(f"{role}: {len(ids)} identities, but {len(groups)} cameras or scenes")
            if not len(ids):
                raise InputError(f"{role}: there is nothing to rank (0 entries)")
        count = len(query_ids)
        identities = np.unique(np.concatenate([query_ids, gallery_ids]), return_inverse=True)[1]
        names, groups = np.unique(np.concatenate([query_groups, gallery_groups]), return_inverse=True)
        keys = identities * len(names) + groups
        order = np.argsort(keys[count:], kind="stable")
        ordered, first = keys[count:][order], identities[:count] * len(names)
        same = np.searchsorted(ordered, np.stack([first, first + len(names)]))
        left_out = np.searchsorted(ordered, np.stack([keys[:count], keys[:count] + 1]))
        same[:, query_ids == JUNK] = left_out[:, query_ids == JUNK] = 0
        return cls(order, same, left_out, np.flatnonzero(gallery_ids == JUNK))

    @property
    def positives(self) -> Ids:
        """(Q,) hits of each query."""
        return np.diff(self.same, axis=0)[0] - np.diff(self.left_out, axis=0)[0]

    @property
    def entries(self) -> Ids:
        """(Q,) gallery entries that count for each query, hits included."""
        return len(self.order) - len(self.junk) - np.diff(self.left_out, axis=0)[0]

    def block(self, start: int, stop: int) -> BlockMatches:
        """The matches of the queries from `start` to `stop`, as positions."""
        low, high = self.same[:, start:stop]
        rows, found = ranges(low, high)
        first, last = self.left_out[:, start:stop]
        entries, hit = self.order[found], (found < first[rows]) | (found >= last[rows])
        hit_rows = rows[hit]
        return BlockMatches(len(low), hit_rows, entries[hit], places(hit_rows, len(low)), rows, entries, self.junk)
