from __future__ import annotations

from itertools import islice

import numpy as np
import pytest

from benchmarks.synthetic import pretraining
from benchmarks.synthetic.captions import captions
from benchmarks.synthetic.pretraining import pretraining_blocks
from benchmarks.synthetic.rendering import render
from benchmarks.synthetic.world import World


def test_blocks_hold_pictures_and_captions_of_all_identities() -> None:
    blocks = list(pretraining_blocks(11, images=3, block=5))
    assert [block.images.shape for block in blocks] == [(15, 3, 64, 32, 3), (15, 3, 64, 32, 3), (3, 3, 64, 32, 3)]
    np.testing.assert_array_equal(np.concatenate([block.identity for block in blocks]), np.repeat(np.arange(11), 3))
    for block in blocks:
        assert block.world.namespace == "pretraining"
        np.testing.assert_array_equal(block.images, render(block.world, range(len(block.world))))
        assert block.captions == captions(block.world, range(len(block.world)))


def test_blocks_are_made_when_they_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[World] = []

    def recording(world: World, rows: np.ndarray) -> np.ndarray:
        made.append(world)
        return render(world, rows)

    monkeypatch.setattr(pretraining, "render", recording)
    first, second = islice(pretraining_blocks(10**6, images=2, block=2), 2)
    assert len(made) == 2
    assert first.world.draw != second.world.draw
    assert (first.images != second.images).any()


def test_more_identities_are_the_same_and_further_ones() -> None:
    few, many = (np.concatenate([block.images for block in pretraining_blocks(n, images=2, block=4)]) for n in (6, 9))
    np.testing.assert_array_equal(few, many[:12])


def test_backdrops_are_not_those_of_the_benchmark() -> None:
    ours, theirs = (render(World(namespace, identities=20, images=2), range(40)) for namespace in ("benchmark", "pretraining"))
    corners = {picture[0, :4, :4].tobytes() for picture in ours} & {picture[0, :4, :4].tobytes() for picture in theirs}
    assert not corners
