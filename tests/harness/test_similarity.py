import math

import numpy as np
import pytest
import torch

from benchmarks.common.errors import InputError
from harness import similarity
from harness.similarity import block_rows, check_embeddings, inverse_lengths, similarity_blocks

CPU = torch.device("cpu")


def embeddings(count, seed=0, dimensions=7):
    return torch.randn(count, dimensions, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def matrix(query, gallery):
    """All blocks as one matrix."""
    parts = [(start, block.clone()) for start, block in similarity_blocks(query, gallery, CPU)]
    assert [start for start, _ in parts] == np.cumsum([0, *(len(block) for _, block in parts)])[:-1].tolist()
    return torch.cat([block for _, block in parts])


def cosines(query, gallery):
    query, gallery = query.double(), gallery.double()
    return torch.tensor([[float(q @ g) / (math.sqrt(q @ q) * math.sqrt(g @ g)) for g in gallery] for q in query])


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_similarities_are_cosines_whatever_the_type(dtype, monkeypatch):
    query, gallery = 3 * embeddings(9).to(dtype), 0.2 * embeddings(23, 1).to(dtype)
    expected = cosines(query, gallery)
    for tile in (2**22, 7 * 4):  # the second: of four embeddings
        monkeypatch.setattr(similarity, "_TILE_ELEMENTS", tile)
        found = matrix(query, gallery)
        assert found.dtype == torch.float32
        torch.testing.assert_close(found.double(), expected.double(), rtol=0, atol=1e-6)


def test_blocks_share_one_buffer_and_leave_the_embeddings_as_they_are(monkeypatch):
    monkeypatch.setattr(similarity, "_BLOCK_ELEMENTS", 4 * 23)
    monkeypatch.setattr(similarity, "_ROWS", 1)
    monkeypatch.setattr(similarity, "_STEP", 4)
    query, gallery = embeddings(9).float(), embeddings(23, 1).float()
    before = query.clone(), gallery.clone()
    pointers = [(len(block), block.data_ptr()) for _, block in similarity_blocks(query, gallery, CPU)]
    assert [rows for rows, _ in pointers] == [4, 4, 1]
    assert len({pointer for _, pointer in pointers}) == 1
    assert torch.equal(query, before[0])
    assert torch.equal(gallery, before[1])
    torch.testing.assert_close(matrix(query, gallery).double(), cosines(*before).double(), rtol=0, atol=1e-6)


@pytest.mark.parametrize("entries", [1, 836, 8575, 15_913, 200_000, 2**27, 2**30])
def test_blocks_stay_within_their_memory(entries):
    rows = block_rows(entries)
    assert rows >= 1
    assert rows * entries <= max(2**27, entries)
    if entries <= 200_000:
        assert rows >= 512
    assert rows <= 512 or rows * entries <= 2**22


def test_zeros_are_similar_to_nothing():
    assert matrix(torch.zeros(1, 3), torch.eye(3)).tolist() == [[0, 0, 0]]
    assert matrix(torch.eye(3)[:1], torch.zeros(2, 3)).tolist() == [[0, 0]]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1e300])
def test_what_is_not_finite_is_refused(value):
    wrong = embeddings(5)
    wrong[3, 2] = value
    with pytest.raises(InputError, match="gallery: an embedding holds NaN or infinity"):
        inverse_lengths(wrong, "gallery")


@pytest.mark.parametrize(
    ("query", "gallery", "message"),
    [
        ((3, 4), (3, 5), "query embeddings have 4 dimensions, gallery embeddings 5"),
        ((0, 4), (3, 4), r"query: embeddings of shape \(0, 4\)"),
        ((3, 4), (0, 4), r"gallery: embeddings of shape \(0, 4\)"),
        ((3, 0), (3, 0), r"query: embeddings of shape \(3, 0\)"),
        ((3,), (3, 4), r"query: embeddings of shape \(3,\)"),
    ],
)
def test_shapes_that_cannot_be_compared_are_refused(query, gallery, message):
    with pytest.raises(InputError, match=message):
        check_embeddings(torch.ones(query), torch.ones(gallery))
