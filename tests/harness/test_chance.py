import itertools

import numpy as np
import pytest
import torch

from harness.chance import chance_average_precision
from harness.ranking import rank


def average_precision(hits):
    """Mean precision at the hits, place by place."""
    found, total = 0, 0.0
    for place, hit in enumerate(hits, 1):
        if hit:
            found += 1
            total += found / place
    return total / found


def chance(entries, positives):
    return float(chance_average_precision(np.array([entries]), np.array([positives]))[0])


@pytest.mark.parametrize(("entries", "positives"), [(n, k) for n in range(1, 7) for k in range(1, n + 1)])
def test_chance_is_the_mean_over_all_orders(entries, positives):
    orders = itertools.combinations(range(entries), positives)
    values = [average_precision([place in order for place in range(entries)]) for order in orders]
    assert chance(entries, positives) == pytest.approx(np.mean(values), abs=1e-12)


def test_chance_is_what_random_orders_get():
    rng = np.random.default_rng(0)
    for entries, positives in ((40, 3), (200, 7)):
        row = np.arange(entries) < positives
        values = [average_precision(rng.permutation(row)) for _ in range(4000)]
        error = np.std(values) / np.sqrt(len(values))
        assert abs(np.mean(values) - chance(entries, positives)) < 4 * error


def test_chance_is_above_the_share_of_positives_unless_all_are():
    assert chance(100, 5) > 0.05
    assert chance(8, 8) == 1
    assert chance_average_precision(np.zeros(0, np.int64), np.zeros(0, np.int64)).shape == (0,)


def test_a_ranking_knows_the_chance_of_its_queries():
    """The entries that the protocol removes are not counted, and skipped queries are in no mean."""
    ids, cameras = np.array([1, 1, 1, 2, 2, 3]), np.array([0, 0, 1, 0, 1, 0])
    found = rank(torch.eye(6), torch.eye(6), ids, ids, cameras, cameras).metrics()
    # identity 1 in camera 0: 2 of 6 removed, 1 match; in camera 1: 1 removed, 2 matches; identity 2: 1 removed, 1 match
    kept = [(4, 1), (4, 1), (5, 2), (5, 1), (5, 1)]
    assert found.skipped_queries == 1
    assert found.chance_mAP == pytest.approx(np.mean([chance(*counts) for counts in kept]))


def test_random_embeddings_are_at_the_chance_of_the_ranking():
    rng = np.random.default_rng(0)
    ids, cameras = np.arange(120) // 6, rng.integers(3, size=120)
    draws = [torch.from_numpy(rng.normal(size=(120, 16)).astype(np.float32)) for _ in range(30)]
    found = [rank(each, each, ids, ids, cameras, cameras).metrics() for each in draws]
    assert len({metrics.chance_mAP for metrics in found}) == 1
    values = [metrics.mAP for metrics in found]
    assert abs(np.mean(values) - found[0].chance_mAP) < 4 * np.std(values) / np.sqrt(len(values))
