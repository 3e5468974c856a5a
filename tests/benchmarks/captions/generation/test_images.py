import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from benchmarks.base import BENCHMARKS, Sample, Split
from benchmarks.captions.generation.images import job_images
from benchmarks.common.errors import InputError
from benchmarks.folders.arrangement import ByModality, Strips
from benchmarks.folders.source import FolderReader

SMALL = {"train_identities": 5, "train_images": 4, "test_identities": 5, "test_images": 3}


@pytest.fixture(scope="module")
def benchmark():
    source = BENCHMARKS.get("synthetic_person")
    return source.load(source.Config(**SMALL), None, None)


def test_every_image_of_every_modality_is_there_once_and_sorted(benchmark):
    keys = [image.key for image in job_images(benchmark, ("train", "test"))]
    expected = {
        (split, modality, sample.name)
        for split, samples in (("train", benchmark.train.samples), ("test", benchmark.gallery.samples))
        for sample in samples
        for modality in ("RGB", "NIR", "TIR")
    }
    assert len(keys) == len(expected) == 3 * (20 + 15)
    assert {(key.split, key.modality, key.item) for key in keys} == expected
    assert keys == sorted(keys)


def test_the_limit_is_of_samples_in_each_split(benchmark):
    keys = [image.key for image in job_images(benchmark, ("train", "test"), limit=2)]
    first = sorted(sample.name for sample in benchmark.train.samples)[:2]
    assert len(keys) == 2 * 2 * 3
    assert {key.item for key in keys if key.split == "train"} == set(first)
    assert {key.split for key in (image.key for image in job_images(benchmark, ("test",)))} == {"test"}


def test_made_images_are_png_files_of_their_pixels(benchmark):
    image = job_images(benchmark, ("train",))[0]
    position = [sample.name for sample in benchmark.train.samples].index(image.key.item)
    pixels = np.asarray(Image.open(io.BytesIO(image.read())))
    assert image.key.modality == "NIR"
    assert (pixels == benchmark.train.read(position)[1]).all()


def folder_split(folder, arrangement, *names):
    return Split(tuple(Sample(name, 1, 0, 0) for name in names), FolderReader(folder, arrangement, names))


def of(benchmark, split):
    return replace(benchmark, train=split, query=split, gallery=split)


def test_the_bytes_of_a_file_are_those_of_the_file(tmp_path, benchmark):
    for folder in ("RGB", "NI", "TI"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.jpg").write_bytes(folder.encode())
    split = folder_split(tmp_path, ByModality(("RGB", "NI", "TI")), "a.jpg")
    found = {image.key.modality: image.read() for image in job_images(of(benchmark, split), ("train",))}
    assert found == {"RGB": b"RGB", "NIR": b"NI", "TIR": b"TI"}
    (tmp_path / "TI" / "a.jpg").unlink()
    with pytest.raises(InputError, match="a.jpg: cannot be read"):
        job_images(of(benchmark, split), ("train",))[2].read()


def test_a_strip_is_cut(tmp_path, benchmark):
    strip = np.zeros((4, 9, 3), np.uint8)
    strip[:, 3:6], strip[:, 6:] = 100, 200
    Image.fromarray(strip).save(tmp_path / "a.jpg", quality=100, subsampling=0)
    found = job_images(of(benchmark, folder_split(tmp_path, Strips(), "a.jpg")), ("train",))
    pixels = {image.key.modality: np.asarray(Image.open(io.BytesIO(image.read()))) for image in found}
    assert {modality: (each.shape, round(each.mean(), -2)) for modality, each in pixels.items()} == {
        "RGB": ((4, 3, 3), 0),
        "NIR": ((4, 3, 3), 100),
        "TIR": ((4, 3, 3), 200),
    }


def test_a_query_outside_the_gallery_is_annotated_and_one_inside_once(benchmark):
    first, rest = benchmark.gallery.take(range(6)), benchmark.gallery.take(range(3, 15))
    keys = [image.key for image in job_images(replace(benchmark, query=first, gallery=rest), ("test",))]
    assert len(keys) == len(set(keys)) == 3 * 15


def test_samples_that_captions_cannot_tell_apart_are_refused(tmp_path, benchmark):
    split = folder_split(tmp_path, ByModality(("RGB", "NI", "TI")), "0001/a.jpg", "0002/a.jpg")
    with pytest.raises(InputError, match="two images of the train split are named 'a.jpg'"):
        job_images(of(benchmark, split), ("train",))
