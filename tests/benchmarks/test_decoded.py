import dataclasses
import errno
import os
import pickle
import shutil
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from folders.helpers import PERSONS, RGB_NI_TI, load, paint, refused, small
from PIL import Image
from torch.utils.data import DataLoader

from benchmarks import decoded, loading
from benchmarks.base import Split
from benchmarks.decoded import DecodedImages, keep_decoded
from benchmarks.loading import DataSettings, decode_once, train_loader
from benchmarks.rgbnt201 import Rgbnt201
from benchmarks.transforms import Resizing

SIZE = (16, 8)
RESIZING = Resizing(SIZE, "bilinear")


@pytest.fixture
def tree(tmp_path):
    """Images of different sizes and contents, without loss."""
    folder = small(Rgbnt201, tmp_path / "data")
    for number, path in enumerate(sorted(folder.rglob("*.jpg"))):
        pixels = np.random.default_rng(number).integers(256, size=(20 + number % 3, 11, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(path, format="png")
    return folder


def read(tree, **changes):
    return load(Rgbnt201, tree.parent, image_size=SIZE, **changes)


def settings(**changes):
    return DataSettings.model_validate({"identities_per_batch": 2, "images_per_identity": 2, "test_batch": 3, **changes})


def batches(benchmark, data, epochs=2):
    """All batches of some epochs of training, then those of the gallery."""
    loader = train_loader(benchmark, data, seed=5)
    found = []
    for epoch in range(epochs):
        loader.batch_sampler.set_epoch(epoch)
        found += list(loader)
    return found + list(loading.test_loader(benchmark.gallery, SIZE, data))


def equal(one, two):
    fields = [field.name for field in dataclasses.fields(one)]
    return all(np.array_equal(getattr(one, name), getattr(two, name)) for name in fields if torch.is_tensor(getattr(one, name)))


def destroy(tree):
    """Damage every image behind the back of its size and time."""
    for path in tree.rglob("*.jpg"):
        state = path.stat()
        path.write_bytes(b"x" * state.st_size)
        os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))


def images_file(cache):
    (path,) = [path for path in cache.glob("decoded-*.npy") if not path.name.endswith(".sums.npy")]
    return path


@pytest.mark.parametrize("workers", [0, 2])
def test_batches_are_the_same_with_and_without(tree, tmp_path, workers):
    plain = batches(read(tree), settings(workers=workers))
    data = settings(workers=workers, decoded_cache=True)
    kept = batches(decode_once(read(tree), data, tmp_path / "cache"), data)
    again = batches(decode_once(read(tree), data, tmp_path / "cache"), data)
    assert len(plain) == len(kept) == len(again) > 6
    assert all(equal(one, two) for one, two in zip(plain, kept, strict=True))
    assert all(equal(one, two) for one, two in zip(plain, again, strict=True))


@pytest.mark.parametrize("workers", [0, 2])
def test_a_second_run_does_not_decode(tree, tmp_path, workers):
    data = settings(decoded_cache=True, workers=workers)
    first = batches(decode_once(read(tree), data, tmp_path), data)
    destroy(tree)
    again = batches(decode_once(read(tree), data, tmp_path), data)
    assert all(equal(one, two) for one, two in zip(first, again, strict=True))
    with pytest.raises(Exception, match="not a readable image"):
        batches(read(tree), settings())


def test_a_second_epoch_does_not_read_a_file(tree, tmp_path):
    benchmark = decode_once(read(tree), settings(decoded_cache=True), tmp_path / "cache")
    first = [benchmark.train.read(position) for position in range(len(benchmark.train))]
    shutil.rmtree(tree)
    for position, images in enumerate(first):
        np.testing.assert_array_equal(benchmark.train.read(position), images)


def test_a_look_at_the_training_split_is_the_same_with_and_without(tree, tmp_path):
    looks = [list(loading.survey_loader(read(tree), settings(decoded_cache=kept), tmp_path)) for kept in (False, True, True)]
    for other in looks[1:]:
        assert all(equal(one, two) for one, two in zip(looks[0], other, strict=True))


def test_what_is_kept_is_resized_for_its_role(tree, tmp_path):
    plain = read(tree)
    benchmark = decode_once(plain, settings(decoded_cache=True), tmp_path)
    for role, method in (("train", "bicubic"), ("gallery", "bilinear")):
        expected = Resizing(SIZE, method)(getattr(plain, role).read(2))
        np.testing.assert_array_equal(getattr(benchmark, role).read(2), expected)
        np.testing.assert_array_equal(getattr(benchmark, role).read(2), expected)
    assert benchmark.query is benchmark.gallery
    assert benchmark.train.files(2) == plain.train.files(2)
    assert benchmark.split_fingerprint == plain.split_fingerprint
    assert benchmark.train.stamp == plain.train.stamp


def test_without_the_setting_nothing_is_kept(tree, tmp_path):
    benchmark = read(tree)
    assert decode_once(benchmark, settings(), tmp_path / "cache") is benchmark
    assert not (tmp_path / "cache").exists()


def test_benchmarks_that_are_made_stay_as_they_are(tree, tmp_path):
    made = Split(read(tree).train.samples, lambda index: [np.zeros((4, 4, 3), np.uint8)] * 3)
    assert keep_decoded(made, RESIZING, 3, tmp_path / "cache") is made
    assert keep_decoded(Split((), made.read), RESIZING, 3, tmp_path / "cache").samples == ()
    assert not (tmp_path / "cache").exists()


def test_a_part_of_a_split_reads_its_own_images(tree, tmp_path):
    part = read(tree).train.take([5, 2])
    kept = keep_decoded(part, RESIZING, 3, tmp_path)
    np.testing.assert_array_equal(kept.read(0), RESIZING(part.read(0)))
    np.testing.assert_array_equal(kept.take([1]).read(0), RESIZING(part.read(1)))


def test_a_damaged_sample_is_read_anew_and_mended(tree, tmp_path):
    train = read(tree).train
    keep_decoded(train, RESIZING, 3, tmp_path).read(3)
    kept = np.load(images_file(tmp_path), mmap_mode="r+")
    whole = kept[3].copy()
    kept[3, 1, :4] ^= 255
    kept.flush()
    np.testing.assert_array_equal(keep_decoded(train, RESIZING, 3, tmp_path).read(3), whole)
    np.testing.assert_array_equal(np.load(images_file(tmp_path))[3], whole)


@pytest.mark.parametrize("damage", ["images cut short", "images gone", "sums cut short", "sums gone", "no array"])
def test_a_damaged_file_is_made_anew(tree, tmp_path, damage):
    train = read(tree).train
    keep_decoded(train, RESIZING, 3, tmp_path).read(3)
    path = images_file(tmp_path)
    path = path.with_suffix(".sums.npy") if damage.startswith("sums") else path
    if damage.endswith("gone"):
        path.unlink()
    else:
        path.write_bytes(b"no array" if damage == "no array" else path.read_bytes()[:-9])
    again = keep_decoded(train, RESIZING, 3, tmp_path)
    for position in range(len(train)):
        np.testing.assert_array_equal(again.read(position), RESIZING(train.read(position)))


def test_a_black_image_is_kept_too(tmp_path):
    for role, names in PERSONS.items():
        for modality in RGB_NI_TI:
            for name in names:
                paint(tmp_path / "data" / "RGBNT201" / role / modality / name, (0, 0, 0))
    train = read(tmp_path / "data" / "RGBNT201").train
    keep_decoded(train, RESIZING, 3, tmp_path).read(0)
    assert np.load(images_file(tmp_path).with_suffix(".sums.npy")).astype(bool).tolist() == [True] + [False] * 11
    destroy(tmp_path / "data")
    assert not np.any(keep_decoded(train, RESIZING, 3, tmp_path).read(0))


def test_another_file_another_size_and_another_method_are_other_files(tree, tmp_path):
    keep_decoded(read(tree).train, RESIZING, 3, tmp_path)
    assert len(list(tmp_path.glob("*.sums.npy"))) == 1
    keep_decoded(read(tree).train, RESIZING, 3, tmp_path)
    assert len(list(tmp_path.glob("*.sums.npy"))) == 1
    for count, other in enumerate(
        (Resizing((8, 8), "bilinear"), Resizing(SIZE, "bicubic"), Resizing(SIZE, "bilinear", "pad")), start=2
    ):
        keep_decoded(read(tree).train, other, 3, tmp_path)
        assert len(list(tmp_path.glob("*.sums.npy"))) == count
    changed = paint(tree / "train_171" / "NI" / PERSONS["train_171"][0], (9, 9, 9))
    train = keep_decoded(read(tree).train, RESIZING, 3, tmp_path)
    assert len(list(tmp_path.glob("*.sums.npy"))) == 5
    position = [sample.name for sample in train.samples].index(changed.name)
    assert np.all(train.read(position)[1] == 9)


def test_a_disk_that_is_too_full_is_refused_before_anything_is_read(tree, tmp_path, monkeypatch):
    monkeypatch.setattr(decoded.shutil, "disk_usage", lambda path: SimpleNamespace(free=1000))
    said = refused(decode_once, read(tree), settings(decoded_cache=True), tmp_path / "cache")
    assert said.startswith(f"{tmp_path / 'cache'}: data.decoded_cache needs 0.0 GB there and 0.0 GB are free; ")
    assert said.endswith("leave it off or choose another --work-dir")


@pytest.mark.skipif(not hasattr(os, "posix_fallocate"), reason="this system cannot take room for a file beforehand")
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_disk_without_room_for_the_whole_file_is_refused(tree, tmp_path, monkeypatch, code):
    """Free space is only asked for one file at a time, and says nothing of quotas."""

    def full(*_):
        raise OSError(code, "full")

    monkeypatch.setattr(os, "posix_fallocate", full)
    assert "data.decoded_cache needs" in refused(keep_decoded, read(tree).train, RESIZING, 3, tmp_path / "cache")
    assert not list((tmp_path / "cache").glob("*.npy"))


@pytest.mark.skipif(not hasattr(os, "posix_fallocate"), reason="this system cannot take room for a file beforehand")
def test_the_room_is_taken_at_once_where_the_disk_can(tree, tmp_path, monkeypatch):
    taken = []

    def allocate(_, start, size):
        taken.append((start, size))
        raise OSError(errno.EOPNOTSUPP, "not here")

    monkeypatch.setattr(os, "posix_fallocate", allocate)
    train = read(tree).train
    kept = keep_decoded(train, RESIZING, 3, tmp_path)
    path = images_file(tmp_path)
    assert taken == [(0, file.stat().st_size) for file in (path.with_suffix(".sums.npy"), path)]
    assert path.stat().st_size > 12 * 3 * 16 * 8 * 3
    np.testing.assert_array_equal(kept.read(0), RESIZING(train.read(0)))


def test_an_image_that_cannot_be_read_is_refused_and_not_kept(tree, tmp_path):
    path = tree / "train_171" / "TI" / PERSONS["train_171"][0]
    path.write_bytes(b"no image")
    benchmark = decode_once(read(tree), settings(decoded_cache=True), tmp_path / "cache")
    said = refused(batches, benchmark, settings(decoded_cache=True))
    assert said == f"{path}: not a readable image (cannot identify image file) (--skip-corrupt leaves such images out)"


def test_a_reader_is_sent_without_its_maps(tree, tmp_path):
    kept = keep_decoded(read(tree).train, RESIZING, 3, tmp_path)
    images = kept.read(1)
    sent = pickle.dumps(kept.read)
    assert len(sent) < 20_000
    np.testing.assert_array_equal(pickle.loads(sent)(1), images)


class EachTwice(torch.utils.data.Dataset):
    """Every sample at two neighbouring positions, so that two loader processes want it at once."""

    def __init__(self, read: DecodedImages, count: int) -> None:
        self.read, self.count = read, count

    def __len__(self):
        return 2 * self.count

    def __getitem__(self, index):
        return np.stack(self.read(index // 2))


def test_two_processes_share_the_file(tree, tmp_path):
    train = read(tree).train
    kept = keep_decoded(train, RESIZING, 3, tmp_path)
    expected = [RESIZING(train.read(position)) for position in range(len(train))]
    for _ in range(2):
        found = [batch[0].numpy() for batch in DataLoader(EachTwice(kept.read, len(train)), num_workers=2)]
        np.testing.assert_array_equal(found, np.repeat(expected, 2, axis=0))
    destroy(tree)
    for position, images in enumerate(expected):  # what they wrote is here too
        np.testing.assert_array_equal(kept.read(position), images)
