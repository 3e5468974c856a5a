import math

import numpy as np
import pytest
import torch

from benchmarks.common.errors import InputError
from benchmarks.protocol import JUNK
from harness import ranking as ranking_module
from harness import rivals
from harness import similarity as similarity_module
from harness.matches import Matches
from harness.ranking import rank, rank_matrix, top_entries
from harness.reranking import Reranking


def plain(similarity, query_ids, gallery_ids, query_groups, gallery_groups):
    """AP, INP, first hit, tied hits and AP with ties in favour of every query, entry by entry in float64."""
    results = []
    for q, row in enumerate(np.asarray(similarity, np.float64).tolist()):
        hits, others = [], []
        for g, value in enumerate(row):
            if gallery_ids[g] == JUNK:
                continue
            if gallery_ids[g] != query_ids[q]:
                others.append(value)
            elif gallery_groups[g] != query_groups[q]:
                hits.append(value)
        if not hits or query_ids[q] == JUNK:
            results.append((math.nan, math.nan, 0, 0, math.nan))
            continue
        hits.sort(reverse=True)
        ranks = [position + sum(other >= hit for other in others) for position, hit in enumerate(hits, 1)]
        precision = [position / place for position, place in enumerate(ranks, 1)]
        at_best = [position / (position + sum(other > hit for other in others)) for position, hit in enumerate(hits, 1)]
        tied = sum(hit in others for hit in hits)
        ap, optimistic = sum(precision) / len(hits), sum(at_best) / len(hits)
        results.append((ap, len(hits) / ranks[-1], ranks[0], tied, optimistic))
    return [np.array(column) for column in zip(*results, strict=True)]


def classic(similarity, query_ids, gallery_ids, query_groups, gallery_groups, most=10):
    """The field's evaluator (`eval_func` of the public code): argsort, remove, cumulative sums."""
    order = np.argsort(-similarity, axis=1)
    matches = gallery_ids[order] == query_ids[:, None]
    cmc, precisions = [], []
    for q in range(len(query_ids)):
        kept = ~(matches[q] & (gallery_groups[order[q]] == query_groups[q]))
        hit = matches[q][kept].astype(np.float64)
        if not hit.any():
            continue
        cmc.append(np.minimum(hit.cumsum(), 1)[:most])
        precisions.append((hit.cumsum() / np.arange(1, len(hit) + 1) * hit).sum() / hit.sum())
    return np.mean(precisions), np.mean(cmc, axis=0)


def from_similarity(similarity, *columns):
    """Rank a similarity matrix of few different values as it is given, and as embeddings; both must come to the same.

    With unit vectors as gallery, the rows order and tie as they stand.
    """
    given = rank_matrix(torch.tensor(similarity, dtype=torch.float64), *columns)
    found = rank(torch.tensor(similarity, dtype=torch.float32), torch.eye(np.shape(similarity)[1]), *columns)
    for name in type(given.queries).model_fields:
        np.testing.assert_array_equal(getattr(found.queries, name), getattr(given.queries, name))
    assert (found.tied_positives, found.junk_entries) == (given.tied_positives, given.junk_entries)
    return given


@pytest.fixture(params=["sorted whole", "row by row"])
def way(request, monkeypatch):
    """Both ways of the ranks stage, which a gallery's size would choose."""
    monkeypatch.setattr(rivals, "SORT_WHOLE", math.inf if request.param == "sorted whole" else 0)


def structure(seed, queries, entries, identities=4, groups=3):
    """Random identities and groups of queries and gallery."""
    rng = np.random.default_rng(seed)
    sizes = (queries, entries)
    ids = [rng.integers(identities, size=size) for size in sizes]
    return rng, (*ids, *[rng.integers(groups, size=size) for size in sizes])


def check(ranking, expected):
    ap, inp, first, tied, optimistic = expected
    np.testing.assert_allclose(ranking.queries.average_precision, ap, rtol=0, atol=1e-9)
    np.testing.assert_allclose(ranking.queries.inverse_negative_penalty, inp, rtol=0, atol=1e-9)
    np.testing.assert_array_equal(ranking.queries.first_hit, first)
    assert ranking.tied_positives == tied.sum()
    np.testing.assert_array_equal(ranking.valid, first > 0)
    if ranking.valid.any():
        assert ranking.optimistic == pytest.approx(optimistic[first > 0].mean(), abs=1e-9)


@pytest.mark.parametrize("seed", range(60))
@pytest.mark.usefixtures("way")
def test_every_query_agrees_with_a_plain_loop(seed):
    rng = np.random.default_rng(seed)
    queries, entries = rng.integers(1, 30, size=2)
    rng, columns = structure(seed, queries, entries, *rng.integers(1, 6, size=2))
    similarity = rng.integers(1, 8, size=(queries, entries))  # many ties
    ranking = from_similarity(similarity, *columns)
    expected = plain(similarity, *columns)
    check(ranking, expected)
    ap, inp, first, _, optimistic = expected
    valid = first > 0
    if not valid.any():
        with pytest.raises(InputError, match="no query has a match"):
            ranking.metrics()
        return
    metrics = ranking.metrics()
    assert metrics.mAP == pytest.approx(ap[valid].mean(), abs=1e-9)
    assert metrics.mINP == pytest.approx(inp[valid].mean(), abs=1e-9)
    for most in (1, 5, 10):
        assert getattr(metrics, f"R{most}") == pytest.approx((first[valid] <= most).mean(), abs=1e-12)
    assert (metrics.queries, metrics.skipped_queries) == (queries, (~valid).sum())
    assert metrics.optimistic_mAP == pytest.approx(optimistic[valid].mean(), abs=1e-9)
    cmc = ranking.cmc(40)
    assert cmc == pytest.approx([(first[valid] <= k).mean() for k in range(1, 41)], abs=1e-12)


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.usefixtures("way")
def test_a_given_float64_matrix_agrees_with_a_plain_loop(seed):
    """Values that float32 could not tell apart, with junk, distractors and groups that one side alone has."""
    rng = np.random.default_rng(seed)
    queries, entries = rng.integers(1, 40, size=2)
    ids = [rng.integers(JUNK, rng.integers(0, 7) + 1, size=size) for size in (queries, entries)]
    groups = [rng.integers(-3, rng.integers(0, 5), size=size) for size in (queries, entries)]
    similarity = -1 + 1e-12 * rng.integers(50, size=(queries, entries))
    given = torch.from_numpy(similarity.copy())
    ranking = rank_matrix(given, *ids, *groups)
    check(ranking, plain(similarity, *ids, *groups))
    assert ranking.junk_entries == (ids[1] == JUNK).sum()
    np.testing.assert_array_equal(given.numpy(), similarity)


@pytest.mark.parametrize("seed", range(10))
def test_without_ties_it_agrees_with_the_evaluator_of_the_field(seed):
    rng, columns = structure(seed, 40, 60)
    columns[1][:4] = range(4)
    columns[3][:4] = 9  # every query has a match
    query, gallery = (torch.tensor(rng.normal(size=(size, 16)), dtype=torch.float32) for size in (40, 60))
    similarity = torch.nn.functional.normalize(query) @ torch.nn.functional.normalize(gallery).t()
    metrics = rank(query, gallery, *columns).metrics()
    mean, cmc = classic(similarity.numpy(), *columns)
    assert metrics.mAP == pytest.approx(mean, abs=1e-6)
    for most in (1, 5, 10):
        assert getattr(metrics, f"R{most}") == pytest.approx(cmc[most - 1], abs=1e-6)


def test_the_worked_example_by_hand():
    """Ranking of the one query: a wrong entry, a hit, its own camera (removed), a hit tied with a wrong entry."""
    similarity = [[9, 8, 7, 6, 6]]
    ids, cameras = np.array([2, 1, 1, 1, 2]), np.array([0, 1, 0, 1, 0])
    ranking = from_similarity(similarity, np.array([1]), ids, np.array([0]), cameras)
    assert ranking.queries.average_precision.tolist() == [(1 / 2 + 2 / 4) / 2]
    assert ranking.queries.inverse_negative_penalty.tolist() == [2 / 4]
    assert ranking.queries.first_hit.tolist() == [2]
    assert ranking.tied_positives == 1
    assert ranking.queries.identity.tolist() == [1]


def test_a_query_that_is_its_own_gallery_entry_does_not_find_itself():
    draw = torch.Generator().manual_seed(0)
    embeddings = torch.randn(24, 8, generator=draw)
    ids, cameras = np.repeat(np.arange(6), 4), np.tile([0, 0, 1, 2], 6)
    ranking = rank(embeddings, embeddings, ids, ids, cameras, cameras)
    similarity = torch.nn.functional.normalize(embeddings) @ torch.nn.functional.normalize(embeddings).t()
    check(ranking, plain(similarity, ids, ids, cameras, cameras))
    assert ranking.metrics().R1 < 1  # each would find itself first


@pytest.mark.usefixtures("way")
def test_a_collapsed_model_has_no_rank_1_and_all_its_hits_are_ties():
    ids, cameras = np.repeat(np.arange(5), 4), np.tile(np.arange(4), 5)
    ones = torch.ones(20, 7)
    ranking = rank(ones, ones, ids, ids, cameras, cameras)
    metrics = ranking.metrics()
    assert (metrics.R1, metrics.R5, metrics.R10) == (0, 0, 0)
    assert ranking.queries.first_hit.tolist() == [17] * 20  # 16 entries of other identities come first
    assert metrics.tied_positives == 20 * 3
    assert metrics.mAP == pytest.approx((1 / 17 + 2 / 18 + 3 / 19) / 3)
    assert metrics.optimistic_mAP == 1


@pytest.mark.usefixtures("way")
def test_all_equal_embeddings_tie_to_the_bit_whatever_their_numbers():
    """The products of equal rows must be equal wherever in a block they stand."""
    entries, embedding = 1037, torch.randn(1, 129, generator=torch.Generator().manual_seed(0))
    ids, cameras = np.arange(entries) % 100, np.arange(entries) % 7
    same = embedding.repeat(entries, 1)
    ranking = rank(same[:301], same, ids[:301], ids, cameras[:301], cameras)
    assert ranking.tied_positives == Matches.of(ids[:301], ids, cameras[:301], cameras).positives.sum()
    assert ranking.cmc(50).max() == 0
    assert ranking.optimistic == 1


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_the_gallery_does_not_matter_where_there_are_ties(seed):
    rng, (query_ids, gallery_ids, query_groups, gallery_groups) = structure(seed, 20, 40)
    similarity = rng.integers(1, 4, size=(20, 40))
    first = from_similarity(similarity, query_ids, gallery_ids, query_groups, gallery_groups)
    order = rng.permutation(40)
    second = from_similarity(similarity[:, order], query_ids, gallery_ids[order], query_groups, gallery_groups[order])
    assert first.tied_positives == second.tied_positives > 0
    for name in ("average_precision", "inverse_negative_penalty", "first_hit"):
        np.testing.assert_array_equal(getattr(first.queries, name), getattr(second.queries, name))


def test_ties_among_hits_cost_nothing_and_are_not_counted():
    ranking = from_similarity([[5, 5, 5, 1]], np.array([1]), np.array([1, 1, 1, 0]), np.array([0]), np.ones(4, int))
    assert ranking.queries.average_precision.tolist() == [1.0]
    assert ranking.tied_positives == 0


def test_queries_without_a_match_are_skipped_and_counted():
    ids, cameras = np.array([1, 2, 3]), np.array([0, 0, 1])
    ranking = from_similarity(np.eye(3) + 1, ids, ids, cameras, np.array([1, 0, 1]))
    assert ranking.queries.first_hit.tolist() == [1, 0, 0]  # 2 and 3 have an entry of their own camera alone
    assert np.isnan(ranking.queries.average_precision).tolist() == [False, True, True]
    metrics = ranking.metrics()
    assert (metrics.queries, metrics.skipped_queries, metrics.mAP) == (3, 2, 1.0)


def test_fewer_gallery_entries_than_the_maximum_rank():
    ids, cameras = np.array([0, 0, 1, 2]), np.array([1, 1, 1, 0])
    ranking = from_similarity([[3, 2, 1, 4], [1, 2, 3, 4]], np.array([1, 0]), ids, np.array([0, 0]), cameras)
    metrics = ranking.metrics()
    assert (metrics.R1, metrics.R5, metrics.R10) == (0, 1, 1)
    assert ranking.cmc().tolist() == [0, 0, 0.5] + [1] * 47  # the second query finds its first at rank 3, the other at 4
    assert ranking.cmc(2).tolist() == [0, 0]


def test_one_query():
    ranking = rank(torch.tensor([[1.0, 0]]), torch.tensor([[1.0, 0], [1, 1]]), *map(np.array, ([1], [2, 1], [0], [0, 1])))
    assert ranking.queries.first_hit.tolist() == [2]
    assert ranking.cmc(3).tolist() == [0, 1, 1]
    assert ranking.metrics().queries == 1


def test_one_query_and_one_entry_that_is_its_match():
    metrics = from_similarity([[1]], *map(np.array, ([4], [4], [0], [1]))).metrics()
    assert (metrics.mAP, metrics.R1, metrics.mINP, metrics.chance_mAP) == (1, 1, 1, 1)


def test_junk_is_neither_a_hit_nor_a_miss_and_distractors_are_misses():
    """As Market-1501 has it: identity -1 is junk, 0 is a distractor. Without junk the ranking is the same."""
    similarity = np.array([[9, 8, 7, 6, 5], [1, 2, 3, 4, 5]])
    ids, cameras = np.array([JUNK, 0, 1, JUNK, 1]), np.array([0, 0, 1, 1, 1])
    ranking = from_similarity(similarity, np.array([1, JUNK]), ids, np.array([0, 0]), cameras)
    assert ranking.queries.first_hit.tolist() == [2, 0]  # behind the distractor alone
    assert ranking.queries.average_precision[0] == (1 / 2 + 2 / 3) / 2
    metrics = ranking.metrics()
    assert (metrics.queries, metrics.skipped_queries, metrics.junk_entries) == (2, 1, 2)
    kept = ids != JUNK
    without = from_similarity(similarity[:, kept], np.array([1, JUNK]), ids[kept], np.array([0, 0]), cameras[kept])
    assert without.metrics() == metrics.model_copy(update={"junk_entries": 0})


def test_a_gallery_of_junk_alone_has_no_match():
    ranking = from_similarity(np.ones((2, 3)), np.array([1, JUNK]), np.full(3, JUNK), np.zeros(2, int), np.ones(3, int))
    assert ranking.queries.first_hit.tolist() == [0, 0]
    assert ranking.junk_entries == 3
    with pytest.raises(InputError, match="no query has a match"):
        ranking.cmc()


@pytest.mark.parametrize("rows", [1, 7, 99, 100, 10**6])
@pytest.mark.usefixtures("way")
def test_blocks_of_queries_do_not_show(rows, monkeypatch):
    rng, columns = structure(3, 100, 30)
    similarity = rng.integers(1, 9, size=(100, 30))
    whole = from_similarity(similarity, *columns).metrics()
    for module in (ranking_module, similarity_module):
        monkeypatch.setattr(module, "block_rows", lambda entries: rows)
    found = from_similarity(similarity, *columns)
    check(found, plain(similarity, *columns))
    assert found.metrics() == whole


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_the_gallery_does_not_matter_for_embeddings(seed):
    rng, (query_ids, gallery_ids, query_groups, gallery_groups) = structure(seed, 70, 300, identities=20)
    query, gallery = (torch.randn(size, 33, generator=torch.Generator().manual_seed(seed)) for size in (70, 300))
    order = rng.permutation(300)
    first = rank(query, gallery, query_ids, gallery_ids, query_groups, gallery_groups)
    second = rank(query, gallery[order], query_ids, gallery_ids[order], query_groups, gallery_groups[order])
    assert first.metrics() == second.metrics()
    for name in type(first.queries).model_fields:
        np.testing.assert_array_equal(getattr(first.queries, name), getattr(second.queries, name))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_embeddings_of_other_types_rank_as_their_float32_values(dtype):
    _, columns = structure(2, 30, 50)
    query, gallery = (torch.randn(size, 16, generator=torch.Generator().manual_seed(size)).to(dtype) for size in (30, 50))
    assert rank(query, gallery, *columns).metrics() == rank(query.float(), gallery.float(), *columns).metrics()


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_cuda_device_agrees():
    _, columns = structure(2, 300, 5000, identities=40)
    query, gallery = (torch.randn(size, 64, generator=torch.Generator().manual_seed(size)) for size in (300, 5000))
    found, expected = (rank(query, gallery, *columns, device=torch.device(name)).metrics() for name in ("cuda", "cpu"))
    assert found.mAP == pytest.approx(expected.mAP, abs=1e-6)
    similarity = torch.randn(300, 5000, dtype=torch.float64)
    assert rank_matrix(similarity.cuda(), *columns).metrics() == rank_matrix(similarity, *columns).metrics()


def test_embeddings_are_re_ranked_where_that_is_asked_for():
    _, columns = structure(0, 30, 60, identities=5)
    query, gallery = (torch.randn(size, 8, generator=torch.Generator().manual_seed(size)) for size in (30, 60))
    plainly = rank(query, gallery, *columns).metrics()
    assert rank(query, gallery, *columns, rerank=Reranking()).metrics().mAP != plainly.mAP
    original = rank(query, gallery, *columns, rerank=Reranking(weight=1)).metrics()
    assert original.mAP == pytest.approx(plainly.mAP, abs=1e-9)  # the original distance alone


def test_junk_takes_no_part_in_re_ranking():
    _, (query_ids, gallery_ids, *groups) = structure(0, 30, 60, identities=5)
    query, gallery = (torch.randn(size, 8, generator=torch.Generator().manual_seed(size)) for size in (30, 60))
    gallery_ids[10:30] = JUNK
    kept = gallery_ids != JUNK
    found = rank(query, gallery, query_ids, gallery_ids, *groups, rerank=Reranking()).metrics()
    without = rank(query, gallery[kept], query_ids, gallery_ids[kept], groups[0], groups[1][kept], rerank=Reranking())
    assert found.junk_entries == 20
    assert found == without.metrics().model_copy(update={"junk_entries": 20})


def test_length_of_an_embedding_does_not_matter():
    rng, columns = structure(1, 12, 15)
    query, gallery = (torch.tensor(rng.normal(size=(size, 6)), dtype=torch.float32) for size in (12, 15))
    scale = torch.tensor(2.0 ** rng.integers(-3, 4, size=(15, 1)), dtype=torch.float32)  # exact in binary
    first, second = rank(query, gallery, *columns), rank(4 * query, scale * gallery, *columns)
    np.testing.assert_array_equal(first.queries.average_precision, second.queries.average_precision)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("role", ["query", "gallery"])
def test_an_embedding_that_is_not_finite_is_refused(value, role):
    embeddings = {"query": torch.ones(3, 2), "gallery": torch.ones(3, 2)}
    embeddings[role][1, 1] = value
    columns = [np.arange(3)] * 4
    with pytest.raises(InputError, match=f"{role}: an embedding holds NaN or infinity"):
        rank(embeddings["query"], embeddings["gallery"], *columns)


@pytest.mark.parametrize("wrong", range(4))
def test_lengths_that_do_not_fit_are_refused(wrong):
    columns = [np.arange(3) for _ in range(4)]
    columns[wrong] = np.arange(4)
    role = "query" if wrong in {0, 2} else "gallery"
    with pytest.raises(InputError, match=f"{role}: 3 embeddings"):
        rank(torch.ones(3, 2), torch.ones(3, 2), *columns)


@pytest.mark.parametrize("shape", [(3, 4), (2, 3), (3, 3, 1)])
def test_a_matrix_of_another_shape_is_refused(shape):
    with pytest.raises(InputError, match=r"similarities have shape .*; expected \(3, 3\), queries and gallery"):
        rank_matrix(torch.ones(shape), *[np.arange(3)] * 4)


def test_nothing_to_rank_is_told():
    none = np.zeros(0, int)
    with pytest.raises(InputError, match=r"query: embeddings of shape \(0, 2\)"):
        rank(torch.ones(0, 2), torch.ones(3, 2), none, np.arange(3), none, np.arange(3))
    with pytest.raises(InputError, match="query embeddings have 2 dimensions, gallery embeddings 3"):
        rank(torch.ones(3, 2), torch.ones(3, 3), *[np.arange(3)] * 4)


def test_the_nearest_entries_are_those_that_count_nearest_first():
    gallery = torch.tensor([[1.0, 0], [1, 1], [0, 1], [-1, 0], [2, 0.1]])
    keep = np.array([False, True, True, True, True])
    positions, similarity = top_entries(torch.tensor([3.0, 0]), gallery, keep, 3)
    assert positions.tolist() == [4, 1, 2]
    assert similarity == pytest.approx([2 / math.hypot(2, 0.1), math.sqrt(0.5), 0], abs=1e-6)
