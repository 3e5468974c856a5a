from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.base import BENCHMARKS, Benchmark
from benchmarks.common.errors import InputError
from benchmarks.protocol import Protocol
from benchmarks.synthetic.difficulty import LEVELS, Level
from benchmarks.synthetic.pretraining import pretraining_blocks
from benchmarks.synthetic.source import worlds
from benchmarks.synthetic.world import World
from benchmarks.synthetic_vehicle import SyntheticVehicle, SyntheticVehicleSettings

SMALL = {"train_identities": 7, "train_images": 4, "test_identities": 6, "test_images": 4, "cameras": 3}


def load(folder: Path | None = None, **settings: object) -> Benchmark:
    return SyntheticVehicle.load(SyntheticVehicleSettings.model_validate(settings), None, folder)


@pytest.fixture(scope="module")
def benchmark() -> Benchmark:
    return load()


def test_it_is_registered_and_needs_no_files() -> None:
    assert BENCHMARKS.get("synthetic_vehicle") is SyntheticVehicle
    assert not SyntheticVehicle.needs_data_root


def test_counts_are_those_that_are_set(benchmark: Benchmark) -> None:
    test = {"samples": 640, "identities": 80, "cameras": 4}
    assert benchmark.counts == {"train": {"samples": 1280, "identities": 80, "cameras": 4}, "query": test, "gallery": test}
    assert benchmark.facts == SyntheticVehicle.facts(SyntheticVehicleSettings())
    assert benchmark.facts.name == "synthetic_vehicle"
    assert benchmark.facts.object == "vehicle"
    assert benchmark.facts.image_size == (32, 64)
    assert benchmark.facts.protocol is Protocol.SCENE
    assert load(**SMALL).counts["query"] == {"samples": 24, "identities": 6, "cameras": 3}


def test_names_are_those_of_msvr310_in_their_order(benchmark: Benchmark) -> None:
    assert benchmark.query is benchmark.gallery
    for split in (benchmark.train, benchmark.query):
        names = [sample.name for sample in split.samples]
        assert names == sorted(set(names))
    sample = benchmark.query.samples[0]
    identity, scene, view, frame = sample.name.removesuffix(".jpg").split("_")
    assert [len(part) for part in (identity, scene, view, frame)] == [4, 4, 2, 3]
    assert (int(identity), int(scene[1:]), int(view[1:]) - 1) == (sample.identity, sample.scene, sample.camera)


def test_no_group_has_members_in_training_and_test(benchmark: Benchmark) -> None:
    for split in (benchmark, load(**SMALL)):
        train, test = set((split.train.identities // 5).tolist()), set((split.query.identities // 5).tolist())
        assert not train & test


@pytest.mark.parametrize("settings", [{}, {"cameras": 7}, {"test_images": 5}, {"cameras": 2, "test_images": 40}, SMALL])
def test_every_query_has_a_match_in_another_scene(settings: dict[str, int]) -> None:
    split = load(**settings).query
    same = split.identities[:, None] == split.identities
    another = split.scenes[:, None] != split.scenes
    assert (same & another).any(axis=1).all()


def test_eight_images_by_four_cameras_are_two_scenes(benchmark: Benchmark) -> None:
    split = benchmark.query
    for identity in set(split.identities.tolist()):
        of_it = split.identities == identity
        scenes = split.scenes[of_it]
        assert len(set(scenes.tolist())) == 2
        for scene in set(scenes.tolist()):
            assert sorted(split.cameras[of_it][scenes == scene].tolist()) == [0, 1, 2, 3]


def test_cameras_share_the_time_of_a_scene() -> None:
    for world in worlds("vehicle", SyntheticVehicleSettings()):
        times: dict[int, set[int]] = {}
        for session, time in zip(world.visits.session.tolist(), world.visits.time.tolist(), strict=True):
            times.setdefault(session, set()).add(time)
        assert all(len(found) == 1 for found in times.values())
        assert set().union(*times.values()) == {0, 1, 2}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"images": 4}, "4 images by 4 cameras in 10 sessions leave a vehicle in one session only"),
        ({"images": 8, "sessions": 1}, "8 images by 4 cameras in 1 sessions leave a vehicle in one session only"),
        ({"first_identity": 9990, "identities": 11}, "identities is 11; give 1 to 10"),
    ],
)
def test_worlds_without_room_are_refused(settings: dict[str, int], message: str) -> None:
    with pytest.raises(InputError, match=message):
        World(object="vehicle", **settings)  # type: ignore[arg-type]


def test_images_are_read_from_memory_and_cache_alike(tmp_path: Path) -> None:
    plain, cached, again = load(**SMALL), load(tmp_path, **SMALL), load(tmp_path, **SMALL)
    for index in (0, len(plain.query) - 1):
        for images in (cached.query.read(index), again.query.read(index)):
            np.testing.assert_array_equal(np.stack(images), np.stack(plain.query.read(index)))
    assert plain.query.read(0)[0].shape == (32, 64, 3)


def test_another_draw_is_another_benchmark(benchmark: Benchmark) -> None:
    other = load(draw=1)
    assert other.counts == benchmark.counts
    for ours, theirs in ((benchmark.train, other.train), (benchmark.query, other.query)):
        same = [one.captions == two.captions for one, two in zip(ours.samples, theirs.samples, strict=True)]
        assert sum(same) < 0.01 * len(same)
    assert other.split_fingerprint != benchmark.split_fingerprint
    assert load().caption_fingerprint == benchmark.caption_fingerprint


@pytest.mark.parametrize("level", LEVELS)
def test_every_level_can_be_loaded(level: Level) -> None:
    assert load(**SMALL, difficulty=level).query.read(0)[2].shape == (32, 64, 3)


def test_vehicles_can_be_pretrained_on() -> None:
    blocks = list(pretraining_blocks(10, 6, block=5, image_size=(32, 64), object="vehicle"))
    assert [block.images.shape for block in blocks] == [(30, 3, 32, 64, 3)] * 2
    assert [sorted(set(block.identity.tolist())) for block in blocks] == [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9]]
    assert all(len(block.captions) == 30 for block in blocks)
