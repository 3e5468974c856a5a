import json
import pickle
import random
import shutil
from pathlib import Path

import numpy as np
import pytest

from benchmarks.base import Benchmark
from benchmarks.captions.files import FILE_SUFFIX
from benchmarks.common.errors import InputError
from benchmarks.folders.source import FolderSource
from benchmarks.market_mm import MarketMm
from benchmarks.msvr310 import Msvr310
from benchmarks.rgbnt100 import Rgbnt100
from benchmarks.rgbnt201 import Rgbnt201
from benchmarks.wmveid863 import Wmveid863

from .helpers import PERSONS, RGB_NI_TI, SOURCES, load, names, paint, refused, registered, remarks, small

SPLITS = ("train", "query", "gallery")


@pytest.fixture(params=SOURCES, ids=lambda source: source.benchmark)
def source(request):
    return request.param


@pytest.fixture
def persons(tmp_path):
    return small(Rgbnt201, tmp_path)


def write_captions(folder, benchmark, drop=(), extra=()):
    """A caption for each image, but for those dropped, and for each extra name."""
    folder.mkdir(parents=True, exist_ok=True)
    of_split = {"train": benchmark.train.samples, "test": (*benchmark.query.samples, *benchmark.gallery.samples)}
    for split, samples in of_split.items():
        items = sorted({Path(sample.name).name for sample in samples} - set(drop)) + list(extra)
        for suffix in FILE_SUFFIX.values():
            entries = [{"item": item, "description": f"{suffix} of {item[:4]} in {split}."} for item in items]
            (folder / f"{split}_{suffix}.json").write_text(json.dumps(entries))
    return folder


def test_every_source_is_registered_under_its_name(source):
    assert registered(source)
    assert source.facts(source.Config()).name == source.benchmark


def test_a_small_tree_is_read(source, tmp_path):
    small(source, tmp_path)
    benchmark = load(source, tmp_path)
    assert isinstance(benchmark, Benchmark)
    assert benchmark.left_out == ()
    for split in (benchmark.train, benchmark.query, benchmark.gallery):
        assert names(split) == sorted(names(split))
        images = split.read(len(split) - 1)
        assert [image.shape[2] for image in images] == [3, 3, 3]
        assert {image.dtype for image in images} == {np.dtype(np.uint8)}
    assert benchmark.facts.identities == len(set(benchmark.train.identities.tolist()))
    assert benchmark.facts.protocol is source.protocol


def test_readers_can_be_sent_to_another_process(source, tmp_path):
    small(source, tmp_path)
    train = load(source, tmp_path).train
    sent = pickle.loads(pickle.dumps(train))
    np.testing.assert_array_equal(sent.read(0), train.read(0))
    assert sent.files(0) == train.files(0)


@pytest.mark.parametrize("parent", ["vis", "train", "2024_c1", "test/ni/0502_c0002_000.jpg", "000001_cam4_0_01"])
def test_names_of_the_folders_above_mean_nothing(source, tmp_path, parent):
    """Public loaders look for `vis`, `train` or `_c1` in the whole path."""
    small(source, tmp_path / "plain")
    small(source, tmp_path / parent / "more")
    plain, trapped = load(source, tmp_path / "plain"), load(source, tmp_path / parent / "more")
    assert trapped.split_fingerprint == plain.split_fingerprint
    for role in SPLITS:
        one, other = getattr(plain, role), getattr(trapped, role)
        np.testing.assert_array_equal(one.read(1), other.read(1))
        assert [path.relative_to(tmp_path / parent / "more") for path in other.files(1)] == [
            path.relative_to(tmp_path / "plain") for path in one.files(1)
        ]


def test_a_parent_that_says_train_does_not_turn_test_captions_into_training_ones(tmp_path):
    small(Rgbnt201, tmp_path / "train")
    benchmark = load(Rgbnt201, tmp_path / "train")
    folder = write_captions(tmp_path / "train" / "captions", benchmark)
    gallery = load(Rgbnt201, tmp_path / "train", captions=str(folder)).gallery
    assert gallery.samples[0].captions == (("RGB of 0000 in test.",), ("NI of 0000 in test.",), ("TI of 0000 in test.",))


def test_real_trees_below_misleading_folders_are_the_same_splits(source, real_trees, tmp_path):
    place = tmp_path / "2024_c1" / "train" / "vis"
    place.parent.mkdir(parents=True)
    place.symlink_to(real_trees.usual)
    assert load(source, place).split_fingerprint == load(source, real_trees.usual).split_fingerprint


@pytest.mark.parametrize("order", ["backwards", "shuffled"])
def test_the_order_of_listings_does_not_matter(source, tmp_path, monkeypatch, order):
    small(source, tmp_path)
    plain = load(source, tmp_path)
    listed = Path.iterdir

    def mixed(folder):
        found = sorted(listed(folder), reverse=True)
        if order == "shuffled":
            random.Random(str(folder)).shuffle(found)
        return iter(found)

    monkeypatch.setattr(Path, "iterdir", mixed)
    again = load(source, tmp_path)
    for role in SPLITS:
        assert getattr(again, role).samples == getattr(plain, role).samples
        np.testing.assert_array_equal(getattr(again, role).read(1), getattr(plain, role).read(1))


def test_the_order_in_which_files_were_made_does_not_matter(tmp_path):
    for root, listed in ((tmp_path / "a", PERSONS["test"]), (tmp_path / "b", PERSONS["test"][::-1])):
        for role in ("train_171", "test"):
            for modality in RGB_NI_TI:
                for name in listed:
                    paint(root / "RGBNT201" / role / modality / name, (int(name[:6]), 0, 0))
    one, other = load(Rgbnt201, tmp_path / "a"), load(Rgbnt201, tmp_path / "b")
    assert one.train.samples == other.train.samples


def test_triplets_are_paired_by_name_where_positions_would_mispair(tmp_path):
    """Each modality lacks another file, so that the listings have one length and every position is of another image."""
    folder = small(Rgbnt201, tmp_path)
    listed = sorted(PERSONS["test"])
    for place, modality in enumerate(RGB_NI_TI):
        for number, name in enumerate(listed):
            paint(folder / "test" / modality / name, (number, place, 0))
        (folder / "test" / modality / listed[3 * place]).unlink()
    benchmark = load(Rgbnt201, tmp_path, incomplete="skip")
    kept = [name for name in listed if name not in {listed[0], listed[3], listed[6]}]
    assert names(benchmark.gallery) == kept
    for position, name in enumerate(kept):
        colours = [image[0, 0].tolist() for image in benchmark.gallery.read(position)]
        assert colours == [[listed.index(name), place, 0] for place in range(3)]
    assert len(benchmark.left_out) == 3


def test_an_incomplete_triplet_is_refused_or_left_out(persons, tmp_path):
    missing = persons / "train_171" / "NI" / PERSONS["train_171"][2]
    missing.unlink()
    said = refused(load, Rgbnt201, tmp_path)
    assert said.startswith(f"{missing}: no such file, though RGB/{missing.name} exists")
    assert said.endswith("(or give --set benchmark.incomplete=skip)")
    benchmark = load(Rgbnt201, tmp_path, incomplete="skip")
    assert missing.name not in names(benchmark.train)
    assert len(benchmark.train) == 11
    (line,) = benchmark.left_out
    assert line.startswith(f"train: {missing.name}: no such file")
    assert str(tmp_path) not in line
    assert remarks(benchmark) == ["train: 1 triplets lack a file and are left out"]


def test_a_role_without_a_complete_triplet_is_refused(persons, tmp_path):
    for name in PERSONS["test"]:
        (persons / "test" / RGB_NI_TI[int(name[-5]) % 3] / name).unlink()
    assert refused(load, Rgbnt201, tmp_path, incomplete="skip") == f"{persons / 'test'}: no complete triplet is in it"


def test_other_problems_are_refused_even_when_incomplete_triplets_are_not(persons, tmp_path):
    (persons / "test" / "TI" / "x.jpg").touch()
    (persons / "test" / "TI" / "y.png").touch()
    said = refused(load, Rgbnt201, tmp_path, incomplete="skip")
    assert "y.png: not read: images end in .jpg; convert it (one of 2 problems of names and folders" in said


def test_a_modality_folder_that_one_identity_lacks_is_skipped_on_request(tmp_path):
    folder = small(Wmveid863, tmp_path)
    identity = sorted((folder / "train").iterdir())[0]
    shutil.rmtree(identity / "th")
    lost = {path.name for path in (identity / "vis").iterdir()}
    assert "th: no such folder" in refused(load, Wmveid863, tmp_path, incomplete="refuse")
    benchmark = load(Wmveid863, tmp_path)
    assert {line.split(": ")[1].rpartition("/")[2] for line in benchmark.left_out} == lost


def test_another_variant_beside_the_one_that_is_read_is_said(tmp_path):
    folder = small(Rgbnt100, tmp_path)
    shutil.copytree(folder / "rgbir", folder / "rgbirt")
    assert any("RGBNT100 (rgbirt) is there as well and is not read" in line for line in load(Rgbnt100, tmp_path).remarks)
    assert not any("is there as well" in line for line in load(Rgbnt100, tmp_path, layout="rgbirt").remarks)


def test_a_corrupt_image_is_left_out_on_request_alone(persons, tmp_path):
    broken = persons / "test" / "TI" / PERSONS["test"][3]
    broken.write_bytes(b"no image")
    kept = load(Rgbnt201, tmp_path)
    assert kept.left_out == ()
    assert "not a readable image" in refused(kept.gallery.read, 3)
    skipped = load(Rgbnt201, tmp_path, cache=tmp_path / "cache", corrupt="skip")
    assert names(skipped.gallery) == sorted(set(PERSONS["test"]) - {broken.name})
    assert skipped.query is skipped.gallery
    assert skipped.left_out == (f"gallery: {broken.name}: TI/{broken.name}: not a readable image (cannot identify image file)",)
    np.testing.assert_array_equal(skipped.gallery.read(3), kept.gallery.read(4))
    assert skipped.split_fingerprint != kept.split_fingerprint
    assert load(Rgbnt201, tmp_path, cache=tmp_path / "cache", corrupt="skip").left_out == skipped.left_out


def test_without_corrupt_images_skipping_changes_nothing(source, tmp_path):
    small(source, tmp_path)
    skipped = load(source, tmp_path, cache=tmp_path / "cache", corrupt="skip")
    assert skipped.left_out == ()
    assert skipped.split_fingerprint == load(source, tmp_path).split_fingerprint


def test_corrupt_images_of_every_role_are_listed(tmp_path):
    folder = small(MarketMm, tmp_path)
    for role in ("train", "query", "gallery"):
        sorted((folder / role / "NI").glob("00*.jpg"))[2].write_bytes(b"")
    left_out = load(MarketMm, tmp_path, corrupt="skip").left_out
    assert [line.partition(":")[0] for line in left_out] == list(SPLITS)
    assert not [line for line in left_out if str(tmp_path) in line]


def test_a_split_that_cannot_be_decoded_at_all_is_refused(persons, tmp_path):
    for path in (persons / "train_171" / "RGB").iterdir():
        path.write_bytes(b"")
    said = refused(load, Rgbnt201, tmp_path, corrupt="skip")
    assert said.startswith("train: not one of 12 triplets can be decoded")


def test_queries_that_follow_from_the_gallery_follow_from_what_is_left_of_it(tmp_path):
    folder = small(Msvr310, tmp_path)
    (folder / "query3").rename(tmp_path / "elsewhere")
    (folder / "bounding_box_test" / "0010" / "vis" / "0010_s001_v0_000.jpg").write_bytes(b"")
    assert len(load(Msvr310, tmp_path).query) == 8
    skipped = load(Msvr310, tmp_path, corrupt="skip")
    assert len(skipped.query) == 7
    np.testing.assert_array_equal(skipped.query.read(0), skipped.gallery.read(0))


def test_an_unknown_layout_is_answered_with_the_closest(tmp_path):
    small(Rgbnt100, tmp_path)
    said = refused(load, Rgbnt100, tmp_path, layout="rgbirr")
    assert said == "benchmark.layout: unknown layout 'rgbirr'; did you mean 'rgbir' or 'rgbirt'?"


def test_a_folder_is_found_by_the_name_that_is_given(source, tmp_path):
    folder = small(source, tmp_path)
    expected = load(source, tmp_path).split_fingerprint
    (tmp_path / "deep").mkdir()
    folder.rename(tmp_path / "deep" / "mine")
    assert load(source, tmp_path / "deep", folder="mine").split_fingerprint == expected
    assert load(source, tmp_path, folder="deep/mine").split_fingerprint == expected
    assert "yours: no such folder (benchmark.folder)" in refused(load, source, tmp_path, folder="yours")
    assert "no such folder (benchmark.folder)" in refused(load, source, tmp_path / "deep" / "mine", folder="yours")


def test_settings_are_validated(source):
    for settings in ({"incomplete": "maybe"}, {"corrupt": "yes"}, {"layuot": "auto"}):
        with pytest.raises(ValueError, match=next(iter(settings))):
            source.Config.model_validate(settings)


def test_captions_are_attached_to_every_role(source, tmp_path):
    small(source, tmp_path)
    plain = load(source, tmp_path)
    assert not plain.has_captions
    folder = write_captions(tmp_path / "captions", plain)
    benchmark = load(source, tmp_path, captions=str(folder))
    assert benchmark.has_captions
    assert benchmark.remarks == plain.remarks
    assert benchmark.split_fingerprint == plain.split_fingerprint
    name = Path(benchmark.query.samples[0].name).name
    assert benchmark.query.samples[0].captions[1] == (f"NI of {name[:4]} in test.",)
    assert "in train." in benchmark.train.samples[0].captions[2][0]


def test_captions_of_no_image_are_a_remark(source, tmp_path):
    small(source, tmp_path)
    plain = load(source, tmp_path)
    folder = write_captions(tmp_path / "captions", plain, extra=("z.jpg", "y.jpg"))
    told = load(source, tmp_path, captions=str(folder)).remarks[len(plain.remarks) :]
    assert told == tuple(
        f"{split}_{suffix}.json: 2 captions belong to no image, the first to 'z.jpg'"
        for split in ("train", "test")
        for suffix in RGB_NI_TI
    )


def test_captions_of_queries_alone_or_of_the_gallery_alone_are_of_images(tmp_path):
    """The published test files hold both; neither role alone has an image for each caption."""
    small(MarketMm, tmp_path)
    plain = load(MarketMm, tmp_path)
    folder = write_captions(tmp_path / "captions", plain)
    assert not set(names(plain.query)) & set(names(plain.gallery))
    assert load(MarketMm, tmp_path, captions=str(folder)).remarks == plain.remarks


def test_a_missing_caption_is_refused_with_its_file(source, tmp_path):
    small(source, tmp_path)
    plain = load(source, tmp_path)
    name = Path(plain.gallery.samples[2].name).name
    folder = write_captions(tmp_path / "captions", plain, drop=[name])
    said = refused(load, source, tmp_path, captions=str(folder))
    assert said.startswith(f"{folder / 'test_RGB.json'}: no caption for the image {name!r}")


def test_a_missing_caption_file_is_refused(persons, tmp_path):
    folder = write_captions(tmp_path / "captions", load(Rgbnt201, tmp_path))
    (folder / "train_TI.json").unlink()
    assert refused(load, Rgbnt201, tmp_path, captions=str(folder)).startswith(
        f"{folder / 'train_TI.json'}: no such caption file"
    )


def test_one_file_name_twice_in_a_split_is_refused_where_there_are_captions(tmp_path):
    folder = small(Wmveid863, tmp_path)
    for modality in ("vis", "ni", "th"):
        paint(folder / "train" / "0900" / modality / "0001_v0_n0_s999_001.jpg", (1, 2, 3))
    plain = load(Wmveid863, tmp_path)
    assert len(plain.train) == 7
    captions = write_captions(tmp_path / "captions", plain)
    said = refused(load, Wmveid863, tmp_path, captions=str(captions))
    twice = "two images of the train split are named '0001_v0_n0_s999_001.jpg', so that captions cannot tell them apart"
    assert said == f"{captions}: {twice}"


def test_the_data_set_is_not_changed_by_reading_it(source, tmp_path):
    small(source, tmp_path)
    before = sorted((path, path.stat().st_mtime_ns) for path in tmp_path.rglob("*"))
    load(source, tmp_path, corrupt="skip").train.read(0)
    assert sorted((path, path.stat().st_mtime_ns) for path in tmp_path.rglob("*")) == before


def test_a_source_without_a_rule_knows_none():
    assert FolderSource.in_training(1) is None
    assert FolderSource.is_query([]) is None
    with pytest.raises(NotImplementedError):
        FolderSource.layouts(None)


def test_first_counts_of_training_must_be_complete():
    class Half(Rgbnt201):
        published = {"train": (Wmveid863.published["query"][0],)}

    with pytest.raises(ValueError, match="complete"):
        Half.facts(Half.Config())


def test_problems_are_refused_in_one_line(source, tmp_path):
    for path in sorted(small(source, tmp_path).rglob("*.jpg"))[:2]:
        path.rename(path.with_suffix(".jpeg"))
    with pytest.raises(InputError, match="rename it") as error:
        load(source, tmp_path)
    assert "\n" not in str(error.value)


def test_images_are_read_whatever_the_captions_are(source, tmp_path):
    small(source, tmp_path)
    plain = load(source, tmp_path)
    text = write_captions(source.survey(source.Config(), tmp_path).found.root / "text", plain)
    (text / "train_RGB.json").write_text("{")
    (text / "test_NI.json").unlink()
    with pytest.raises(InputError, match="train_RGB"):
        load(source, tmp_path)
    found = source.load_images(source.Config(), tmp_path)
    assert (found.split_fingerprint, found.has_captions) == (plain.split_fingerprint, False)
