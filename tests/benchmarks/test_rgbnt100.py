from collections import Counter

import numpy as np
import pytest
from folders.helpers import STRIPS, load, matches, names, refused, small
from PIL import Image

from benchmarks.base import Sample
from benchmarks.protocol import Protocol
from benchmarks.rgbnt100 import Rgbnt100, Rgbnt100Settings


@pytest.fixture(scope="module")
def real(real_trees):
    return load(Rgbnt100, real_trees.usual)


def noise(height, width, *key):
    return np.random.default_rng(key).integers(256, size=(height, width, 3), dtype=np.uint8)


def write(path, pixels):
    """Without loss, whatever the name says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, format="png")


@pytest.fixture
def both_forms(tmp_path):
    """The same pixels as strips and as raw folders, in two data roots."""
    strips, raw = tmp_path / "strips" / "RGBNT100", tmp_path / "raw" / "RGBNT100"
    for role, listed in STRIPS.items():
        for number, name in enumerate(listed):
            tiles = [noise(8, 16, number, place, role == "bounding_box_train") for place in range(3)]
            write(strips / "rgbir" / role / name, np.concatenate(tiles, axis=1))
            for modality, tile in zip("RNT", tiles, strict=True):
                if role != "query":
                    write(raw / modality / name[:4] / name, tile)
    return strips.parent, raw.parent


def test_a_sample_is_read_from_its_name(tmp_path):
    small(Rgbnt100, tmp_path)
    train = load(Rgbnt100, tmp_path).train
    assert train.samples[4] == Sample("0501_c0008_005.jpg", 501, camera=7, scene=0)
    assert train.files(4) == (tmp_path / "RGBNT100" / "rgbir" / "bounding_box_train" / "0501_c0008_005.jpg",)


def test_strips_are_cut_into_rgb_nir_and_tir(both_forms):
    train = load(Rgbnt100, both_forms[0]).train
    for position, name in enumerate(names(train)):
        number = STRIPS["bounding_box_train"].index(name)
        images = train.read(position)
        assert len(images) == 3
        for place, image in enumerate(images):
            np.testing.assert_array_equal(image, noise(8, 16, number, place, True))


def test_raw_folders_are_the_same_split_with_the_same_pixels(both_forms):
    strips, raw = (load(Rgbnt100, root) for root in both_forms)
    assert raw.split_fingerprint == strips.split_fingerprint
    assert names(raw.query) == sorted(STRIPS["query"])
    for split in ("train", "gallery"):
        for position in range(len(strips.train)):
            one, other = (getattr(benchmark, split).read(position) for benchmark in (strips, raw))
            np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(raw.query.read(2), raw.gallery.read(names(raw.gallery).index(names(raw.query)[2])))


def test_queries_are_read_from_their_own_copies(tmp_path):
    folder = small(Rgbnt100, tmp_path) / "rgbir" / "query"
    write(folder / "0502_c0002_000.jpg", noise(8, 48, 3))
    np.testing.assert_array_equal(np.concatenate(load(Rgbnt100, tmp_path).query.read(0), axis=1), noise(8, 48, 3))


def test_a_strip_without_a_folder_of_queries_has_the_published_ones(tmp_path):
    folder = small(Rgbnt100, tmp_path)
    whole = load(Rgbnt100, tmp_path)
    (folder / "rgbir" / "query").rename(tmp_path / "elsewhere")
    assert load(Rgbnt100, tmp_path).split_fingerprint == whole.split_fingerprint


def test_a_width_that_is_no_multiple_of_three_is_said(tmp_path):
    path = small(Rgbnt100, tmp_path) / "rgbir" / "query" / "0502_c0002_000.jpg"
    write(path, noise(8, 47, 1))
    query = load(Rgbnt100, tmp_path).query
    said = refused(query.read, 0)
    assert said == f"{path}: 47 pixels wide; a strip of RGB, NIR and TIR has three tiles of equal width"


@pytest.mark.parametrize(
    "name", ["0500_c0001_000.jpg", "0601_c0001_000.jpg", "0502_c0009_000.jpg", "0502_c0000_000.jpg", "-1_c0001_000.jpg"]
)
def test_a_name_outside_the_data_set_is_said(tmp_path, name):
    write(small(Rgbnt100, tmp_path) / "rgbir" / "bounding_box_test" / name, noise(8, 48, 1))
    assert "identity 0501 to 0600 and camera 0001 to 0008, as in 0502_c0001_010.jpg" in refused(load, Rgbnt100, tmp_path)


def test_raw_folders_without_a_test_identity_are_said(both_forms):
    for modality in "RNT":
        for identity in ("0502", "0600"):
            (both_forms[1] / "RGBNT100" / modality / identity).rename(both_forms[1] / f"{modality}{identity}")
    assert "no .jpg file of a test identity in it" in refused(load, Rgbnt100, both_forms[1])


def test_facts_are_the_published_ones():
    facts = Rgbnt100.facts(Rgbnt100Settings())
    assert (facts.object, facts.identities, facts.cameras, facts.image_size) == ("vehicle", 50, 8, (128, 256))
    assert facts.protocol is Protocol.CAMERA


def test_the_published_split_has_its_published_counts(real):
    assert real.counts == {
        "train": {"samples": 8675, "identities": 50, "cameras": 8},
        "query": {"samples": 1715, "identities": 50, "cameras": 8},
        "gallery": {"samples": 8575, "identities": 50, "cameras": 8},
    }
    assert real.facts == Rgbnt100.facts(Rgbnt100Settings())
    assert set(real.train.identities.tolist()) == set(range(501, 600, 2))
    assert set(real.gallery.identities.tolist()) == set(range(502, 601, 2))
    for split, pairs in ((real.train, 347), (real.gallery, 343)):
        frames = Counter((sample.identity, sample.camera) for sample in split.samples)
        assert len(frames) == pairs
        assert set(frames.values()) == {25}
    cameras = Counter(identity for identity, _ in {(s.identity, s.camera) for s in real.gallery.samples}).values()
    assert (min(cameras), max(cameras)) == (3, 8)


def test_matches_are_the_published_ones(real):
    positives, removed = matches(real.query, real.gallery, "camera")
    assert (positives.min(), positives.max(), round(positives.mean(), 2)) == (50, 175, 154.96)
    assert set(removed.tolist()) == {25}


@pytest.mark.parametrize("layout", ["auto", "rgbirt", "raw"])
def test_every_variant_is_the_same_split_with_the_published_queries(real, real_trees, published_reference, layout):
    published = (published_reference / "rgbnt100_query1715.txt").read_text().split()
    other = load(Rgbnt100, real_trees.other, layout=layout)
    assert names(other.query) == names(real.query) == published
    assert other.split_fingerprint == real.split_fingerprint
    assert other.facts == real.facts
    assert len(other.gallery.files(0)) == (3 if layout == "raw" else 1)


def test_a_variant_that_is_not_there_is_said(real_trees):
    assert "neither RGBNT100/rgbir/bounding_box_train/ nor rgbir/bounding_box_train/ is in it" in refused(
        load, Rgbnt100, real_trees.other, layout="rgbir"
    )
