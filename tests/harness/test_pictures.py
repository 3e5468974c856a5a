import numpy as np
import pytest

from benchmarks.common.errors import InputError
from harness.pictures import Pictures, pictures_path, read_pictures, write_pictures


def pictures(experts=2):
    rng = np.random.default_rng(0)
    return Pictures(
        query_images=rng.integers(256, size=(2, 3, 8, 4, 3), dtype=np.uint8),
        query_names=np.array(["a.jpg", "bb.jpg"]),
        query_captions=np.array([["A man.", "", "✓"]] * 2),
        ranked_images=rng.integers(256, size=(2, 4, 3, 8, 4, 3), dtype=np.uint8),
        ranked_names=np.array([["c.jpg"] * 4] * 2),
        similarity=rng.normal(size=(2, 4)).astype(np.float32),
        hits=rng.random((2, 4)) < 0.5,
        masks=rng.random((2, experts, 3, 2, 1)) < 0.5,
    )


@pytest.mark.parametrize("experts", [0, 2])
def test_pictures_survive_the_round_trip(tmp_path, experts):
    written = pictures(experts)
    write_pictures(tmp_path, "run", written)
    found = read_pictures(tmp_path, "run")
    for name in Pictures.model_fields:
        np.testing.assert_array_equal(getattr(found, name), getattr(written, name))
        assert getattr(found, name).dtype == getattr(written, name).dtype


def test_a_run_without_pictures_has_none(tmp_path):
    assert read_pictures(tmp_path, "run") is None


@pytest.mark.parametrize("content", [b"", b"text", b"PK\x03\x04", None])
def test_damaged_pictures_are_told(tmp_path, content):
    write_pictures(tmp_path, "run", pictures())
    path = pictures_path(tmp_path, "run")
    path.write_bytes(path.read_bytes()[:-200] if content is None else content)
    with pytest.raises(InputError, match="run.npz: not the pictures of a run"):
        read_pictures(tmp_path, "run")


def test_pictures_that_lack_an_array_are_told(tmp_path):
    write_pictures(tmp_path, "run", pictures())
    np.savez(pictures_path(tmp_path, "run"), hits=np.ones(2, bool))
    with pytest.raises(InputError, match="not the pictures of a run"):
        read_pictures(tmp_path, "run")
