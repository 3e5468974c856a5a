from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.base import BENCHMARKS, Benchmark
from benchmarks.captions.files import caption_path, write_entries
from benchmarks.common.errors import InputError
from benchmarks.common.settings import parse
from benchmarks.protocol import Protocol
from benchmarks.synthetic import cache
from benchmarks.synthetic.source import worlds
from benchmarks.synthetic_person import SyntheticPerson, SyntheticPersonSettings

SMALL = {"train_identities": 7, "train_images": 4, "test_identities": 6, "test_images": 3, "cameras": 3}


def load(folder: Path | None = None, **settings: object) -> Benchmark:
    return SyntheticPerson.load(SyntheticPersonSettings.model_validate(settings), None, folder)


@pytest.fixture(scope="module")
def benchmark() -> Benchmark:
    return load()


def test_it_is_registered_and_needs_no_files() -> None:
    assert BENCHMARKS.get("synthetic_person") is SyntheticPerson
    assert not SyntheticPerson.needs_data_root


def test_counts_are_those_that_are_set(benchmark: Benchmark) -> None:
    test = {"samples": 640, "identities": 80, "cameras": 4}
    assert benchmark.counts == {"train": {"samples": 1280, "identities": 80, "cameras": 4}, "query": test, "gallery": test}
    assert benchmark.facts == SyntheticPerson.facts(SyntheticPersonSettings())
    assert benchmark.facts.identities == 80
    assert benchmark.facts.image_size == (64, 32)
    assert benchmark.facts.protocol is Protocol.CAMERA
    small = load(**SMALL)
    assert small.counts["train"] == {"samples": 28, "identities": 7, "cameras": 3}
    assert small.counts["query"] == {"samples": 18, "identities": 6, "cameras": 3}
    assert small.facts.cameras == 3


def test_test_samples_are_query_and_gallery_and_share_no_identity_with_training(benchmark: Benchmark) -> None:
    assert benchmark.query is benchmark.gallery
    assert not set(benchmark.train.identities.tolist()) & set(benchmark.query.identities.tolist())
    small = load(**SMALL)
    assert not set(small.train.identities.tolist()) & set(small.query.identities.tolist())
    assert [sample.name for sample in benchmark.train.samples] == sorted({sample.name for sample in benchmark.train.samples})


def test_every_query_has_a_match_in_another_camera(benchmark: Benchmark) -> None:
    split = benchmark.query
    same = split.identities[:, None] == split.identities
    other = split.cameras[:, None] != split.cameras
    assert (same & other).any(axis=1).all()


def test_captions_are_there_for_every_modality(benchmark: Benchmark) -> None:
    assert benchmark.has_captions
    assert all(len(sample.captions or ()) == 3 for sample in benchmark.train.samples)


def test_listing_and_fingerprints_render_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def forbidden(*_: object) -> None:
        raise AssertionError("rendered")

    monkeypatch.setattr(cache, "render", forbidden)
    made = load(tmp_path)
    assert len(made.split_fingerprint) == len(made.caption_fingerprint) == 64
    assert made.counts["train"]["samples"] == 1280
    assert not list(tmp_path.iterdir())
    with pytest.raises(AssertionError, match="rendered"):
        made.train.read(0)


def test_images_are_read_from_memory_and_cache_alike(tmp_path: Path) -> None:
    plain, cached, again = load(**SMALL), load(tmp_path, **SMALL), load(tmp_path, **SMALL)
    for one, two, three in ((plain.train, cached.train, again.train), (plain.query, cached.query, again.query)):
        for index in (0, len(one) - 1):
            for images in (two.read(index), three.read(index)):
                np.testing.assert_array_equal(np.stack(images), np.stack(one.read(index)))
    assert plain.query.read(0)[0].shape == (64, 32, 3)
    assert len(list(tmp_path.iterdir())) == 2


def test_another_draw_is_another_benchmark(benchmark: Benchmark) -> None:
    other = load(draw=1)
    assert other.counts == benchmark.counts
    for ours, theirs in ((benchmark.train, other.train), (benchmark.query, other.query)):
        same = [one.captions == two.captions for one, two in zip(ours.samples, theirs.samples, strict=True)]
        assert sum(same) < 0.01 * len(same)
    assert other.split_fingerprint != benchmark.split_fingerprint
    assert other.caption_fingerprint != benchmark.caption_fingerprint
    assert load().split_fingerprint == benchmark.split_fingerprint


def test_training_identities_do_not_depend_on_the_test_split() -> None:
    few, many = (worlds("person", SyntheticPersonSettings(test_identities=count))[0] for count in (5, 50))
    assert few.fingerprint == many.fingerprint


def test_version_is_part_of_the_settings() -> None:
    assert SyntheticPersonSettings().model_dump()["version"] == 2
    with pytest.raises(InputError, match="version"):
        parse(SyntheticPersonSettings, {"version": 1}, "config.py")


@pytest.mark.parametrize("wrong", [{"train_images": 1}, {"cameras": 1}, {"cameras": 10}, {"draw": -1}, {"test_identities": 1}])
def test_settings_out_of_range_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(InputError, match=next(iter(wrong))):
        parse(SyntheticPersonSettings, wrong, "config.py")


def test_a_size_without_room_is_refused() -> None:
    with pytest.raises(InputError, match="image_size"):
        load(image_size=(64, 8))


def test_generated_captions_take_the_place_of_its_own(tmp_path: Path) -> None:
    own = load(**SMALL)
    for name, split in (("train", own.train), ("test", own.gallery)):
        for modality in ("RGB", "NIR", "TIR"):
            entries = [(sample.name, f"{modality} of {sample.name}. It is made.") for sample in split.samples]
            write_entries(caption_path(tmp_path, name, modality), entries)
    read = load(**SMALL, captions=str(tmp_path))
    assert read.split_fingerprint == own.split_fingerprint
    assert read.caption_fingerprint != own.caption_fingerprint
    first = read.query.samples[0]
    assert first.captions is not None
    assert first.captions[2] == (f"TIR of {first.name}.", "It is made.")


def test_captions_and_their_quality_do_not_go_together(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="caption_quality is of the benchmark's own captions"):
        parse(SyntheticPersonSettings, {"captions": str(tmp_path), "caption_quality": 0.5}, "--set")
