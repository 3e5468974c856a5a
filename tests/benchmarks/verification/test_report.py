"""A small whole tree passes; broken in any one way it gives one line that names the place and says what would be right."""

import json
import shutil

import pytest
import trees
from PIL import Image

from benchmarks.common.errors import InputError
from benchmarks.folders.counts import Counts
from benchmarks.msvr310 import Msvr310
from benchmarks.rgbnt100 import Rgbnt100
from benchmarks.synthetic_person import SyntheticPerson
from benchmarks.verification.report import verify
from benchmarks.wmveid863 import Wmveid863

FOLDERS = ("vis", "ni", "th")
TRAIN = [f"{identity:04d}_s{scene:03d}_v{view}_{view:03d}.jpg" for identity in (1, 3, 5) for scene in (1, 2) for view in (0, 4)]
TEST = [f"{identity:04d}_s{scene:03d}_v{view}_{view:03d}.jpg" for identity in (2, 4) for scene in (7, 9) for view in (1, 6)]
LONE = ["0008_s007_v2_000.jpg", "0008_s007_v3_001.jpg"]


class Vehicles(Msvr310):
    """MSVR310 with the counts of the small tree."""

    published = {
        "train": (Counts(12, 3, 2, "this test"),),
        "query": (Counts(8, 2, 2, "this test"),),
        "gallery": (Counts(10, 3, 4, "this test"),),
    }


class Strips(Rgbnt100):
    """RGBNT100 with the counts of the small tree."""

    published = {
        "train": (Counts(20, 2, 2, "this test"),),
        "query": (Counts(8, 2, 2, "this test"),),
        "gallery": (Counts(20, 2, 2, "this test"),),
    }


def write_captions(folder):
    folder.mkdir()
    for split, names in (("train", TRAIN), ("test", [*TEST, *LONE])):
        for modality in ("RGB", "NI", "TI"):
            entries = [{"item": name, "description": f"A {modality} car {name}."} for name in names]
            (folder / f"{split}_{modality}.json").write_text(json.dumps(entries))


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "MSVR310"
    trees.by_identity(folder / "bounding_box_train", TRAIN, FOLDERS)
    trees.by_identity(folder / "bounding_box_test", [*TEST, *LONE], FOLDERS)
    trees.by_identity(folder / "query3", TEST, FOLDERS, "query")
    write_captions(folder / "text")
    return folder


@pytest.fixture
def strips(tmp_path):
    folder = tmp_path / "RGBNT100" / "rgbir"
    names = {
        side: [f"{i:04d}_c{c:04d}_{f:03d}.jpg" for i in ids for c in (1, 2) for f in (0, 1, 2, 5, 9)]
        for side, ids in {"bounding_box_train": (501, 503), "bounding_box_test": (502, 504)}.items()
    }
    names["query"] = [name for name in names["bounding_box_test"] if name[-7:-4] in {"000", "005"}]
    for side, files in names.items():
        for file in files:
            trees.put(folder / side / file, "strip", int(file[:4]), 0, side)
    return folder


def check(root, source=Vehicles, name="msvr310"):
    seen = []
    report = verify(name, source, source.Config(), root.parent, lambda done, total: seen.append((done, total)))
    assert seen == [(done, len(seen)) for done in range(1, len(seen) + 1)]
    return report


def image(root, split, name, folder):
    return root / split / name[:4] / folder / name


def test_a_whole_tree_passes(root):
    report = check(root)
    assert report.problems == []
    assert report.passed
    assert report.counts["gallery"] == {"samples": 10, "identities": 3, "cameras": 4}
    assert len(report.fingerprint) == 64


def test_whole_strips_pass(strips):
    assert check(strips.parent, Strips, "rgbnt100").problems == []


def remove(path):
    shutil.rmtree(path) if path.is_dir() else path.unlink()


def captions(root, change):
    path = root / "text" / "test_NI.json"
    entries = json.loads(path.read_text())
    change(entries)
    path.write_text(json.dumps(entries))


def truncate(path):
    Image.effect_noise((64, 64), 90).convert("RGB").save(path)
    path.write_bytes(path.read_bytes()[:-900])


def rename_triplet(root, split, old, new):
    for folder in FOLDERS:
        target = root / split / new[:4] / folder / new
        target.parent.mkdir(parents=True, exist_ok=True)
        image(root, split, old, folder).rename(target)


def add_triplet(root, split, name, kind="new"):
    trees.by_identity(root / split, [name], FOLDERS, kind)


A, B = TRAIN[0], TEST[0]
BROKEN = {
    "modality folder gone": (
        lambda r: remove(r / "bounding_box_test/0002/ni"),
        "missing_folder",
        "bounding_box_test/0002/ni",
        "expected vis, ni, th",
    ),
    "other image type": (
        lambda r: image(r, "bounding_box_train", A, "th").rename(image(r, "bounding_box_train", A, "th").with_suffix(".png")),
        "unexpected_file",
        f"bounding_box_train/0001/th/{A[:-4]}.png",
        "convert it",
    ),
    "image beside the folders": (
        lambda r: shutil.copy(image(r, "query3", B, "ni"), r / "query3" / B),
        "unexpected_file",
        f"query3/{B}",
        "a folder for each identity",
    ),
    "folder that is no identity": (
        lambda r: (r / "bounding_box_train" / "new folder").mkdir(),
        "bad_folder",
        "bounding_box_train/new folder",
        "remove or rename",
    ),
    "name of another form": (
        lambda r: [
            image(r, "bounding_box_train", A, f).rename(r / "bounding_box_train/0001" / f / "0001_c1_000.jpg") for f in FOLDERS
        ],
        "bad_name",
        "bounding_box_train/0001/vis/0001_c1_000.jpg",
        "IIII_sSSS_vV_NNN.jpg, as in",
    ),
    "view that does not exist": (
        lambda r: rename_triplet(r, "bounding_box_train", A, "0001_s001_v9_000.jpg"),
        "bad_name",
        "bounding_box_train/0001/vis/0001_s001_v9_000.jpg",
        "does not read",
    ),
    "in the folder of another": (
        lambda r: trees.triplets(r / "bounding_box_train/0003", ["0005_s001_v0_111.jpg"], FOLDERS, "vehicle", "x"),
        "identity_mismatch",
        "bounding_box_train/0003/vis/0005_s001_v0_111.jpg",
        "move or rename it",
    ),
    "counterpart gone": (
        lambda r: remove(image(r, "bounding_box_train", A, "th")),
        "missing_counterpart",
        f"bounding_box_train/0001/th/{A}",
        "copy it, or remove the others",
    ),
    "RGB gone": (
        lambda r: remove(image(r, "bounding_box_test", B, "vis")),
        "missing_counterpart",
        f"bounding_box_test/0002/vis/{B}",
        "though 0002/ni/",
    ),
    "identity on both sides": (
        lambda r: add_triplet(r, "bounding_box_test", "0003_s007_v0_500.jpg"),
        "identity_overlap",
        "bounding_box_test/0003/0003_s007_v0_500.jpg",
        "also in training",
    ),
    "name on both sides": (
        lambda r: add_triplet(r, "bounding_box_test", A),
        "name_overlap",
        f"bounding_box_test/0001/{A}",
        "remove one",
    ),
    "image on both sides": (
        lambda r: shutil.copy(image(r, "bounding_box_train", A, "ni"), image(r, "bounding_box_test", B, "ni")),
        "image_overlap",
        f"bounding_box_test/0002/ni/{B}",
        f"the training image 0001/{A}",
    ),
    "query that is not listed": (
        lambda r: add_triplet(r, "query3", LONE[0], "query"),
        "query_list",
        f"query3/0008/{LONE[0]}",
        "remove it",
    ),
    "query that is lacking": (
        lambda r: [remove(image(r, "query3", B, f)) for f in FOLDERS],
        "query_list",
        f"query3/0002/{B}",
        "copy it from the gallery",
    ),
    "query without a match": (
        lambda r: add_triplet(r, "query3", LONE[0], "query"),
        "query_without_match",
        "query",
        f"the first: 0008/{LONE[0]}",
    ),
    "too few samples": (
        lambda r: [remove(image(r, "bounding_box_train", A, f)) for f in FOLDERS],
        "count",
        "train",
        "11 samples; published: 12 (this test)",
    ),
    "too few identities": (
        lambda r: remove(r / "bounding_box_train/0005"),
        "count",
        "train",
        "2 identities; published: 3",
    ),
    "too many cameras": (
        lambda r: add_triplet(r, "bounding_box_train", "0001_s001_v7_007.jpg"),
        "count",
        "train",
        "3 cameras; published: 2",
    ),
    "no image": (
        lambda r: image(r, "query3", B, "vis").write_bytes(b"<html>not found</html>"),
        "unreadable_image",
        f"query3/0002/vis/{B}",
        "copy it again",
    ),
    "truncated image": (
        lambda r: truncate(image(r, "bounding_box_test", B, "th")),
        "unreadable_image",
        f"bounding_box_test/0002/th/{B}",
        "truncated",
    ),
    "empty file": (
        lambda r: image(r, "bounding_box_test", B, "th").write_bytes(b""),
        "unreadable_image",
        f"bounding_box_test/0002/th/{B}",
        "the file is empty",
    ),
    "broken link": (
        lambda r: [remove(p := image(r, "bounding_box_test", B, "th")), p.symlink_to("nowhere.jpg")],
        "unreadable_image",
        f"bounding_box_test/0002/th/{B}",
        "not a readable image (No such file or directory); copy it again",
    ),
    "sixteen bits": (
        lambda r: Image.new("I;16", (32, 16)).save(image(r, "bounding_box_test", B, "th"), "png"),
        "wrong_mode",
        f"bounding_box_test/0002/th/{B}",
        "expected 8-bit RGB or grey",
    ),
    "printer's colours": (
        lambda r: Image.new("CMYK", (32, 16)).save(image(r, "bounding_box_test", B, "vis")),
        "wrong_mode",
        f"bounding_box_test/0002/vis/{B}",
        "mode CMYK",
    ),
    "thumbnail": (
        lambda r: Image.new("RGB", (9, 5)).save(image(r, "bounding_box_test", B, "vis")),
        "wrong_size",
        f"bounding_box_test/0002/vis/{B}",
        "9 x 5 pixels: too small",
    ),
    "modality copied over another": (
        lambda r: shutil.copy(image(r, "bounding_box_train", A, "vis"), image(r, "bounding_box_train", A, "ni")),
        "same_image",
        f"bounding_box_train/0001/ni/{A}",
        f"the same bytes as vis/{A}",
    ),
    "caption file gone": (
        lambda r: remove(r / "text/test_NI.json"),
        "caption_file",
        "text/test_NI.json",
        "expected a JSON list",
    ),
    "caption file damaged": (
        lambda r: (r / "text/test_NI.json").write_text("[{"),
        "caption_file",
        "text/test_NI.json",
        "not a JSON list",
    ),
    "caption missing": (
        lambda r: captions(r, lambda entries: entries.pop(0)),
        "missing_caption",
        "text/test_NI.json",
        f"no caption for the image {B!r}; add it",
    ),
    "caption of no image": (
        lambda r: captions(r, lambda entries: entries.append({"item": "x.jpg", "description": "A car."})),
        "extra_caption",
        "text/test_NI.json",
        "'x.jpg' matches no image",
    ),
    "caption twice": (
        lambda r: captions(r, lambda entries: entries.append(entries[0])),
        "duplicate_caption",
        "text/test_NI.json",
        f"{B!r} occurs more than once",
    ),
    "caption of spaces": (
        lambda r: captions(r, lambda entries: entries[0].update(description="  ")),
        "empty_caption",
        "text/test_NI.json",
        f"the caption of {B!r} is empty",
    ),
}


@pytest.mark.parametrize("how", BROKEN)
def test_broken_in_one_way_it_gives_one_line(root, how):
    break_it, kind, path, said = BROKEN[how]
    break_it(root)
    report = check(root)
    found = [problem for problem in report.problems if problem.kind == kind and problem.path == path and said in problem.line]
    assert len(found) == 1, [problem.line for problem in report.problems]
    assert not report.passed
    assert all("\n" not in problem.line for problem in report.problems)
    # What follows from the same fault is told too, and nothing else.
    follows = {
        kind,
        "query_without_match",
        "identity_overlap",
        "count",
        "query_list",
        "missing_counterpart",
        "missing_caption",
        "extra_caption",
    }
    assert {problem.kind for problem in report.problems} <= follows, [problem.line for problem in report.problems]


def test_the_kinds_of_fault_are_many():
    assert len(BROKEN) >= 30
    assert len({kind for _, kind, _, _ in BROKEN.values()}) >= 20


def test_a_caption_cannot_tell_two_images_of_one_name_apart(tmp_path):
    name = "0001_v0_n0_s999_001.jpg"
    for identity in ("0001", "0002"):
        trees.triplets(tmp_path / "train" / identity, [name], FOLDERS, "vehicle", identity)
    for split in ("test", "query"):
        trees.by_identity(tmp_path / split, ["0005_v0_n0_s999_001.jpg", "0005_v1_n0_s999_002.jpg"], FOLDERS, split)
    report = check_at(tmp_path, Wmveid863)
    assert [p.path for p in report.problems if p.kind == "duplicate_name"] == [f"train/0002/{name}"]


def check_at(root, source):
    return verify("x", source, source.Config(), root, lambda done, total: None)


def test_what_the_release_itself_lacks_is_a_note(tmp_path):
    released, own = "0476_v1_n0_s999_002.jpg", "0476_v1_n0_s999_009.jpg"
    whole = ["0476_v0_n9_s001_020.jpg", "0476_v2_n0_s999_021.jpg"]
    trees.by_identity(tmp_path / "train", ["0325_v0_n0_s999_001.jpg", "0001_v0_n0_s999_001.jpg"], FOLDERS)
    trees.by_identity(tmp_path / "test", [*whole, (released, "NI TI"), (own, "NI TI"), "0325_v1_n0_s999_002.jpg"], FOLDERS, "t")
    trees.by_identity(tmp_path / "query", [*whole, "0325_v1_n0_s999_002.jpg"], FOLDERS, "q")
    report = check_at(tmp_path, Wmveid863)
    assert [p.path for p in report.problems if p.kind == "missing_counterpart"] == [f"test/0476/vis/{own}"]
    assert not [p for p in report.problems if p.kind in {"identity_overlap", "query_without_match"}]
    assert "1 triplets (n9) are those of MSVR310" in report.notes[0]
    assert sum(note.startswith("in the release itself: ") for note in report.notes) == 3
    add_triplet(tmp_path, "test", "0001_v1_n0_s999_002.jpg")
    assert [p.path for p in check_at(tmp_path, Wmveid863).problems if p.kind == "identity_overlap"] == [
        "test/0001/0001_v1_n0_s999_002.jpg"
    ]


BROKEN_STRIPS = {
    "two tiles": (
        lambda r: Image.new("RGB", (96, 32)).save(r / "bounding_box_test/0502_c0001_000.jpg"),
        "wrong_size",
        "rgbir/bounding_box_test/0502_c0001_000.jpg",
        "768 x 128",
    ),
    "camera that does not exist": (
        lambda r: (r / "query/0502_c0001_000.jpg").rename(r / "query/0502_c0009_000.jpg"),
        "bad_name",
        "rgbir/query/0502_c0009_000.jpg",
        "camera 0001 to 0008",
    ),
    "identity that does not exist": (
        lambda r: trees.put(r / "query/0702_c0001_000.jpg", "strip", 702, 0),
        "bad_name",
        "rgbir/query/0702_c0001_000.jpg",
        "identity 0501 to 0600",
    ),
    "test identity in training": (
        lambda r: trees.put(r / "bounding_box_train/0506_c0001_000.jpg", "strip", 506, 0),
        "wrong_split",
        "rgbir/bounding_box_train/0506_c0001_000.jpg",
        "is a test identity",
    ),
    "no queries": (
        lambda r: [path.unlink() for path in (r / "query").iterdir()],
        "empty_folder",
        "rgbir/query",
        "no .jpg file in it",
    ),
}


@pytest.mark.parametrize("how", BROKEN_STRIPS)
def test_broken_strips_give_one_line(strips, how):
    break_it, kind, path, said = BROKEN_STRIPS[how]
    break_it(strips)
    found = [problem for problem in check(strips.parent, Strips, "rgbnt100").problems if problem.kind == kind]
    assert [(problem.path, said in problem.line) for problem in found] == [(path, True)]


def test_one_image_of_another_size_than_all_others_is_told(tmp_path):
    names = [f"0001_s{scene:03d}_v0_{scene:03d}.jpg" for scene in range(40)]
    trees.by_identity(tmp_path / "bounding_box_train", names, FOLDERS)
    trees.by_identity(tmp_path / "bounding_box_test", TEST, FOLDERS)
    odd = image(tmp_path, "bounding_box_train", names[7], "ni")
    Image.new("RGB", (64, 64)).save(odd)
    sizes = [problem for problem in check_at(tmp_path, Vehicles).problems if problem.kind == "wrong_size"]
    assert [problem.path for problem in sizes] == [str(odd.relative_to(tmp_path))]
    assert "64 x 64 pixels, where 143 of 144 images are 32 x 16" in sizes[0].message


def test_what_is_made_cannot_be_verified():
    with pytest.raises(InputError, match="made, not read from files"):
        verify("synthetic_person", SyntheticPerson, SyntheticPerson.Config(), None, lambda done, total: None)
