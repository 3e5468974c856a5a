import math

import numpy as np
import pytest
import torch

from benchmarks.common.errors import InputError
from harness.ranking import rank, top_entries


def plain(similarity, query_ids, gallery_ids, query_groups, gallery_groups):
    """AP, INP, first hit and tied hits of every query, entry by entry in float64; a tie counts against the query."""
    results = []
    for q, row in enumerate(np.asarray(similarity, np.float64).tolist()):
        hits, others = [], []
        for g, value in enumerate(row):
            if gallery_ids[g] != query_ids[q]:
                others.append(value)
            elif gallery_groups[g] != query_groups[q]:
                hits.append(value)
        if not hits:
            results.append((math.nan, math.nan, 0, 0))
            continue
        hits.sort(reverse=True)
        ranks = [position + sum(other >= hit for other in others) for position, hit in enumerate(hits, 1)]
        precision = [position / place for position, place in enumerate(ranks, 1)]
        tied = sum(hit in others for hit in hits)
        results.append((sum(precision) / len(hits), len(hits) / ranks[-1], ranks[0], tied))
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
    """Rank a given similarity matrix: with unit vectors as gallery, the rows order and tie as they stand."""
    return rank(torch.tensor(similarity, dtype=torch.float32), torch.eye(np.shape(similarity)[1]), *columns)


def structure(seed, queries, entries, identities=4, groups=3):
    """Random identities and groups of queries and gallery."""
    rng = np.random.default_rng(seed)
    sizes = (queries, entries)
    ids = [rng.integers(identities, size=size) for size in sizes]
    return rng, (*ids, *[rng.integers(groups, size=size) for size in sizes])


def check(ranking, expected):
    ap, inp, first, tied = expected
    np.testing.assert_allclose(ranking.queries.average_precision, ap, rtol=0, atol=1e-9)
    np.testing.assert_allclose(ranking.queries.inverse_negative_penalty, inp, rtol=0, atol=1e-9)
    np.testing.assert_array_equal(ranking.queries.first_hit, first)
    assert ranking.tied_positives == tied.sum()


@pytest.mark.parametrize("seed", range(60))
def test_every_query_agrees_with_a_plain_loop(seed):
    rng = np.random.default_rng(seed)
    queries, entries = rng.integers(1, 30, size=2)
    rng, columns = structure(seed, queries, entries, *rng.integers(1, 6, size=2))
    similarity = rng.integers(1, 8, size=(queries, entries))  # many ties
    ranking = from_similarity(similarity, *columns)
    expected = plain(similarity, *columns)
    check(ranking, expected)
    ap, inp, first, _ = expected
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


def test_a_collapsed_model_has_no_rank_1_and_all_its_hits_are_ties():
    ids, cameras = np.repeat(np.arange(5), 4), np.tile(np.arange(4), 5)
    ones = torch.ones(20, 7)
    ranking = rank(ones, ones, ids, ids, cameras, cameras)
    metrics = ranking.metrics()
    assert (metrics.R1, metrics.R5, metrics.R10) == (0, 0, 0)
    assert ranking.queries.first_hit.tolist() == [17] * 20  # 16 entries of other identities come first
    assert metrics.tied_positives == 20 * 3
    assert metrics.mAP == pytest.approx((1 / 17 + 2 / 18 + 3 / 19) / 3)


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


def test_a_gallery_of_fewer_than_ten_entries_is_ranked_to_its_end():
    ranking = from_similarity([[3, 2, 1]], np.array([1]), np.array([0, 0, 1]), np.array([0]), np.ones(3, int))
    metrics = ranking.metrics()
    assert (metrics.R1, metrics.R5, metrics.R10) == (0, 1, 1)


def test_blocks_of_queries_do_not_show():
    rng, columns = structure(3, 1100, 9)
    similarity = rng.integers(1, 5, size=(1100, 9))
    check(from_similarity(similarity, *columns), plain(similarity, *columns))


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


def test_the_nearest_entries_are_those_that_count_nearest_first():
    gallery = torch.tensor([[1.0, 0], [1, 1], [0, 1], [-1, 0], [2, 0.1]])
    keep = np.array([False, True, True, True, True])
    positions, similarity = top_entries(torch.tensor([3.0, 0]), gallery, keep, 3)
    assert positions.tolist() == [4, 1, 2]
    assert similarity == pytest.approx([2 / math.hypot(2, 0.1), math.sqrt(0.5), 0], abs=1e-6)
