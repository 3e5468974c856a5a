import io
import json
import os
import pickle
from collections import Counter

import numpy as np
import pytest
from folders.helpers import matches
from PIL import Image

from benchmarks.common.errors import InputError
from benchmarks.protocol import Protocol
from benchmarks.rgbnt201 import Rgbnt201, Rgbnt201Settings

FOLDERS = ("RGB", "NI", "TI")
TRAIN = ["000258_cam1_0_02.jpg", "000258_cam2_0_01.jpg", "000010_cam4_1_10.jpg", "000007_cam3_0_00.jpg"]
TEST = ["000300_cam2_0_01.jpg", "000300_cam1_0_05.jpg", "000299_cam1_0_00.jpg"]


def write_tree(root, splits=None):
    """Images in the published layout, each of one colour that says which it is."""
    for split, names in (splits or {"train_171": TRAIN, "test": TEST}).items():
        for m, folder in enumerate(FOLDERS):
            (root / split / folder).mkdir(parents=True)
            for n, name in enumerate(names):
                image = Image.new("RGB", (4, 8), (60 * m, 20 * n, 200))
                image.save(root / split / folder / name, format="png")
    return root


def write_captions(folder, splits=None):
    folder.mkdir(parents=True)
    for split, names in (splits or {"train": TRAIN, "test": TEST}).items():
        for suffix in FOLDERS:
            entries = [{"item": name, "description": f"{suffix} {name[:6]}. Second."} for name in names]
            (folder / f"{split}_{suffix}.json").write_text(json.dumps(entries))
    return folder


@pytest.fixture
def tree(tmp_path):
    return write_tree(tmp_path / "RGBNT201")


def load(data_root, **settings):
    return Rgbnt201.load(Rgbnt201Settings.model_validate(settings), data_root, None)


def refused(data_root, **settings):
    with pytest.raises(InputError) as error:
        load(data_root, **settings)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_samples_are_sorted_and_read_from_their_names(tree, tmp_path):
    benchmark = load(tmp_path)
    assert [sample.name for sample in benchmark.train.samples] == sorted(TRAIN)
    assert benchmark.train.identities.tolist() == [7, 10, 258, 258]
    assert benchmark.train.cameras.tolist() == [2, 3, 0, 1]
    assert benchmark.train.scenes.tolist() == [0, 1, 0, 0]
    assert [sample.name for sample in benchmark.query.samples] == sorted(TEST)


def test_test_images_are_query_and_gallery(tree, tmp_path):
    benchmark = load(tmp_path)
    assert benchmark.query is benchmark.gallery
    assert benchmark.counts["gallery"] == {"samples": 3, "identities": 2, "cameras": 2}


def test_facts_are_those_of_the_files(tree, tmp_path):
    facts = load(tmp_path, image_size=(64, 32)).facts
    assert (facts.name, facts.object, facts.identities, facts.cameras) == ("rgbnt201", "person", 3, 4)
    assert facts.image_size == (64, 32)
    assert facts.protocol is Protocol.CAMERA
    published = Rgbnt201.facts(Rgbnt201Settings())
    assert (published.identities, published.cameras, published.image_size) == (171, 4, (256, 128))


def test_images_are_read_by_modality(tree, tmp_path):
    split = load(tmp_path).train
    for index, name in enumerate(sorted(TRAIN)):
        images = split.read(index)
        assert [image.shape for image in images] == [(8, 4, 3)] * 3
        assert [image.dtype for image in images] == [np.uint8] * 3
        for m, image in enumerate(images):
            assert image[0, 0].tolist() == [60 * m, 20 * TRAIN.index(name), 200]


def test_images_of_one_channel_become_three(tree, tmp_path):
    Image.new("L", (4, 8), 77).save(tree / "test" / "TI" / sorted(TEST)[0], format="png")
    image = load(tmp_path).query.read(0)[2]
    assert image.shape == (8, 4, 3)
    assert (image == 77).all()


def test_splits_can_be_sent_to_another_process(tree, tmp_path):
    split = pickle.loads(pickle.dumps(load(tmp_path).train))
    assert split.read(0)[0].shape == (8, 4, 3)


def test_the_data_root_may_be_the_data_set_itself_or_its_parent(tree, tmp_path):
    assert load(tree).split_fingerprint == load(tmp_path).split_fingerprint


def test_other_folder_names_can_be_set(tmp_path):
    write_tree(tmp_path / "mine", {"train": TRAIN, "test": TEST})
    assert len(load(tmp_path, folder="mine", train_folder="train").train) == 4


def test_without_captions_there_are_none(tree, tmp_path):
    benchmark = load(tmp_path)
    assert not benchmark.has_captions
    assert benchmark.caption_fingerprint == ""


def test_captions_lie_in_text_or_where_the_setting_says(tree, tmp_path):
    write_captions(tmp_path / "captions")
    named = load(tmp_path, captions=str(tmp_path / "captions"))
    assert named.has_captions
    assert named.train.samples[0].captions == tuple((f"{suffix} 000007.", "Second.") for suffix in FOLDERS)
    write_captions(tree / "text")
    assert load(tmp_path).caption_fingerprint == named.caption_fingerprint
    assert load(tmp_path).split_fingerprint == named.split_fingerprint


def test_a_folder_of_captions_that_is_not_there_is_said(tree, tmp_path):
    assert "no such folder of captions (benchmark.captions)" in refused(tmp_path, captions=str(tmp_path / "nowhere"))


def test_an_image_without_a_caption_is_named(tree, tmp_path):
    write_captions(tmp_path / "captions", {"train": TRAIN[1:], "test": TEST})
    said = refused(tmp_path, captions=str(tmp_path / "captions"))
    assert "train_RGB.json" in said
    assert TRAIN[0] in said


def test_without_a_data_root_it_is_asked_for():
    assert "give --data-root, the folder that holds RGBNT201/" in refused(None)


def test_a_data_root_that_is_not_there_or_holds_something_else_is_said(tmp_path):
    assert "no such folder (--data-root)" in refused(tmp_path / "nowhere")
    assert "neither RGBNT201/train_171/ nor train_171/ is in it" in refused(tmp_path)


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_that_is_missing_is_named(tree, tmp_path, folder):
    for path in (tree / "test" / folder).iterdir():
        path.unlink()
    (tree / "test" / folder).rmdir()
    assert f"test/{folder}" in refused(tmp_path).replace(os.sep, "/")


def test_a_missing_counterpart_is_named(tree, tmp_path):
    (tree / "train_171" / "TI" / TRAIN[1]).unlink()
    said = refused(tmp_path)
    assert str(tree / "train_171" / "TI" / TRAIN[1]) in said
    assert "a triplet needs all three" in said


def test_a_folder_without_images_is_said(tree, tmp_path):
    for path in (tree / "test" / "RGB").iterdir():
        path.rename(path.with_suffix(".txt"))
    assert "no .jpg file in it" in refused(tmp_path)


@pytest.mark.parametrize(
    "name", ["000258_cam0_0_02.jpg", "258_cam1_0_02.jpg", "000258_c1_0_02.jpg", "000258_cam1_0.jpg", "x.jpg"]
)
def test_a_name_that_does_not_read_is_said(tree, tmp_path, name):
    for folder in FOLDERS:
        (tree / "test" / folder / TEST[0]).rename(tree / "test" / folder / name)
    said = refused(tmp_path)
    assert name in said
    assert "PPPPPP_camC_X_FF.jpg" in said


@pytest.mark.parametrize("damage", ["text", "empty", "short", "header", "chunk", "huge"])
def test_an_image_that_cannot_be_decoded_is_named(tree, tmp_path, damage):
    path = tree / "test" / "NI" / sorted(TEST)[1]
    content = path.read_bytes()
    bitmap = io.BytesIO()
    Image.new("RGB", (4, 8)).save(bitmap, format="bmp")
    broken = {
        "text": b"no image",
        "empty": b"",
        "short": content[:-30],
        "header": content[:16] + b"\xff" * 8 + content[24:],
        "chunk": content[:37] + b"\xfd\x84\x02 " + content[41:],
        "huge": bitmap.getvalue()[:18] + b"\xff\xff\x00\x00" * 2 + bitmap.getvalue()[26:],
    }
    path.write_bytes(broken[damage])
    split = load(tmp_path).query
    assert split.read(0)
    with pytest.raises(InputError, match="not a readable image") as error:
        split.read(1)
    assert str(path) in str(error.value)


def test_a_jpeg_that_is_cut_short_is_named(tree, tmp_path):
    path = tree / "test" / "RGB" / sorted(TEST)[0]
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save(path, format="jpeg")
    path.write_bytes(path.read_bytes()[:-900])
    with pytest.raises(InputError, match="not a readable image"):
        load(tmp_path).query.read(0)


def test_the_published_split_has_its_published_counts(published_tree, published_captions):
    captions = published_captions / "next-text" / "rgbnt201"
    benchmark = load(published_tree, captions=str(captions))
    test = {"samples": 836, "identities": 30, "cameras": 2}
    assert benchmark.counts == {"train": {"samples": 3951, "identities": 171, "cameras": 4}, "query": test, "gallery": test}
    assert Counter(benchmark.train.cameras.tolist()) == {0: 2592, 1: 1142, 2: 88, 3: 129}
    assert Counter(benchmark.query.cameras.tolist()) == {0: 365, 1: 471}
    assert Counter(benchmark.train.scenes.tolist()) == {0: 2768, 1: 1183}
    assert benchmark.facts == Rgbnt201.facts(Rgbnt201Settings())
    assert not set(benchmark.train.identities.tolist()) & set(benchmark.query.identities.tolist())
    per_identity = Counter(benchmark.train.identities.tolist()).values()
    assert (min(per_identity), max(per_identity)) == (8, 35)
    assert benchmark.has_captions
    by_item = {e["item"]: e["description"] for e in json.loads((captions / "test_TI.json").read_text("utf-8"))}
    for sample in benchmark.query.samples[::100]:
        assert " ".join(sample.captions[2]).split() == by_item[sample.name].split()
    assert benchmark.train.read(0)[0].shape == (32, 16, 3)


def test_matches_are_the_published_ones(real_trees):
    benchmark = load(real_trees.usual)
    positives, removed = matches(benchmark.query, benchmark.gallery, "camera")
    assert (positives.min(), positives.max(), round(positives.mean(), 2)) == (7, 21, 13.46)
    assert (removed.min(), removed.max(), round(removed.mean(), 2)) == (7, 21, 14.73)
    assert set(benchmark.query.identities.tolist()) == {258, 260, *range(269, 281), *range(282, 296), 298, 299}
    images = Counter(benchmark.query.identities.tolist()).values()
    assert (min(images), max(images)) == (17, 30)


def test_a_root_in_lower_case_is_the_same_split(real_trees):
    assert load(real_trees.other).split_fingerprint == load(real_trees.usual).split_fingerprint
