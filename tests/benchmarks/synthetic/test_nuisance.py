from __future__ import annotations

import numpy as np

from benchmarks.synthetic import nuisance, texture
from benchmarks.synthetic.canvas import CHANNELS, Canvas, soften
from benchmarks.synthetic.moments import Occluder


def test_occluders_cover_their_boxes_and_nothing_else() -> None:
    canvas = Canvas(np.full((CHANNELS + 1, 4, 40, 20), -1, np.float32))
    kind, place = np.arange(4), np.full(4, 0.2, np.float32)
    nuisance.occlude(canvas, kind, place, np.full((5, 4), 0.5, np.float32))
    left, right, top = nuisance.occluder_box(kind, place)
    covered = canvas.planes[0] > 0
    assert not covered[Occluder.NONE].any()
    for which in (Occluder.POLE, Occluder.LOW, Occluder.SIDE):
        rows = np.arange(40)[:, None] + 0.5 > top[which] * 40
        columns = (np.arange(20) + 0.5 > left[which] * 20) & (np.arange(20) + 0.5 < right[which] * 20)
        np.testing.assert_array_equal(covered[which], rows & columns)
        assert 0.03 < covered[which].mean() < 0.5


def test_blur_is_applied_as_often_as_it_says() -> None:
    planes = np.random.default_rng(0).random((2, 3, 6, 5)).astype(np.float32)
    once, twice = soften(planes[:, 1]), soften(soften(planes[:, 2]))
    still = planes[:, 0].copy()
    nuisance.blur(planes, np.array([0, 1, 2]))
    np.testing.assert_array_equal(planes[:, 0], still)
    np.testing.assert_array_equal(planes[:, 1], once)
    np.testing.assert_array_equal(planes[:, 2], twice)


def test_shift_moves_and_repeats_edges() -> None:
    planes = np.arange(2 * 4 * 3, dtype=np.float32).reshape(2, 4, 3)
    moved = nuisance.shifted(planes, np.array([[1, 0], [-1, 2]]))
    for picture, (down, right) in enumerate([(1, 0), (-1, 2)]):
        for row in range(4):
            for column in range(3):
                source = planes[picture, min(max(row - down, 0), 3), min(max(column - right, 0), 2)]
                assert moved[picture, row, column] == source


def test_glare_is_brightest_where_the_headlights_are() -> None:
    light = nuisance.glare((64, 32), np.array([[0.5, 0.25]], np.float32), np.array([0.5], np.float32))[0]
    assert np.unravel_index(light.argmax(), light.shape) in {(31, 7), (31, 8), (32, 7), (32, 8)}
    assert light[0, 31] == np.float32(0.14)  # a veil over all
    assert 1.3 < light.max() < 1.4


def test_noise_has_the_stated_moments_and_is_each_samples_own() -> None:
    keys = np.arange(50)
    for noise in (texture.grain((64, 32), keys, 0), texture.folds((64, 32), keys)):
        assert abs(noise.mean()) < 0.05
        assert abs(noise.std() - 1) < 0.1
        assert np.abs(noise[0] - noise[1]).mean() > 0.2
    assert (texture.grain((64, 32), keys, 0) != texture.grain((64, 32), keys, 1)).mean() > 0.9
