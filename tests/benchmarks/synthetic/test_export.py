from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.base import Benchmark
from benchmarks.common.errors import InputError
from benchmarks.rgbnt201 import Rgbnt201
from benchmarks.synthetic.export import export_rgbnt201
from benchmarks.synthetic_person import SyntheticPerson


@pytest.fixture(scope="module")
def benchmark() -> Benchmark:
    config = SyntheticPerson.Config(train_identities=6, train_images=3, test_identities=4, test_images=4)
    return SyntheticPerson.load(config, None, None)


def test_what_is_exported_reads_back_alike(benchmark: Benchmark, tmp_path: Path) -> None:
    folder = export_rgbnt201(benchmark, tmp_path / "data")
    assert folder == tmp_path / "data" / "RGBNT201"
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["RGBNT201"]
    read = Rgbnt201.load(Rgbnt201.Config(image_size=(64, 32)), tmp_path / "data", None)
    assert read.facts.cameras == benchmark.facts.cameras
    assert read.facts.identities == benchmark.facts.identities
    assert read.train.samples == benchmark.train.samples
    assert read.query.samples == benchmark.query.samples
    assert read.split_fingerprint == benchmark.split_fingerprint
    assert read.caption_fingerprint == benchmark.caption_fingerprint
    for ours, theirs in ((benchmark.train, read.train), (benchmark.query, read.query)):
        for index in range(len(ours)):
            for image, decoded in zip(ours.read(index), theirs.read(index), strict=True):
                assert image.shape == decoded.shape
                assert np.abs(image.astype(int) - decoded).mean() < 6  # JPEG


def test_captions_are_written_as_they_are_published(benchmark: Benchmark, tmp_path: Path) -> None:
    text = export_rgbnt201(benchmark, tmp_path) / "text"
    assert sorted(path.name for path in text.iterdir()) == [
        f"{split}_{modality}.json" for split in ("test", "train") for modality in ("NI", "RGB", "TI")
    ]
    entries = json.loads((text / "train_TI.json").read_text())
    assert [set(entry) for entry in entries] == [{"item", "description"}] * 18
    assert entries[0]["item"] == benchmark.train.samples[0].name


def test_nothing_is_overwritten(benchmark: Benchmark, tmp_path: Path) -> None:
    (tmp_path / "RGBNT201").mkdir()
    (tmp_path / "RGBNT201" / "mine.txt").write_text("keep")
    with pytest.raises(InputError, match="RGBNT201: exists and is not empty"):
        export_rgbnt201(benchmark, tmp_path)
    assert (tmp_path / "RGBNT201" / "mine.txt").read_text() == "keep"
    (tmp_path / "RGBNT201" / "mine.txt").unlink()
    export_rgbnt201(benchmark, tmp_path)  # an empty folder is no loss
    with pytest.raises(InputError, match="exists and is not empty"):
        export_rgbnt201(benchmark, tmp_path)


def test_a_place_that_cannot_be_written_is_told(benchmark: Benchmark, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        export_rgbnt201(benchmark, tmp_path / "file")
