from collections import Counter

import numpy as np
import pytest
from folders.helpers import SCENES, load, matches, names, refused, remarks, small

from benchmarks.base import Sample
from benchmarks.msvr310 import Msvr310, Msvr310Settings
from benchmarks.protocol import Protocol


@pytest.fixture(scope="module")
def real(real_trees):
    return load(Msvr310, real_trees.usual)


@pytest.fixture(scope="module")
def derived(real_trees):
    """Without a folder of queries, in a folder in lower case."""
    return load(Msvr310, real_trees.other)


def test_a_sample_is_read_from_its_path(tmp_path):
    small(Msvr310, tmp_path)
    gallery = load(Msvr310, tmp_path).gallery
    assert gallery.samples[3] == Sample("0010/0010_s002_v5_005.jpg", 10, camera=5, scene=2)
    assert [path.relative_to(tmp_path).as_posix() for path in gallery.files(3)] == [
        f"MSVR310/bounding_box_test/0010/{modality}/0010_s002_v5_005.jpg" for modality in ("vis", "ni", "th")
    ]


def test_queries_are_the_test_images_of_identities_with_two_scenes(tmp_path):
    folder = small(Msvr310, tmp_path)
    from_folder = load(Msvr310, tmp_path)
    assert names(from_folder.query) == [f"{name[:4]}/{name}" for name in sorted(SCENES["query3"])]
    (folder / "query3").rename(tmp_path / "elsewhere")
    without = load(Msvr310, tmp_path)
    assert without.split_fingerprint == from_folder.split_fingerprint
    assert remarks(without) == ["MSVR310: no folder of queries; they follow from the gallery by the published rule"]
    np.testing.assert_array_equal(without.query.read(1)[2], without.gallery.read(1)[2])


def test_a_folder_that_contradicts_the_name_is_said(tmp_path):
    folder = small(Msvr310, tmp_path)
    (folder / "bounding_box_test" / "0011").rename(folder / "bounding_box_test" / "0013")
    said = refused(load, Msvr310, tmp_path)
    assert (
        "bounding_box_test/0013/vis/0011_s001_v0_000.jpg: the name says identity 11, the folder 13; move or rename it" in said
    )
    assert "problems of names and folders: harness data verify lists them)" in said


@pytest.mark.parametrize("name", ["0010_s001_v8_000.jpg", "0010_s01_v0_000.jpg", "0010_c001_v0_000.jpg", "010_s001_v0_000.jpg"])
def test_a_name_that_does_not_read_is_said(tmp_path, name):
    folder = small(Msvr310, tmp_path) / "bounding_box_test" / "0010"
    for modality in ("vis", "ni", "th"):
        (folder / modality / "0010_s001_v0_000.jpg").rename(folder / modality / name)
    said = refused(load, Msvr310, tmp_path)
    assert name in said
    assert "the name does not read IIII_sSSS_vV_NNN.jpg, as in 0002_s002_v0_000.jpg" in said


def test_facts_are_the_published_ones():
    facts = Msvr310.facts(Msvr310Settings())
    assert (facts.object, facts.identities, facts.cameras, facts.image_size) == ("vehicle", 155, 8, (128, 256))
    assert facts.protocol is Protocol.SCENE


def test_the_published_split_has_its_published_counts(real):
    assert real.counts == {
        "train": {"samples": 1032, "identities": 155, "cameras": 8},
        "query": {"samples": 591, "identities": 52, "cameras": 8},
        "gallery": {"samples": 1055, "identities": 155, "cameras": 8},
    }
    assert real.facts == Msvr310.facts(Msvr310Settings())
    assert not real.left_out + real.remarks
    train, test = set(real.train.scenes.tolist()), set(real.gallery.scenes.tolist())
    assert (len(train), len(test), len(train | test)) == (30, 30, 31)
    assert not set(real.train.identities.tolist()) & set(real.gallery.identities.tolist())
    scenes = Counter(identity for identity, _ in {(s.identity, s.scene) for s in real.gallery.samples})
    assert Counter(count > 1 for count in scenes.values()) == {False: 103, True: 52}
    images = Counter(real.gallery.identities.tolist()).values()
    assert (min(images), max(images)) == (2, 34)


def test_only_two_queries_share_identity_scene_and_view(real):
    places = Counter((s.identity, s.scene, s.camera) for s in real.query.samples)
    same = [s.name for s in real.query.samples if places[s.identity, s.scene, s.camera] > 1]
    assert same == ["0094/0094_s023_v6_009.jpg", "0094/0094_s023_v6_010.jpg"]


def test_the_query_list_is_the_published_one_in_its_order(real, derived, published_reference):
    published = (published_reference / "msvr310_query591.txt").read_text().split()
    for benchmark in (real, derived):
        assert [name.partition("/")[2] for name in names(benchmark.query)] == published


def test_both_variants_are_one_split(real, derived):
    assert derived.split_fingerprint == real.split_fingerprint
    assert derived.facts == real.facts


def test_matches_under_the_scene_rule_are_the_published_ones(real):
    positives, removed = matches(real.query, real.gallery, "scene")
    assert (positives.min(), positives.max(), round(positives.mean(), 2)) == (1, 31, 10.52)
    assert (removed.min(), removed.max()) == (1, 8)


def test_a_camera_rule_would_be_another_benchmark(real):
    by_scene, _ = matches(real.query, real.gallery, "scene")
    by_view, _ = matches(real.query, real.gallery, "camera")
    assert (by_view.min(), by_view.max()) == (3, 31)
    assert (by_scene != by_view).sum() == 516


def test_not_every_test_image_can_be_a_query(real):
    positives, _ = matches(real.gallery, real.gallery, "scene")
    assert (len(positives), (positives == 0).sum()) == (1055, 464)
