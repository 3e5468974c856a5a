from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from benchmarks.common.errors import InputError
from benchmarks.synthetic import cache as cache_module
from benchmarks.synthetic.cache import Pictures, cache_file
from benchmarks.synthetic.rendering import render
from benchmarks.synthetic.world import World

WORLD = World(identities=5, images=3)
PICTURES = render(WORLD, range(15))


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many samples each call renders."""
    counts: list[int] = []

    def counting(world: World, indices: range | list[int]) -> np.ndarray:
        counts.append(len(indices))
        return render(world, indices)

    monkeypatch.setattr(cache_module, "render", counting)
    return counts


def check(pictures: Pictures) -> None:
    for index in (0, 7, 14):
        images = pictures(index)
        assert len(images) == 3
        for image, expected in zip(images, PICTURES[index], strict=True):
            np.testing.assert_array_equal(image, expected)


def test_without_a_cache_all_are_rendered_once_and_not_before_the_first_read(rendered: list[int]) -> None:
    pictures = Pictures(WORLD, None)
    assert rendered == []
    check(pictures)
    assert rendered == [15]


def test_the_second_reader_finds_the_file(tmp_path: Path, rendered: list[int]) -> None:
    check(Pictures(WORLD, tmp_path / "made" / "here"))
    assert rendered == [15]
    check(Pictures(WORLD, tmp_path / "made" / "here"))
    assert rendered == [15, 2]  # two samples are looked at
    assert [path.name for path in (tmp_path / "made" / "here").iterdir()] == [cache_file(WORLD, tmp_path).name]


def test_other_worlds_have_other_files(tmp_path: Path) -> None:
    other = World(identities=5, images=3, draw=1)
    Pictures(WORLD, tmp_path)(0)
    assert (Pictures(other, tmp_path)(0)[0] != PICTURES[0, 0]).any()
    check(Pictures(WORLD, tmp_path))


@pytest.mark.parametrize("damage", ["truncated", "empty", "text", "shape", "pixels", "archive"])
def test_a_damaged_or_foreign_file_is_made_again(tmp_path: Path, rendered: list[int], damage: str) -> None:
    path = cache_file(WORLD, tmp_path)
    check(Pictures(WORLD, tmp_path))
    if damage == "truncated":
        path.write_bytes(path.read_bytes()[:-1000])
    elif damage in {"empty", "text"}:
        path.write_text("" if damage == "empty" else "not an array")
    elif damage == "archive":
        with path.open("wb") as file:
            np.savez(file, PICTURES)
    else:
        np.save(path, PICTURES[:4] if damage == "shape" else PICTURES[::-1])
    check(Pictures(WORLD, tmp_path))
    assert rendered.count(15) == 2
    np.testing.assert_array_equal(np.load(path), PICTURES)


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="file: cannot be written"):
        Pictures(WORLD, tmp_path / "file")(0)


@pytest.mark.parametrize("cached", [True, False])
def test_loader_processes_can_be_sent_it(tmp_path: Path, cached: bool) -> None:
    pictures = Pictures(WORLD, tmp_path if cached else None)
    check(pictures)
    sent = pickle.dumps(pictures)
    assert (len(sent) < 20_000) == cached  # the file is mapped again, not sent
    check(pickle.loads(sent))
