from pathlib import Path

import numpy as np
import pytest

from benchmarks.folders.arrangement import ByIdentity, ByModality, ModalityFirst, Strips

from .helpers import paint

THREE = ("vis", "ni", "th")
ALL = {0, 1, 2}


def touch(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def told(scan, root):
    return [(found.kind, Path(found.path).relative_to(root).as_posix(), found.message) for found in scan.problems]


def test_one_name_in_three_folders(tmp_path):
    touch(tmp_path, "vis/b.jpg", "ni/a.jpg", "ni/b.jpg", "th/b.jpg", "th/a.jpg")
    scan = ByModality(THREE).scan(tmp_path)
    assert scan.keys == {"b.jpg": ALL, "a.jpg": {1, 2}}
    assert not scan.problems
    assert not scan.absent
    assert ByModality(THREE).files(tmp_path, "a.jpg") == tuple(tmp_path / name / "a.jpg" for name in THREE)


def test_folders_of_identities(tmp_path):
    touch(tmp_path, *(f"0002/{name}/x.jpg" for name in THREE), "0001/vis/x.jpg", "0001/ni/y.jpg", "0001/th/x.jpg")
    arrangement = ByIdentity(THREE)
    scan = arrangement.scan(tmp_path)
    assert scan.keys == {"0001/x.jpg": {0, 2}, "0001/y.jpg": {1}, "0002/x.jpg": ALL}
    assert not scan.problems
    assert arrangement.files(tmp_path, "0001/y.jpg") == tuple(tmp_path / "0001" / name / "y.jpg" for name in THREE)


def test_modalities_above_identities(tmp_path):
    touch(tmp_path, *(f"{name}/0502/x.jpg" for name in "RNT"), "R/0501/y.jpg")
    arrangement = ModalityFirst(("R", "N", "T"))
    scan = arrangement.scan(tmp_path)
    assert scan.keys == {"0501/y.jpg": {0}, "0502/x.jpg": ALL}
    assert not scan.problems
    assert arrangement.files(tmp_path, "0502/x.jpg") == tuple(tmp_path / name / "0502" / "x.jpg" for name in "RNT")


def test_strips_have_all_modalities(tmp_path):
    touch(tmp_path, "b.jpg", "a.jpg")
    assert Strips().scan(tmp_path).keys == {"a.jpg": ALL, "b.jpg": ALL}
    assert Strips().files(tmp_path, "a.jpg") == (tmp_path / "a.jpg",)


def test_images_come_in_the_order_rgb_nir_tir(tmp_path):
    for place, name in enumerate(THREE):
        paint(tmp_path / name / "a.jpg", (place, 0, 0))
        paint(tmp_path / "0001" / name / "a.jpg", (place, 1, 0))
        paint(tmp_path / name / "0001" / "a.jpg", (place, 2, 0))
    for arrangement, key, mark in ((ByModality, "a.jpg", 0), (ByIdentity, "0001/a.jpg", 1), (ModalityFirst, "0001/a.jpg", 2)):
        images = arrangement(THREE).read(tmp_path, key)
        assert [image[0, 0].tolist() for image in images] == [[place, mark, 0] for place in range(3)]


def test_a_strip_is_read_as_three_images(tmp_path):
    paint(tmp_path / "a.jpg", (1, 2, 3), (12, 8))
    assert np.shape(Strips().read(tmp_path, "a.jpg")) == (3, 8, 4, 3)


@pytest.mark.parametrize(
    ("name", "mend"),
    [
        ("a.JPG", "rename"),
        ("a.jpeg", "rename"),
        ("a.png", "convert"),
        ("a.BMP", "convert"),
        ("a.tiff", "convert"),
        ("a.webp", "convert"),
    ],
)
def test_images_with_another_ending_are_told(tmp_path, name, mend):
    touch(tmp_path, "ok.jpg", name, "Thumbs.db", "list.txt", ".hidden.jpg", "._ok.jpg")
    scan = Strips().scan(tmp_path)
    assert list(scan.keys) == ["ok.jpg"]
    assert told(scan, tmp_path) == [("unexpected_file", name, f"not read: images end in .jpg; {mend} it")]


def test_what_is_no_folder_of_an_identity_is_told(tmp_path):
    touch(tmp_path, *(f"0001/{name}/x.jpg" for name in THREE), "loose.jpg", "list.txt", ".git/x.jpg", ".x.jpg", "car/vis/x.jpg")
    scan = ByIdentity(THREE).scan(tmp_path)
    assert list(scan.keys) == ["0001/x.jpg"]
    assert told(scan, tmp_path) == [
        ("bad_folder", "car", "not the number of an identity, as in 0001; remove or rename"),
        ("unexpected_file", "loose.jpg", "not read: images lie in a folder for each identity"),
    ]


def test_a_missing_folder_is_told_with_what_was_expected(tmp_path):
    touch(tmp_path / "test", "vis/x.jpg", "th/x.jpg")
    scan = ByModality(THREE).scan(tmp_path / "test")
    assert told(scan, tmp_path) == [("missing_folder", "test/ni", "no such folder; expected vis, ni, th in test/")]
    assert scan.absent == {1}
    touch(tmp_path / "cars", "0001/vis/x.jpg", "0001/th/x.jpg")
    assert told(ByIdentity(THREE).scan(tmp_path / "cars"), tmp_path) == [
        ("missing_folder", "cars/0001/ni", "no such folder; expected vis, ni, th in the folder of each identity")
    ]
    touch(tmp_path / "raw", "R/0501/x.jpg", "N/0501/x.jpg")
    assert told(ModalityFirst(("R", "N", "T")).scan(tmp_path / "raw"), tmp_path) == [
        ("missing_folder", "raw/T", "no such folder; expected R, N, T side by side")
    ]


@pytest.mark.parametrize("arrangement", [ByModality, ModalityFirst])
def test_a_modality_without_any_file_is_one_problem(tmp_path, arrangement):
    part = "" if arrangement is ByModality else "0001/"
    touch(tmp_path, f"vis/{part}x.jpg", f"th/{part}x.jpg", "ni/readme.txt")
    scan = arrangement(THREE).scan(tmp_path)
    assert scan.absent == {1}
    assert told(scan, tmp_path) == [("empty_folder", "ni", "no .jpg file in it; copy the images")]
