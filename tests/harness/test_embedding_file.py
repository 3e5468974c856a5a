import io

import numpy as np
import pytest
import torch

from benchmarks.common.errors import InputError
from harness.embedding_file import rank_file, write_queries
from harness.ranking import rank
from harness.reranking import Reranking


def arrays(**changes):
    rng = np.random.default_rng(0)
    values = {
        "query_embeddings": rng.normal(size=(12, 4)).astype(np.float32),
        "gallery_embeddings": rng.normal(size=(20, 4)).astype(np.float32),
        "query_ids": np.arange(12) % 3,
        "gallery_ids": np.arange(20) % 3,
        "query_cameras": np.arange(12) % 2,
        "gallery_cameras": np.arange(20) % 4,
        "query_scenes": np.arange(12) % 5,
        "gallery_scenes": np.arange(20) % 2,
        **changes,
    }
    return {name: value for name, value in values.items() if value is not None}


@pytest.fixture
def npz(tmp_path):
    def write(save=np.savez, **changes):
        save(tmp_path / "embeddings.npz", **arrays(**changes))
        return tmp_path / "embeddings.npz"

    return write


def metrics(path, protocol="camera"):
    return rank_file(path, protocol).metrics()


@pytest.mark.parametrize("protocol", ["camera", "scene"])
@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_embeddings_of_a_file_are_ranked_by_the_rule(npz, protocol, save):
    values, group = arrays(), {"camera": "cameras", "scene": "scenes"}[protocol]
    query, gallery = (torch.from_numpy(values[f"{role}_embeddings"]) for role in ("query", "gallery"))
    columns = [values[f"{role}_{what}"] for what in ("ids", group) for role in ("query", "gallery")]
    assert rank_file(npz(save), protocol).metrics() == rank(query, gallery, *columns).metrics()


def test_the_two_rules_differ_and_the_arrays_of_one_are_enough(npz):
    by_camera = metrics(npz())
    assert by_camera != metrics(npz(), "scene")
    assert metrics(npz(query_scenes=None, gallery_scenes=None)) == by_camera


@pytest.mark.parametrize("dtype", [np.float16, np.float64, np.longdouble, ">f4", np.int16])
def test_embeddings_may_be_of_any_kind_of_number(npz, dtype):
    whole = {name: np.round(8 * value) for name, value in arrays().items() if name.endswith("embeddings")}
    expected = metrics(npz(**whole))
    assert metrics(npz(**{name: value.astype(dtype) for name, value in whole.items()})) == expected


@pytest.mark.parametrize("dtype", [np.int32, np.uint8, np.int64])
def test_identities_may_be_of_any_kind_of_whole_number(npz, dtype):
    ids = {name: value.astype(dtype) for name, value in arrays().items() if not name.endswith("embeddings")}
    assert metrics(npz(**ids)) == metrics(npz())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"query_ids": None}, "no array 'query_ids', which --protocol camera needs; arrays in it: gallery_cameras, "),
        ({"gallery_cameras": None}, "no array 'gallery_cameras', which --protocol camera needs"),
        ({"query_embeddings": np.ones(12)}, r"query_embeddings has shape \(12,\); expected 2 dimensions"),
        ({"gallery_ids": np.ones((20, 1), int)}, r"gallery_ids has shape \(20, 1\); expected 1 dimensions"),
        ({"gallery_ids": np.zeros(19, int)}, "gallery: 20 embeddings, but .19, 20. identities and groups"),
        ({"gallery_embeddings": np.ones((20, 5))}, "query embeddings have 4 dimensions, gallery embeddings 5"),
        ({"gallery_embeddings": np.ones((20, 0))}, r"gallery: embeddings of shape \(20, 0\); expected .entries, dimensions"),
        (
            {"query_embeddings": np.ones((0, 4)), "query_ids": np.zeros(0, int), "query_cameras": np.zeros(0, int)},
            r"query: embeddings of shape \(0, 4\); expected .entries, dimensions., none 0",
        ),
        ({"query_ids": np.array(["a"] * 12)}, "query_ids holds <U1; expected whole numbers"),
        ({"query_ids": np.linspace(0, 2, 12)}, "query_ids holds float64; expected whole numbers"),
        ({"query_cameras": np.full(12, np.nan)}, "query_cameras holds float64; expected whole numbers"),
        ({"query_embeddings": np.full((12, 4), "x")}, "query_embeddings holds <U1; expected numbers"),
        ({"query_embeddings": np.ones((12, 4), complex)}, "query_embeddings holds complex128; expected numbers"),
        ({"query_embeddings": np.full((12, 4), np.nan)}, "query: an embedding holds NaN or infinity"),
        ({"query_embeddings": np.full((12, 4), 1e300)}, "query: an embedding holds NaN or infinity"),
        ({"query_ids": np.full(12, 99)}, "no query has a match in the gallery"),
    ],
)
def test_arrays_that_cannot_be_ranked_are_refused(npz, changes, message):
    with pytest.raises(InputError, match=message):
        metrics(npz(**changes))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"query_embeddings": np.full((12, 4), np.nan)}, "query: an embedding holds NaN"),
        ({"query_ids": np.full(12, 99)}, "no query has a match"),
    ],
)
def test_refusals_name_the_file(npz, changes, said):
    with pytest.raises(InputError, match=f"embeddings.npz: {said}"):
        rank_file(npz(**changes), "camera")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_a_device_that_is_absent_is_told(npz):
    with pytest.raises(InputError, match="--device cuda: torch sees no CUDA device here"):
        rank_file(npz(), "camera", device="cuda")


def test_a_file_is_re_ranked_as_tensors_are(npz):
    values, settings = arrays(), Reranking(k1=4, k2=2)
    query, gallery = (torch.from_numpy(values[f"{role}_embeddings"]) for role in ("query", "gallery"))
    columns = [values[f"{role}_{what}"] for what in ("ids", "cameras") for role in ("query", "gallery")]
    found = rank_file(npz(), "camera", rerank=settings).metrics()
    assert found == rank(query, gallery, *columns, rerank=settings).metrics() != metrics(npz())


def test_what_is_per_query_is_written_whole_or_not_at_all(npz, tmp_path, monkeypatch):
    ranking, path = rank_file(npz(), "camera"), tmp_path / "out" / "queries.npz"
    write_queries(path, ranking)
    with np.load(path) as values:
        assert set(values.files) == {"average_precision", "inverse_negative_penalty", "first_hit", "identity"}
        for name in values.files:
            np.testing.assert_array_equal(values[name], getattr(ranking.queries, name))
    before = path.read_bytes()

    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(np, "savez_compressed", stop)
    with pytest.raises(KeyboardInterrupt):
        write_queries(path, ranking)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_the_scene_rule_needs_scenes(npz):
    with pytest.raises(InputError, match="no array 'gallery_scenes', which --protocol scene needs"):
        rank_file(npz(gallery_scenes=None), "scene")


@pytest.mark.parametrize("content", [b"", b"text", b"PK\x03\x04 cut", "npy", "pickle", "objects"])
def test_files_that_are_no_npz_are_refused(tmp_path, content):
    path, memory = tmp_path / "embeddings.npz", io.BytesIO()
    if content == "npy":
        np.save(memory, np.ones(3))
    elif content == "objects":
        np.savez(memory, **arrays(query_ids=np.array([{}] * 12)))
    elif content == "pickle":
        np.save(memory, np.array([{}]))
    path.write_bytes(content if isinstance(content, bytes) else memory.getvalue())
    with pytest.raises(InputError, match="embeddings.npz: not an npz of arrays"):
        rank_file(path, "camera")


def test_missing_files_and_folders_are_refused(tmp_path):
    with pytest.raises(InputError, match="none.npz: no such file"):
        rank_file(tmp_path / "none.npz", "camera")
    with pytest.raises(InputError, match="not an npz of arrays"):
        rank_file(tmp_path, "camera")


def test_damage_anywhere_in_an_npz_is_told_or_harmless(npz, tmp_path):
    content = npz(np.savez_compressed).read_bytes()
    path, refused = tmp_path / "damaged.npz", 0
    for position in range(0, len(content), 17):
        path.write_bytes(content[:position] + bytes([content[position] ^ 0x5A]) + content[position + 1 :])
        try:
            rank_file(path, "camera")
        except InputError:
            refused += 1
    assert refused > 20
