import io

import matplotlib as mpl
import numpy as np
import pytest
from PIL import Image

from harness.rows import collect
from reports.figures.gradients import gradients
from reports.figures.learning_curves import learning_curves
from reports.figures.mask_load import mask_load
from reports.figures.masks import masks, veiled
from reports.figures.metric_intervals import metric_intervals
from reports.figures.ranked_lists import ranked_lists
from reports.formats import shortened
from reports.strips import strip


def group_of(work):
    return collect(work)[0].benchmarks[0]


def row_of(work):
    return group_of(work).rows[0]


def size_of(drawing):
    return Image.open(io.BytesIO(drawing.png)).size


@pytest.fixture
def full(folder):
    return row_of(folder.row("NEXT $x_1$", 0.6, experts=True).pictures("NEXT $x_1$").write())


@pytest.mark.parametrize("draw", [metric_intervals, learning_curves])
def test_charts_of_a_benchmark(folder, draw, fake):
    folder.row("a", 0.5).row(fake.NASTY, 0.6, seeds=(0,), epoch_rule="best-on-test").row("b", 0.5, finished=())
    drawing = draw(group_of(folder.write()))
    assert size_of(drawing)[0] == 1800
    assert drawing.svg.startswith(b"<?xml")
    assert "RGBNT201" in drawing.caption


@pytest.mark.parametrize("draw", [mask_load, gradients])
def test_charts_of_a_row(full, draw):
    drawing = draw(full)
    assert size_of(drawing)[0] == 1800
    assert drawing.svg.startswith(b"<?xml")
    assert drawing.caption.startswith("NEXT $x_1$ on RGBNT201")


@pytest.mark.parametrize("draw", [ranked_lists, masks])
def test_pictures_of_a_row(full, draw):
    drawing = draw(full)
    assert size_of(drawing)[0] == 1170
    assert drawing.svg is None


@pytest.mark.parametrize("draw", [mask_load, gradients, ranked_lists, masks])
@pytest.mark.parametrize("finished", [(), (0,)])
def test_rows_without_the_data_are_skipped(folder, draw, finished):
    assert draw(row_of(folder.row("a", 0.5, seeds=(0,), finished=finished).write())) is None


def test_methods_without_masks_have_ranked_lists_alone(folder):
    row = row_of(folder.row("a", 0.5).pictures("a", experts=0).write())
    assert masks(row) is None
    assert ranked_lists(row) is not None


@pytest.mark.parametrize("draw", [metric_intervals, learning_curves])
def test_benchmarks_without_a_finished_run_are_skipped(folder, draw):
    assert draw(group_of(folder.row("a", 0.5, finished=()).write())) is None


def test_runs_without_history_have_no_learning_curves(folder):
    assert learning_curves(group_of(folder.row("a", 0.5, history=[]).write())) is None


def test_captions_of_queries_go_with_ranked_lists(full):
    drawing = ranked_lists(full)
    assert drawing.texts[:2] == ("Query 1, RGB: A man with <b>a red</b> coat.", "Query 1, TIR: A warm figure.")
    assert "First" not in drawing.caption


def test_more_ranks_than_are_legible_are_cut_and_said_so(folder):
    work = folder.row("a", 0.5).pictures("a", ranks=10).write()
    assert ranked_lists(row_of(work)).caption.endswith("First 5 of 10 ranks.")
    folder.row("b", 0.5).pictures("b", ranks=10, size=(32, 64))
    assert ranked_lists(row_of(folder.write())).caption.endswith("First 6 of 10 ranks.")


def test_parts_that_never_learn_are_named(folder):
    work = folder.row("a", 0.5, seeds=(0,), experts=True).write()
    row = row_of(work)
    history = [epoch.model_copy(update={"gradients": {"live": 0.1, "dead": 0.0}}) for epoch in row.records[0].history]
    folder.row("b", 0.5, seeds=(0,), history=history)
    assert gradients(row_of(folder.write())).caption.endswith("Zero throughout, so not on the scale: dead.")


def test_equal_data_give_equal_bytes_whatever_the_users_settings(full):
    first = gradients(full)
    with mpl.rc_context({"font.size": 20, "text.parse_math": True}):
        assert gradients(full) == first
    assert mpl.rcParams["text.parse_math"] is True


def test_strip_puts_tall_images_side_by_side_and_wide_ones_below_each_other():
    images = np.arange(3, dtype=np.uint8)[:, None, None, None] * np.ones((1, 8, 4, 3), dtype=np.uint8)
    assert strip(images).shape == (8, 3 * 4 + 2 * 2, 3)
    assert strip(images.swapaxes(1, 2)).shape == (3 * 4 + 2 * 2, 8, 3)
    np.testing.assert_array_equal(strip(images)[0, :, 0], [0] * 4 + [255] * 2 + [1] * 4 + [255] * 2 + [2] * 4)


def test_dropped_patches_are_faded_and_kept_ones_are_not():
    images = np.zeros((1, 4, 6, 3), dtype=np.uint8)
    kept = np.array([[[True, False, False], [False, False, True]]])
    shown = veiled(images, kept)
    for y in range(4):
        for x in range(6):
            assert (shown[0, y, x].max() == 0) == kept[0, y // 2, x // 2]


def test_long_names_are_cut_in_their_middle():
    assert shortened("short.jpg", 9) == "short.jpg"
    assert shortened("000258_cam1_0_02.jpg", 11) == "00025…2.jpg"
