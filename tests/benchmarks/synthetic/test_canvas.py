from __future__ import annotations

import numpy as np
import pytest

from benchmarks.synthetic.canvas import CHANNELS, RELIEF, Canvas, Frame, Span, soften


def blank(count: int = 1) -> Canvas:
    return Canvas(np.zeros((CHANNELS + 1, count, 8, 8), np.float32))


def span(centre: float, half: float, cover: float = 1.0, count: int = 1) -> Span:
    return Span(*(np.full((count, 8), value, np.float32) for value in (centre, half, cover)))


WHITE, ALL = np.ones((5, 1), np.float32), np.ones(1, np.bool_)


@pytest.mark.parametrize(("centre", "half"), [(4.0, 2.0), (3.3, 1.25), (2.6, 0.2), (0.5, 2.0), (7.9, 1.0), (20.0, 1.0)])
def test_a_pixel_is_covered_by_its_share_of_the_interval(centre: float, half: float) -> None:
    canvas = blank()
    canvas.paint(span(centre, half), WHITE, ALL)
    for column in range(8):
        share = max(min(column + 1, centre + half) - max(column, centre - half), 0)
        np.testing.assert_allclose(canvas.planes[:, 0, :, column], share, atol=1e-6)


def test_paint_covers_what_is_below_and_leaves_other_pictures() -> None:
    canvas = blank(4)
    canvas.planes[:] = 0.5
    look = np.array([[0.1], [0.2], [0.3], [0.4], [0.6]], np.float32).repeat(4, axis=1)
    canvas.paint(span(4, 2, 0.5, count=4), look, np.array([False, True, False, False]))
    np.testing.assert_allclose(canvas.planes[:CHANNELS, 1, 3, 4], 0.5 + 0.5 * (look[:, 0] - 0.5))
    assert (canvas.planes[:, [0, 2, 3]] == 0.5).all()
    assert (canvas.planes[:, 1, :, :2] == 0.5).all()


def test_relief_darkens_edges_and_tilts() -> None:
    canvas = blank()
    canvas.paint(span(4, 4), WHITE, ALL, roundness=0.4, tilt=0.1)
    expected = [1 - 0.4 * across * across + 0.1 * across for across in ((column + 0.5 - 4) / 4 for column in range(8))]
    np.testing.assert_allclose(canvas.planes[RELIEF, 0, 2], expected, rtol=1e-6)


def test_nothing_is_painted_without_cover() -> None:
    canvas = blank()
    canvas.paint(span(4, 2, 0.0), WHITE, ALL)
    assert not canvas.planes.any()


def frame() -> Frame:
    rows = (np.arange(8, dtype=np.float32)[None] + 0.5 - 2) / 4  # a person of 4 pixels that begins at row 2
    return Frame(rows, np.full((1, 1), 4, np.float32), np.full((1, 1), 5, np.float32))


def test_a_span_covers_rows_by_their_share() -> None:
    made = frame().span(0.125, 0.75, 0.25, 0.5)
    np.testing.assert_allclose(made.cover[0], [0, 0, 0.5, 1, 1, 0, 0, 0], atol=1e-6)
    np.testing.assert_allclose(made.centre, 6)
    np.testing.assert_allclose(made.half, 2)


def test_a_track_runs_through_its_knots_and_stays_constant_outside() -> None:
    line = frame().track((0.0, 1.0), (0.5, 2.0), (1.0, 0.0))[0]
    heights = frame().rows[0]
    np.testing.assert_allclose(line, np.interp(heights, [0, 0.5, 1], [1, 2, 0]), rtol=1e-6)


def test_an_ellipse_is_widest_in_its_middle() -> None:
    half = frame().ellipse(0.0, 1.0, 0.0, 0.5).half[0]
    expected = [4 * 0.5 * np.sqrt(max(1 - ((height - 0.5) / 0.5) ** 2, 0)) for height in frame().rows[0]]
    np.testing.assert_allclose(half, expected, rtol=1e-5)


def test_soften_is_the_blur_it_says() -> None:
    picture = np.random.default_rng(0).random((2, 6, 5)).astype(np.float32)
    padded = np.pad(picture, ((0, 0), (1, 1), (1, 1)), mode="edge")
    expected = np.zeros_like(picture)
    for down, vertical in enumerate((0.25, 0.5, 0.25)):
        for right, horizontal in enumerate((0.25, 0.5, 0.25)):
            expected += vertical * horizontal * padded[:, down : down + 6, right : right + 5]
    np.testing.assert_allclose(soften(picture), expected, rtol=1e-5)
