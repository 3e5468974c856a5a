from __future__ import annotations

import numpy as np
import pytest

from benchmarks.synthetic.backdrops import panoramas

SHAPE = (64, 32)


def test_panoramas_have_room_and_values_in_range() -> None:
    views = panoramas("person", "benchmark", 0, 0, 3, SHAPE)
    assert views.shape == (3, 5, 76, 128)
    assert views.min() > 0
    assert views.max() < 1.1
    assert not views.flags.writeable


def test_a_place_lasts_and_what_stands_there_changes() -> None:
    first, second = panoramas("person", "benchmark", 0, 0, 2, SHAPE)
    alike = np.abs(first - second).max(axis=0) < 0.2
    assert 0.3 < alike.mean() < 0.99


@pytest.mark.parametrize("other", [("pretraining", 0, 0), ("benchmark", 1, 0), ("benchmark", 0, 1)])
def test_cameras_draws_and_namespaces_have_their_own(other: tuple[str, int, int]) -> None:
    ours, theirs = panoramas("person", "benchmark", 0, 0, 1, SHAPE), panoramas("person", *other, 1, SHAPE)  # type: ignore[arg-type]
    assert np.abs(ours - theirs).mean() > 0.05
