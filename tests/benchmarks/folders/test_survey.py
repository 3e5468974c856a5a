import re
from pathlib import Path

import pytest

from benchmarks.base import Sample
from benchmarks.folders.arrangement import ByIdentity, ByModality, ModalityFirst, Strips
from benchmarks.folders.layout import Found, Layout
from benchmarks.folders.names import NameForm
from benchmarks.folders.problem import Problem
from benchmarks.folders.survey import Naming, survey

THREE = ("vis", "ni", "th")
FORM = NameForm(
    re.compile(r"(?P<identity>-1|\d+)_c(?P<camera>\d)_(?P<scene>\d)\.jpg"), "P_cC_S.jpg", "12_c1_7.jpg", first_camera=1
)
PLAIN = Naming(FORM)
IN_FOLDERS = Naming(FORM, folder_in_name=True)
BY_FOLDER = Naming(FORM, folder_is_identity=True, folder_in_name=True)


def touch(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def triplets(folder, *names):
    """`<modality>/<name>`, and `<identity>/<modality>/<file>` where a name has a folder."""
    for name in names:
        identity, _, file = name.rpartition("/")
        touch(folder, *(f"{identity + '/' if identity else ''}{modality}/{file}" for modality in THREE))


def read(root, arrangement, naming=PLAIN, query="query", odd=lambda identity: identity % 2 == 1):
    shared = isinstance(arrangement, ModalityFirst)
    layout = Layout("x", arrangement) if shared else Layout("x", arrangement, "train", "test", query)
    return survey(Found(root, layout), naming, odd)


def told(surveyed, root):
    return [(found.kind, Path(found.path).relative_to(root).as_posix()) for found in surveyed.problems()]


@pytest.fixture
def flat(tmp_path):
    triplets(tmp_path / "train", "1_c1_0.jpg", "2_c2_0.jpg")
    triplets(tmp_path / "test", "10_c1_5.jpg", "9_c2_0.jpg")
    return tmp_path


@pytest.fixture
def nested(tmp_path):
    triplets(tmp_path / "train", "0001/1_c1_0.jpg", "0002/2_c1_0.jpg")
    triplets(tmp_path / "test", "0003/3_c1_0.jpg", "0004/4_c1_0.jpg")
    return tmp_path


def test_a_key_becomes_a_sample():
    assert PLAIN.sample("12_c1_7.jpg", Path("x")) == Sample("12_c1_7.jpg", 12, camera=0, scene=7)
    assert PLAIN.sample("0012/12_c1_7.jpg", Path("x")) == Sample("12_c1_7.jpg", 12, 0, 7)
    assert IN_FOLDERS.sample("0012/12_c1_7.jpg", Path("x")) == Sample("0012/12_c1_7.jpg", 12, 0, 7)
    assert BY_FOLDER.sample("0900/12_c1_7.jpg", Path("x")) == Sample("0900/12_c1_7.jpg", 900, 0, 7)


def test_a_name_or_a_folder_that_is_wrong_becomes_a_problem():
    assert PLAIN.sample("x.jpg", Path("a") / "x.jpg") == Problem(kind="bad_name", path="a/x.jpg", message=FORM.expected)
    assert IN_FOLDERS.sample("0013/12_c1_7.jpg", Path("p")) == Problem(
        kind="identity_mismatch", path="p", message="the name says identity 12, the folder 13; move or rename it"
    )


def test_the_name_alone_tells_its_own_fields():
    sample = BY_FOLDER.sample("0900/12_c1_7.jpg", Path("x"))
    assert BY_FOLDER.name_fields(sample).identity == 12


def test_samples_of_each_role_are_sorted_by_name(flat):
    surveyed = read(flat, ByModality(THREE))
    assert [sample.name for sample in surveyed.gallery.samples] == ["10_c1_5.jpg", "9_c2_0.jpg"]
    assert surveyed.gallery.keys == ["10_c1_5.jpg", "9_c2_0.jpg"]
    assert surveyed.gallery.complete["9_c2_0.jpg"].identity == 9
    assert surveyed.problems() == []


def test_queries_have_a_folder_or_none_or_are_the_gallery(flat):
    without = read(flat, ByModality(THREE))
    assert without.query is None
    assert [role for role, _ in without.roles()] == ["train", "gallery"]
    same = read(flat, ByModality(THREE), query="test")
    assert same.query is same.gallery
    assert [role for role, _ in same.roles()] == ["train", "gallery"]
    triplets(flat / "query", "10_c2_5.jpg")
    own = read(flat, ByModality(THREE))
    assert [(role, len(each.samples)) for role, each in own.roles()] == [("train", 2), ("query", 1), ("gallery", 2)]


def test_roles_that_share_their_folders_are_told_apart_by_identity(tmp_path):
    touch(tmp_path, *(f"{modality}/{i:04d}/{i}_c1_0.jpg" for modality in THREE for i in (1, 2, 3)))
    surveyed = read(tmp_path, ModalityFirst(THREE))
    assert [sample.identity for sample in surveyed.train.samples] == [1, 3]
    assert [sample.identity for sample in surveyed.gallery.samples] == [2]
    assert surveyed.query is None
    assert surveyed.problems() == []


def test_junk_is_counted_and_left_out(flat):
    triplets(flat / "test", "-1_c1_0.jpg", "-1_c2_0.jpg", "0_c1_0.jpg")
    gallery = read(flat, ByModality(THREE)).gallery
    assert gallery.junk == 2
    assert [sample.identity for sample in gallery.samples] == [0, 10, 9]


def test_missing_folder(flat):
    for path in (flat / "test" / "ni").iterdir():
        path.unlink()
    (flat / "test" / "ni").rmdir()
    surveyed = read(flat, ByModality(THREE))
    assert told(surveyed, flat) == [("missing_folder", "test/ni")]
    assert surveyed.gallery.samples == []


def test_empty_folder_of_a_modality(flat):
    for path in (flat / "test" / "ni").iterdir():
        path.unlink()
    assert told(read(flat, ByModality(THREE)), flat) == [("empty_folder", "test/ni")]


@pytest.mark.parametrize("arrangement", [ByIdentity(THREE), Strips()])
def test_empty_folder_of_a_role(tmp_path, arrangement):
    for role in ("train", "test", "query"):
        (tmp_path / role).mkdir()
    surveyed = read(tmp_path, arrangement)
    assert told(surveyed, tmp_path) == [("empty_folder", role) for role in ("train", "query", "test")]
    assert surveyed.problems()[0].message == "no .jpg file in it; copy the images"


@pytest.mark.parametrize(("identity", "lacking"), [(1, "test"), (2, "training")])
def test_shared_folders_without_one_side(tmp_path, identity, lacking):
    touch(tmp_path, *(f"{modality}/{identity:04d}/{identity}_c1_0.jpg" for modality in THREE))
    (found,) = read(tmp_path, ModalityFirst(THREE)).problems()
    assert (found.kind, found.message) == ("empty_folder", f"no .jpg file of a {lacking} identity in it; copy the images")


def test_unexpected_file(flat):
    touch(flat, "train/th/1_c1_0.png", "train/th/notes.txt")
    assert told(read(flat, ByModality(THREE)), flat) == [("unexpected_file", "train/th/1_c1_0.png")]


def test_bad_folder(nested):
    touch(nested, "test/new folder/vis/3_c1_0.jpg", "test/loose.jpg")
    surveyed = read(nested, ByIdentity(THREE), IN_FOLDERS)
    assert told(surveyed, nested) == [("unexpected_file", "test/loose.jpg"), ("bad_folder", "test/new folder")]


def test_bad_name(nested):
    triplets(nested / "train", "0001/one.jpg")
    touch(nested, "test/0003/th/two.jpg")
    surveyed = read(nested, ByIdentity(THREE), BY_FOLDER)
    assert told(surveyed, nested) == [("bad_name", "train/0001/vis/one.jpg"), ("bad_name", "test/0003/th/two.jpg")]
    assert len(surveyed.train.samples) == 2


def test_identity_mismatch(nested):
    triplets(nested / "test", "0003/5_c1_0.jpg")
    assert told(read(nested, ByIdentity(THREE), IN_FOLDERS), nested) == [("identity_mismatch", "test/0003/vis/5_c1_0.jpg")]
    assert read(nested, ByIdentity(THREE), BY_FOLDER).problems() == []


@pytest.mark.parametrize(
    ("have", "told_of", "message"),
    [
        (("vis", "ni"), "th", "though vis/9_c1_0.jpg exists; a triplet needs all three, and this one lacks TIR"),
        (("ni", "th"), "vis", "though ni/9_c1_0.jpg exists; a triplet needs all three, and this one lacks RGB"),
        (("th",), "vis", "though th/9_c1_0.jpg exists; a triplet needs all three, and this one lacks RGB and NIR"),
    ],
)
def test_missing_counterpart(flat, have, told_of, message):
    touch(flat / "test", *(f"{modality}/9_c1_0.jpg" for modality in have))
    surveyed = read(flat, ByModality(THREE))
    assert told(surveyed, flat) == [("missing_counterpart", f"test/{told_of}/9_c1_0.jpg")]
    assert surveyed.problems()[0].message == f"no such file, {message}: copy it, or remove the others"
    assert list(surveyed.gallery.incomplete) == ["9_c1_0.jpg"]
    assert len(surveyed.gallery.samples) == 2


def test_missing_counterparts_in_shared_folders_are_told_once_with_their_side(tmp_path):
    touch(tmp_path, *(f"{modality}/{i:04d}/{i}_c1_0.jpg" for modality in THREE for i in (1, 2)))
    touch(tmp_path, "vis/0003/3_c1_0.jpg", "ni/0004/4_c1_0.jpg", "th/0003/one.jpg", "th/0004/two.jpg", "th/x/y.jpg")
    surveyed = read(tmp_path, ModalityFirst(THREE))
    assert [(found.kind, Path(found.path).relative_to(tmp_path).as_posix()) for found in surveyed.train.problems] == [
        ("bad_folder", "th/x"),
        ("bad_name", "th/0003/one.jpg"),
    ]
    assert [found.kind for found in surveyed.gallery.problems] == ["bad_name"]
    assert list(surveyed.train.incomplete) == ["3_c1_0.jpg"]
    (found,) = surveyed.gallery.incomplete.values()
    assert found.message.startswith("no such file, though ni/0004/4_c1_0.jpg exists")


def test_a_modality_without_any_file_is_not_told_of_each_triplet(tmp_path):
    touch(tmp_path, *(f"{modality}/{i:04d}/{i}_c1_0.jpg" for modality in ("vis", "th") for i in (1, 2)), "ni/readme.txt")
    surveyed = read(tmp_path, ModalityFirst(THREE))
    assert told(surveyed, tmp_path) == [("empty_folder", "ni")]
    assert surveyed.train.samples == surveyed.gallery.samples == []
