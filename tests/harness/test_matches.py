import numpy as np
import pytest

from benchmarks.common.errors import InputError
from benchmarks.protocol import JUNK
from harness.matches import Matches


def structure(seed):
    """Random identities (junk among them) and groups; some of them are in one of the two alone."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 30, size=2)
    return [rng.integers(low, 6, size=size) for low in (-1, -9) for size in sizes]


@pytest.mark.parametrize("seed", range(40))
def test_matches_against_a_plain_loop(seed):
    columns = query_ids, gallery_ids, query_groups, gallery_groups = structure(seed)
    matches, queries = Matches.of(*columns), len(query_ids)
    start, stop = sorted(np.random.default_rng(seed).integers(0, queries + 1, size=2))
    block = matches.block(start, stop)
    assert block.junk.tolist() == [g for g, identity in enumerate(gallery_ids) if identity == JUNK]
    assert block.rows == stop - start
    for q in range(queries):
        same = [g for g, identity in enumerate(gallery_ids) if identity == query_ids[q] != JUNK]
        hits = [g for g in same if gallery_groups[g] != query_groups[q]]
        assert matches.positives[q] == len(hits)
        if query_ids[q] != JUNK:
            assert matches.entries[q] == len(gallery_ids) - len(block.junk) - (len(same) - len(hits))
        if start <= q < stop:
            of_query = block.hit_rows == q - start
            assert sorted(block.hit_entries[of_query]) == hits
            assert block.hit_places[of_query].tolist() == list(range(len(hits)))
            assert sorted(block.same_entries[block.same_rows == q - start]) == same


def test_identities_may_be_any_whole_numbers():
    huge = np.iinfo(np.int64).max
    ids, groups = np.array([huge, 0, huge]), np.array([-huge, 5, huge])
    assert Matches.of(ids, ids, groups, groups).positives.tolist() == [1, 0, 1]


def test_memory_does_not_grow_with_the_number_of_pairs():
    """One identity for all makes Q x G pairs; the plan holds none of them."""
    ids, groups = np.zeros(100_000, int), np.arange(100_000)
    matches = Matches.of(ids, ids, groups, groups)
    assert sum(each.nbytes for each in vars(matches).values()) <= 5 * ids.nbytes
    assert set(matches.positives) == {99_999}


def test_nothing_to_rank_and_sizes_that_do_not_fit_are_refused():
    some, none = np.arange(3), np.zeros(0, int)
    with pytest.raises(InputError, match="query: there is nothing to rank"):
        Matches.of(none, some, none, some)
    with pytest.raises(InputError, match="gallery: there is nothing to rank"):
        Matches.of(some, none, some, none)
    with pytest.raises(InputError, match="gallery: 3 identities, but 2 cameras or scenes"):
        Matches.of(some, some, some, some[:2])
