import numpy as np
import pytest
import torch

from benchmarks.protocol import JUNK
from harness import rivals
from harness.matches import Matches
from harness.rivals import count_at_once, count_by_row, count_rivals


def plain(similarity, query_ids, gallery_ids, query_groups, gallery_groups):
    """For each hit, query by query and the nearest first, the others at least as near and those nearer, in a loop."""
    at_least, nearer = [], []
    for q, row in enumerate(similarity.tolist()):
        if query_ids[q] == JUNK:
            continue
        own = [value for g, value in enumerate(row) if gallery_ids[g] == query_ids[q] and gallery_groups[g] != query_groups[q]]
        others = [value for g, value in enumerate(row) if gallery_ids[g] not in {query_ids[q], JUNK}]
        for hit in sorted(own, reverse=True):
            at_least.append(sum(other >= hit for other in others))
            nearer.append(sum(other > hit for other in others))
    return at_least, nearer


def draw(seed, dtype):
    rng = np.random.default_rng(seed)
    queries, entries = rng.integers(1, 40), rng.integers(1, 200)
    identities, groups, values = rng.integers(1, [8, 4, 60])
    columns = [
        *(rng.integers(JUNK, identities, size=size) for size in (queries, entries)),
        *(rng.integers(groups, size=size) for size in (queries, entries)),
    ]
    return rng.integers(values, size=(queries, entries)).astype(dtype), columns


WAYS = {
    "all rows at once": lambda similarity, block: count_at_once(torch.from_numpy(similarity), block),
    "row by row": count_by_row,
    "whichever is chosen": lambda similarity, block: count_rivals(torch.from_numpy(similarity), block),
}


@pytest.mark.parametrize("few", [1, 32, 10**6])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("way", WAYS)
def test_each_way_counts_what_a_plain_loop_counts(way, dtype, few, monkeypatch):
    monkeypatch.setattr(rivals, "_FEW", few)  # picks rivals out of a row, or partitions it
    for seed in range(40):
        similarity, columns = draw(seed, dtype)
        found = WAYS[way](similarity.copy(), Matches.of(*columns).block(0, len(similarity)))
        assert [each.tolist() for each in found] == list(plain(similarity, *columns)), seed


def test_large_galleries_are_counted_row_by_row_on_a_cpu(monkeypatch):
    monkeypatch.setattr(rivals, "count_at_once", None)
    rng = np.random.default_rng(0)
    columns = [rng.integers(9, size=size) for size in (3, rivals.SORT_WHOLE + 1) for _ in range(2)]
    columns = [columns[0], columns[2], columns[1], columns[3]]
    similarity = rng.normal(size=(3, rivals.SORT_WHOLE + 1)).astype(np.float32)
    expected = plain(similarity, *columns)
    assert [each.tolist() for each in count_rivals(torch.from_numpy(similarity), Matches.of(*columns).block(0, 3))] == [
        *expected
    ]


def test_a_device_sorts_a_block_in_parts(monkeypatch):
    """What a device does that is no CPU, on a device that only has shapes."""
    block = torch.randn(5, 7, generator=torch.Generator().manual_seed(0))
    parts = []

    class Elsewhere(torch.Tensor):
        @property
        def device(self):
            return torch.device("cuda")

    monkeypatch.setattr(rivals, "_SORTED_AT_ONCE", 14)
    seen = torch.Tensor.sort
    monkeypatch.setattr(Elsewhere, "sort", lambda part, **keys: parts.append(len(part)) or seen(part, **keys), raising=False)
    expected = block.sort(dim=1).values
    rivals._sort_rows(block.as_subclass(Elsewhere))
    assert parts == [2, 2, 1]
    assert torch.equal(block, expected)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_cuda_device_counts_the_same():
    for seed in range(40):
        similarity, columns = draw(seed, np.float32)
        block = Matches.of(*columns).block(0, len(similarity))
        found = count_rivals(torch.from_numpy(similarity).cuda(), block)
        assert [each.tolist() for each in found] == list(plain(similarity, *columns)), seed
