import json
import os

import pytest
from PIL import Image

from benchmarks.folders import readable
from benchmarks.folders.readable import unreadable
from benchmarks.msvr310 import Msvr310
from benchmarks.rgbnt100 import Rgbnt100

from .helpers import load, names, paint, small


@pytest.fixture
def tree(tmp_path):
    return small(Msvr310, tmp_path / "data")


@pytest.fixture
def damaged(tree):
    """Of the ten gallery triplets, the second has no image for TIR and the fourth one of the wrong mode for RGB."""
    gallery = tree / "bounding_box_test" / "0010"
    (gallery / "th" / "0010_s001_v5_005.jpg").write_bytes(b"no image")
    paint(gallery / "vis" / "0010_s002_v5_005.jpg", (1, 2, 3, 4), mode="RGBA")
    return tree


FOUND = {
    1: "th/0010_s001_v5_005.jpg: not a readable image (cannot identify image file)",
    3: "vis/0010_s002_v5_005.jpg: the image has mode RGBA; expected 8-bit RGB or grey (L): convert the file",
}


def gallery_of(tree):
    return load(Msvr310, tree.parent).gallery


def count_reads(monkeypatch):
    """The positions that are read from now on."""
    read, plain = [], readable._reason
    monkeypatch.setattr(readable, "_reason", lambda split, position: (read.append(position), plain(split, position))[1])
    return read


def test_positions_and_reasons_are_told_without_the_folders_of_a_machine(damaged):
    gallery = gallery_of(damaged)
    assert names(gallery)[1] == "0010/0010_s001_v5_005.jpg"
    assert unreadable(gallery, None) == FOUND


def test_a_whole_split_has_none(tree):
    assert unreadable(gallery_of(tree), None) == {}


def test_the_reason_of_a_strip_is_that_of_its_file(tmp_path):
    path = small(Rgbnt100, tmp_path) / "rgbir" / "query" / "0502_c0002_000.jpg"
    paint(path, (1, 2, 3), (5, 4))
    found = unreadable(load(Rgbnt100, tmp_path).query, None)
    assert found == {0: "query/0502_c0002_000.jpg: 5 pixels wide; a strip of RGB, NIR and TIR has three tiles of equal width"}


def test_the_answer_is_kept_for_files_as_they_are(damaged, tmp_path, monkeypatch):
    read = count_reads(monkeypatch)
    cache = tmp_path / "cache"
    assert unreadable(gallery_of(damaged), cache) == FOUND
    assert sorted(read) == list(range(10))
    assert unreadable(gallery_of(damaged), cache) == FOUND
    assert len(read) == 10
    (kept,) = cache.iterdir()
    assert str(tmp_path) not in kept.read_text("utf-8")


def test_the_answer_is_found_anew_when_a_file_changes(damaged, tmp_path, monkeypatch):
    cache = tmp_path / "cache"
    unreadable(gallery_of(damaged), cache)
    read = count_reads(monkeypatch)
    paint(damaged / "bounding_box_test" / "0010" / "th" / "0010_s001_v5_005.jpg", (1, 2, 3))
    assert unreadable(gallery_of(damaged), cache) == {3: FOUND[3]}
    assert sorted(read) == list(range(10))


def test_a_change_of_time_alone_is_a_change(damaged, tmp_path):
    before = gallery_of(damaged).stamp
    path = damaged / "bounding_box_test" / "0012" / "ni" / "0012_s008_v5_005.jpg"
    os.utime(path, ns=(1, 1))
    assert gallery_of(damaged).stamp != before


def test_a_link_to_nowhere_is_unreadable(tree, tmp_path):
    path = tree / "bounding_box_test" / "0011" / "ni" / "0011_s001_v0_000.jpg"
    path.unlink()
    path.symlink_to(tmp_path / "nowhere.jpg")
    found = unreadable(gallery_of(tree), tmp_path / "cache")
    assert list(found.values()) == ["ni/0011_s001_v0_000.jpg: not a readable image (No such file or directory)"]
    Image.new("RGB", (4, 8)).save(tmp_path / "nowhere.jpg")
    assert unreadable(gallery_of(tree), tmp_path / "cache") == {}
    assert {len(json.loads(kept.read_text("utf-8"))) for kept in (tmp_path / "cache").iterdir()} == {0, 1}
