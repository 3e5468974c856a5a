import csv

import pytest
from folders.helpers import VIEWS, VIS_NI_TH, load, names, refused, remarks, small
from trees import by_identity

from benchmarks.base import Sample
from benchmarks.folders.problem import problem
from benchmarks.protocol import Protocol
from benchmarks.wmveid863 import SHARED_PREFIXES, Wmveid863, Wmveid863Settings

INCOMPLETE = {
    "train: 0865/0865_0865_vis_v1_n0_03.jpg": "NIR and TIR",
    "train: 0865/0865_v1_n0_s999_002.jpg": "RGB and NIR",
    "gallery: 0406/0406_v1_n0_s999_004.jpg": "RGB and TIR",
    "gallery: 0476/0476_v0_n0_s999_001.jpg": "RGB",
    "gallery: 0476/0476_v1_n0_s999_002.jpg": "RGB",
    "gallery: 0476/0476_v1_n0_s999_003.jpg": "RGB",
}
"""The triplets that the published caption lists lack a file of, and what they lack."""


@pytest.fixture(scope="module")
def real(real_trees):
    return load(Wmveid863, real_trees.usual)


def test_a_sample_is_read_from_its_path(tmp_path):
    small(Wmveid863, tmp_path)
    assert load(Wmveid863, tmp_path).gallery.samples[2] == Sample("0005/0005_v1_n9_s031_002.jpg", 5, camera=1, scene=31)


def test_the_folder_is_the_identity_and_not_the_name(tmp_path):
    """Seven prefixes of file names occur on both sides of the split, for different vehicles."""
    folder = small(Wmveid863, tmp_path)
    (folder / "test" / "0005").rename(folder / "test" / "0900")
    (folder / "query" / "0005").rename(folder / "query" / "0900")
    benchmark = load(Wmveid863, tmp_path)
    assert benchmark.gallery.identities.tolist() == [4, 4, 900, 900]
    assert names(benchmark.gallery)[2:] == ["0900/0005_v1_n9_s031_002.jpg", "0900/0005_v3_n9_s031_002.jpg"]
    assert benchmark.query.identities.tolist() == [4, 900]


def test_one_file_name_in_two_folders_is_two_samples(tmp_path):
    folder = small(Wmveid863, tmp_path)
    by_identity(tmp_path / "made", VIEWS["train"][:1], VIS_NI_TH)
    (tmp_path / "made" / "0001").rename(folder / "test" / "0862")
    benchmark = load(Wmveid863, tmp_path)
    assert "0001/0001_v0_n0_s999_001.jpg" in names(benchmark.train)
    assert "0862/0001_v0_n0_s999_001.jpg" in names(benchmark.gallery)


def test_queries_are_those_of_the_users_folder(tmp_path):
    folder = small(Wmveid863, tmp_path)
    assert names(load(Wmveid863, tmp_path).query) == [f"{name[:4]}/{name}" for name in VIEWS["query"]]
    (folder / "query").rename(tmp_path / "elsewhere")
    said = refused(load, Wmveid863, tmp_path)
    assert said.startswith(f"{folder / 'query'}: no such folder; which images are queries does not follow")


def test_an_incomplete_triplet_is_left_out_unless_asked_otherwise(tmp_path):
    missing = small(Wmveid863, tmp_path) / "test" / "0005" / "ni" / "0005_v3_n9_s031_002.jpg"
    missing.unlink()
    benchmark = load(Wmveid863, tmp_path)
    assert len(benchmark.gallery) == 3
    assert benchmark.left_out == (
        "gallery: 0005/0005_v3_n9_s031_002.jpg: no such file, though 0005/vis/0005_v3_n9_s031_002.jpg exists; "
        "a triplet needs all three, and this one lacks NIR: copy it, or remove the others",
    )
    assert remarks(benchmark) == ["gallery: 1 triplets lack a file and are left out"]
    said = refused(load, Wmveid863, tmp_path, incomplete="refuse")
    assert said.startswith(f"{missing}: no such file")
    assert "(or give --set benchmark.incomplete=skip)" in said


def test_facts_are_the_published_ones():
    facts = Wmveid863.facts(Wmveid863Settings())
    assert (facts.object, facts.identities, facts.cameras, facts.image_size) == ("vehicle", 603, 8, (128, 256))
    assert facts.protocol is Protocol.CAMERA


def test_the_complete_triplets_have_their_published_counts(real):
    assert real.counts["train"] == {"samples": 3481, "identities": 603, "cameras": 8}
    assert real.counts["gallery"]["samples"] == 1228
    assert real.counts["gallery"]["cameras"] == 8
    assert real.facts == Wmveid863.facts(Wmveid863Settings())


def test_every_listed_name_is_read(real, published_reference):
    with (published_reference / "wmveid863_names.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["modalities"] == "RGB NI TI"]
    for split, listed in ((real.train, "train"), (real.gallery, "test")):
        assert names(split) == sorted(f"{row['name'][:4]}/{row['name']}" for row in rows if row["split"] == listed)


def test_the_six_incomplete_triplets_are_listed(real):
    assert len(real.left_out) == 6
    for (name, lacking), line in zip(INCOMPLETE.items(), real.left_out, strict=True):
        assert line.startswith(f"{name}: no such file")
        assert f"this one lacks {lacking}: " in line
    assert remarks(real) == [
        "train: 2 triplets lack a file and are left out",
        "gallery: 4 triplets lack a file and are left out",
    ]


def test_both_variants_are_one_split(real, real_trees):
    other = load(Wmveid863, real_trees.other)
    assert other.split_fingerprint == real.split_fingerprint
    assert other.left_out == real.left_out


def test_name_prefixes_on_both_sides_are_those_that_are_known(real):
    train, test = ({int(name[5:9]) for name in names(split)} for split in (real.train, real.gallery))
    assert train & test == SHARED_PREFIXES
    assert (len(train), len(test)) == (603, 272)


def test_what_the_release_lacks_is_no_mistake_of_the_user():
    known = problem("missing_counterpart", "test/0476/vis/0476_v0_n0_s999_001.jpg", "no such file")
    assert Wmveid863.is_released(known)
    assert not Wmveid863.is_released(problem("missing_counterpart", "test/0477/vis/0477_v0_n0_s999_001.jpg", "no such file"))
    assert not Wmveid863.is_released(problem("bad_name", known.path, "no such file"))
    assert Wmveid863.is_released(problem("identity_overlap", "test/0862/0862_v0_n0_s999_001.jpg", "also in training"))
    assert not Wmveid863.is_released(problem("identity_overlap", "test/0863/0863_v0_n0_s999_001.jpg", "also in training"))


def test_images_of_msvr310_are_warned_of(real_trees):
    (warning,) = Wmveid863.warnings(Wmveid863.survey(Wmveid863Settings(), real_trees.usual))
    assert warning.startswith("2,087 triplets (n9) are those of MSVR310")


def test_without_images_of_msvr310_there_is_no_warning(tmp_path):
    folder = small(Wmveid863, tmp_path)
    for path in sorted(folder.rglob("*_n9_*.jpg")):
        path.rename(path.with_name(path.name.replace("_n9_", "_n1_")))
    assert Wmveid863.warnings(Wmveid863.survey(Wmveid863Settings(), tmp_path)) == []
