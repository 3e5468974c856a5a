import math

import numpy as np
import pytest
import torch

from benchmarks.common.errors import InputError
from benchmarks.common.settings import parse
from harness import reranking as module
from harness.reranking import Reranking, UnitDistances, nearest, rerank, reranked_blocks, reranking

CPU = torch.device("cpu")


class Given:
    """Distances of a matrix."""

    def __init__(self, matrix):
        self.matrix, self.size = matrix, len(matrix)

    def rows(self, start, stop):
        return self.matrix[start:stop].copy()

    def pairs(self, first, second):
        return self.matrix[first, second]


def plain(matrix, queries, k1, k2, weight):
    """Final distances of each query to the gallery, with sets and dictionaries, image by image."""
    images = range(len(matrix))
    distance = []
    for i in images:
        largest = max(float(value) for value in matrix[i])
        distance.append([float(value) / (largest or 1) for value in matrix[i]])
    order = [sorted(images, key=lambda j: (j != i, distance[i][j], j)) for i in images]

    def neighbours(i, k):
        return set(order[i][: k + 1])

    def reciprocal(i, k):
        return {j for j in neighbours(i, k) if i in neighbours(j, k)}

    codes = []
    for i in images:
        first = reciprocal(i, k1)
        whole = set(first)
        for j in first:
            candidate = reciprocal(j, round(k1 / 2))
            if len(candidate & first) / len(candidate) > 2 / 3 + 1e-12:
                whole |= candidate
        weights = {j: math.exp(-distance[i][j]) for j in whole}
        codes.append({j: value / sum(weights.values()) for j, value in weights.items()})
    averaged = []
    for i in images:
        near = order[i][:k2]
        averaged.append([sum(codes[j].get(g, 0) for j in near) / len(near) for g in images])
    final = []
    for q in range(queries):
        row = []
        for g in range(queries, len(matrix)):
            smaller = sum(map(min, averaged[q], averaged[g]))
            larger = sum(map(max, averaged[q], averaged[g]))
            row.append((1 - weight) * (1 - smaller / larger) + weight * distance[q][g])
        final.append(row)
    return np.array(final)


def whole(blocks):
    """All blocks as one matrix."""
    return np.concatenate([np.asarray(block) for _, block in blocks])


def clustered(seed, count, dimensions=6):
    """Embeddings of a few identities, so that there are neighbours to share."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(max(1, count // 6), dimensions))
    found = centres[rng.integers(len(centres), size=count)] + 0.4 * rng.normal(size=(count, dimensions))
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def squared(images):
    return ((images[:, None] - images[None]) ** 2).sum(axis=2)


@pytest.mark.parametrize("seed", range(25))
def test_final_distances_agree_with_plain_loops_on_a_given_matrix(seed):
    rng = np.random.default_rng(seed)
    count = int(rng.integers(3, 50))
    queries, k1, k2 = int(rng.integers(1, count)), int(rng.integers(1, 25)), int(rng.integers(1, 9))
    matrix, weight = squared(clustered(seed, count)), float(rng.uniform())
    found = whole(rerank(Given(matrix), queries, Reranking(k1=k1, k2=k2, weight=weight)))
    np.testing.assert_allclose(found, plain(matrix, queries, k1, k2, weight), rtol=0, atol=1e-9)


@pytest.mark.parametrize("seed", range(10))
def test_ties_of_distances_are_broken_by_position(seed):
    rng = np.random.default_rng(seed)
    half = np.triu(rng.integers(0, 5, size=(30, 30)), 1)
    matrix = (half + half.T).astype(np.float64)
    found = whole(rerank(Given(matrix), 10, Reranking(k1=6, k2=3)))
    np.testing.assert_allclose(found, plain(matrix, 10, 6, 3, 0.3), rtol=0, atol=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_embeddings_agree_with_plain_loops(seed):
    """In float32: distances lie within rounding, and so do what comes of them where no neighbour changes place."""
    images = clustered(seed, 60, 32)
    lengths = np.random.default_rng(seed).uniform(0.1, 9, size=(60, 1))
    query, gallery = (torch.from_numpy(part) for part in np.split(images * lengths, [20]))
    found = whole(reranked_blocks(query, gallery, np.zeros(0, np.int64), Reranking(), CPU))
    assert found.shape == (20, 40)
    np.testing.assert_allclose(-found, plain(squared(images), 20, 20, 6, 0.3), rtol=0, atol=1e-5)


def test_images_that_are_all_one_are_at_one_distance():
    same = torch.ones(9, 5)
    found = whole(reranked_blocks(same[:3], same[3:], np.zeros(0, np.int64), Reranking(k1=3, k2=2), CPU))
    assert np.isfinite(found).all()
    np.testing.assert_allclose(-found, plain(np.zeros((9, 9)), 3, 3, 2, 0.3), rtol=0, atol=1e-9)


def test_junk_keeps_its_column_and_changes_no_other():
    images = torch.from_numpy(clustered(0, 40))
    query, gallery, junk = images[:10], images[10:], np.array([0, 7, 29])
    found = whole(reranked_blocks(query, gallery, junk, Reranking(), CPU))
    kept = np.setdiff1d(np.arange(30), junk)
    without = whole(reranked_blocks(query, gallery[kept], np.zeros(0, np.int64), Reranking(), CPU))
    np.testing.assert_array_equal(found[:, kept], without)
    assert found.shape == (10, 30)


def test_a_gallery_of_junk_alone_leaves_nothing_to_re_rank():
    found = whole(reranked_blocks(torch.eye(3), torch.eye(3), np.arange(3), Reranking(), CPU))
    np.testing.assert_array_equal(found, np.zeros((3, 3)))


@pytest.mark.parametrize("rows", [1, 7, 100])
def test_blocks_do_not_show(rows, monkeypatch):
    matrix = squared(clustered(1, 50))
    expected = whole(rerank(Given(matrix), 20, Reranking()))
    monkeypatch.setattr(module, "block_rows", lambda entries: rows)
    np.testing.assert_array_equal(whole(rerank(Given(matrix), 20, Reranking())), expected)


def test_distances_are_those_of_unit_vectors_in_rows_and_in_pairs(monkeypatch):
    images = clustered(2, 30, 9)
    monkeypatch.setattr(module, "_PAIRS", 4)
    distances = UnitDistances(torch.from_numpy(3 * images[:8]), torch.from_numpy(images[8:]), CPU)
    rng = np.random.default_rng(0)
    first, second = rng.integers(30, size=(2, 11))
    assert distances.size == 30
    np.testing.assert_allclose(distances.rows(5, 12), squared(images)[5:12], atol=1e-6)
    np.testing.assert_allclose(distances.pairs(first, second), squared(images)[first, second], atol=1e-6)


def test_an_image_is_its_own_nearest_even_where_it_has_a_twin():
    found, largest = nearest(Given(np.zeros((4, 4))), 3)
    assert found.tolist() == [[0, 1, 2], [1, 0, 2], [2, 0, 1], [3, 0, 1]]
    assert largest.tolist() == [1, 1, 1, 1]


def test_embeddings_that_are_not_finite_are_refused():
    bad = torch.full((3, 2), math.nan)
    with pytest.raises(InputError, match="gallery: an embedding holds NaN or infinity"):
        list(reranked_blocks(torch.ones(3, 2), bad, np.zeros(0, np.int64), Reranking(), CPU))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"k1": 0}, "k1: input should be greater than or equal to 1"),
        ({"k2": 0}, "k2: input should be greater than or equal to 1"),
        ({"k1": 2.5}, "k1: input should be a valid integer"),
        ({"weight": 1.5}, "weight: input should be less than or equal to 1"),
        ({"weight": math.nan}, "weight: input should be"),
        ({"lambda": 0.3}, "unknown key 'lambda'"),
    ],
)
def test_parameters_that_cannot_be_are_refused(values, message):
    with pytest.raises(InputError, match=message):
        parse(Reranking, values, "--rerank")


def test_parameters_of_the_command_line():
    assert reranking(False, {"k1": None}) is None
    assert reranking(True, {"k1": None, "weight": 0.5}) == Reranking(weight=0.5)
    with pytest.raises(InputError, match="--rerank-k2: does nothing without --rerank"):
        reranking(False, {"k1": None, "k2": 3})
