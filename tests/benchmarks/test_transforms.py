import itertools
import math
from collections import Counter

import numpy as np
import pytest
from PIL import Image

from benchmarks.common.errors import InputError
from benchmarks.common.settings import parse
from benchmarks.transforms import Augmentation, Resizing, augment, normalise

H, W = 6, 5
OFF = {"flip_probability": 0.0, "pad": 0, "erase_probability": 0.0}


@pytest.fixture
def images():
    """Three images without two equal pixels."""
    return np.random.default_rng(0).permutation(3 * H * W * 3).astype(np.uint8).reshape(3, H, W, 3)


def settings(**changes):
    return Augmentation.model_validate({**OFF, **changes})


def test_normalisation_is_the_formula():
    images = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1).repeat(3, axis=3)
    images[..., 1] = 255 - images[..., 1]
    pixels = normalise(images)
    assert pixels.shape == (1, 3, 16, 16)
    assert pixels.dtype == np.float32
    for row, column, channel in itertools.product(range(16), range(16), range(3)):
        expected = (int(images[0, row, column, channel]) / 255 - 0.5) / 0.5
        assert pixels[0, channel, row, column] == pytest.approx(expected, abs=1e-6)
    assert pixels.min() == -1
    assert pixels.max() == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize(
    ("method", "filter_"), [("bicubic", Image.Resampling.BICUBIC), ("bilinear", Image.Resampling.BILINEAR)]
)
def test_images_of_any_size_are_resized_by_the_named_filter(method, filter_):
    rng = np.random.default_rng(0)
    images = [rng.integers(0, 256, shape, dtype=np.uint8) for shape in ((20, 11, 3), (9, 30, 3), (12, 6, 3))]
    resized = Resizing((12, 6), method)(images)
    assert resized.shape == (3, 12, 6, 3)
    assert resized.dtype == np.uint8
    for image, result in zip(images[:2], resized[:2], strict=True):
        np.testing.assert_array_equal(result, np.asarray(Image.fromarray(image).resize((6, 12), filter_)))
    np.testing.assert_array_equal(resized[2], images[2])


def test_the_two_filters_differ():
    image = [np.random.default_rng(0).integers(0, 256, (20, 11, 3), dtype=np.uint8)]
    assert (Resizing((12, 6), "bicubic")(image) != Resizing((12, 6), "bilinear")(image)).any()


def padded(image, size, filter_):
    """Black, with the image in its own aspect as large as it fits, in the middle."""
    height, width = size
    scale = min(height / image.shape[0], width / image.shape[1])
    tall, wide = round(image.shape[0] * scale), round(image.shape[1] * scale)
    canvas = np.zeros((height, width, 3), np.uint8)
    top, left = round((height - tall) / 2), round((width - wide) / 2)
    canvas[top : top + tall, left : left + wide] = np.asarray(Image.fromarray(image).resize((wide, tall), filter_))
    return canvas


@pytest.mark.parametrize(
    ("method", "filter_"), [("bicubic", Image.Resampling.BICUBIC), ("bilinear", Image.Resampling.BILINEAR)]
)
@pytest.mark.parametrize("size", [(16, 8), (8, 16)])
def test_padding_keeps_the_aspect(method, filter_, size):
    shapes = [(20, 10, 3), (9, 30, 3), (30, 7, 3), (5, 5, 3), (128, 64, 3), (7, 100, 3), (100, 7, 3), (*size, 3)]
    rng = np.random.default_rng(0)
    images = [rng.integers(1, 256, shape, dtype=np.uint8) for shape in shapes]
    for image, result in zip(images, Resizing(size, method, "pad")(images), strict=True):
        np.testing.assert_array_equal(result, padded(image, size, filter_))


def test_padding_an_image_of_the_right_aspect_is_stretching_it():
    image = [np.random.default_rng(0).integers(256, size=(32, 16, 3), dtype=np.uint8)]
    np.testing.assert_array_equal(Resizing((16, 8), "bicubic", "pad")(image), Resizing((16, 8), "bicubic")(image))


def test_without_augmentation_an_image_is_only_normalised(images):
    np.testing.assert_array_equal(augment(images, settings(), 5), normalise(images))


def padded_and_cropped(image, pad, top, left):
    """Pad with zeros on all sides and crop to the old size, pixel by pixel."""
    height, width, _ = image.shape
    out = np.zeros_like(image)
    for row, column in itertools.product(range(height), range(width)):
        y, x = row + top - pad, column + left - pad
        if 0 <= y < height and 0 <= x < width:
            out[row, column] = image[y, x]
    return out


def crops(image, pad):
    """Every outcome of flip, pad and crop by (flip, top, left)."""
    return {
        (flip, top, left): normalise(padded_and_cropped(image[:, ::-1] if flip else image, pad, top, left)[None])[0]
        for flip in (False, True)
        for top in range(2 * pad + 1)
        for left in range(2 * pad + 1)
    }


def found(pixels, known):
    """The one outcome that an augmented image is."""
    places = [place for place, expected in known.items() if np.array_equal(pixels, expected)]
    assert len(places) == 1
    return places[0]


def test_flip_pad_and_crop_are_those_of_a_loop_and_uniform(images):
    known = [crops(image, 2) for image in images]
    drawn = []
    for key in range(400):
        pixels = augment(images, settings(flip_probability=0.3, pad=2), key)
        drawn.append([found(pixels[m], known[m]) for m in range(3)])
    flips, tops, lefts = np.array(drawn, dtype=int).transpose(2, 0, 1)
    assert flips.mean() == pytest.approx(0.3, abs=0.05)
    for offsets in (tops, lefts):
        counts = np.bincount(offsets.ravel(), minlength=5)
        assert counts.min() > 180
        assert counts.max() < 300
    # Modalities, and the two directions, draw apart.
    for a, b in ((tops[:, 0], tops[:, 1]), (lefts[:, 0], lefts[:, 2]), (tops[:, 0], lefts[:, 0]), (flips[:, 0], flips[:, 1])):
        assert abs(np.corrcoef(a, b)[0, 1]) < 0.15


def test_a_shared_draw_moves_all_modalities_alike(images):
    known = [crops(image, 2) for image in images]
    places = Counter()
    for key in range(60):
        pixels = augment(images, settings(flip_probability=0.5, pad=2, independent=False), key)
        of_sample = {found(pixels[m], known[m]) for m in range(3)}
        assert len(of_sample) == 1
        places.update(of_sample)
    assert len(places) > 20


@pytest.mark.parametrize("pad", [5, 6, 9, 30])
def test_a_pad_larger_than_the_image_leaves_zeros(images, pad):
    black = 0
    for key in range(60):
        pixels = augment(images, settings(pad=pad), key)
        known = [crops(images[m], pad) for m in range(1)] if pad == 5 else None
        black += (pixels[0] == -1).all()
        if known and not (pixels[0] == -1).all():
            assert any(np.array_equal(pixels[0], expected) for expected in known[0].values())
    assert (black > 0) == (pad > 4)


def test_flips_are_always_or_never_at_the_ends(images):
    for key in range(20):
        np.testing.assert_array_equal(augment(images, settings(flip_probability=1.0), key), normalise(images[:, :, ::-1]))
        np.testing.assert_array_equal(augment(images, settings(flip_probability=0.0), key), normalise(images))


BLANK = np.full((3, 64, 32, 3), 255, np.uint8)


def boxes(key, **changes):
    """Top, left, height, width and pixels of the erased box of each modality; None where nothing is erased."""
    pixels = augment(BLANK, settings(erase_probability=1.0, **changes), key)
    found = []
    for image in pixels:
        changed = (image != normalise(BLANK)[0]).any(axis=0)
        if not changed.any():
            found.append(None)
            continue
        rows, columns = np.flatnonzero(changed.any(axis=1)), np.flatnonzero(changed.any(axis=0))
        inside = image[:, rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        assert changed[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].all()
        found.append((rows[0], columns[0], len(rows), len(columns), inside))
    return found


@pytest.fixture(scope="module")
def erased():
    return [box for key in range(400) for box in boxes(key)]


def test_boxes_keep_area_and_aspect_within_their_limits(erased):
    assert None not in erased
    for top, left, tall, wide, _ in erased:
        assert 0 < tall < 64
        assert 0 < wide < 32
        assert top + tall <= 64
        assert left + wide <= 32
        # The sides are rounded to whole pixels, each by at most a half.
        assert (tall + 0.5) * (wide + 0.5) >= 0.02 * 64 * 32
        assert (tall - 0.5) * (wide - 0.5) <= 64 * 32 / 3
        assert (tall + 0.5) / (wide - 0.5) >= 0.3
        assert (tall - 0.5) / (wide + 0.5) <= 3.33
    areas = np.array([tall * wide for _, _, tall, wide, _ in erased]) / (64 * 32)
    assert areas.min() < 0.04
    assert areas.max() > 0.3


def test_the_aspect_is_height_over_width():
    for key in range(10):
        assert all(tall > wide for _, _, tall, wide, _ in boxes(key, erase_aspect=(2.0, 3.0), erase_area=(0.1, 0.2)))
        assert all(tall < wide for _, _, tall, wide, _ in boxes(key, erase_aspect=(0.3, 0.5), erase_area=(0.05, 0.1)))


def test_aspects_are_log_uniform_and_areas_uniform():
    wide_image = np.full((1, 300, 300, 3), 255, np.uint8)  # so large that every first try fits
    areas, aspects = [], []
    for key in range(300):
        pixels = augment(wide_image, settings(erase_probability=1.0), key)[0]
        changed = (pixels != normalise(wide_image)[0]).any(axis=0)
        tall, wide = changed.any(axis=1).sum(), changed.any(axis=0).sum()
        areas.append(tall * wide / 300**2)
        aspects.append(math.log(tall / wide))
    assert np.mean(areas) == pytest.approx((0.02 + 1 / 3) / 2, abs=0.02)
    assert np.std(areas) == pytest.approx((1 / 3 - 0.02) / math.sqrt(12), abs=0.01)
    low, high = math.log(0.3), math.log(3.33)
    assert np.mean(aspects) == pytest.approx((low + high) / 2, abs=0.15)
    assert np.std(aspects) == pytest.approx((high - low) / math.sqrt(12), abs=0.07)


def test_boxes_lie_anywhere(erased):
    tops = np.array([top / (64 - tall) for top, _, tall, _, _ in erased])
    lefts = np.array([left / (32 - wide) for _, left, _, wide, _ in erased])
    for places in (tops, lefts):
        assert places.min() == 0
        assert places.max() == 1
        assert places.mean() == pytest.approx(0.5, abs=0.04)


def test_boxes_are_filled_with_standard_normal_noise_in_each_channel(erased):
    noise = np.concatenate([inside.reshape(3, -1) for *_, inside in erased], axis=1)
    np.testing.assert_allclose(noise.mean(axis=1), 0, atol=0.02)
    np.testing.assert_allclose(noise.std(axis=1), 1, atol=0.02)
    assert np.abs(np.corrcoef(noise) - np.eye(3)).max() < 0.02
    assert (np.abs(noise) > 1.96).mean() == pytest.approx(0.05, abs=0.005)


def test_modalities_erase_apart_or_alike():
    for key in range(30):
        apart = boxes(key)
        assert len({box[:4] for box in apart}) > 1
        alike = boxes(key, independent=False)
        assert len({box[:4] for box in alike}) == 1
        np.testing.assert_array_equal(alike[0][4], alike[1][4])
        np.testing.assert_array_equal(alike[0][4], alike[2][4])


def test_erasing_has_its_probability():
    clean = normalise(BLANK)
    hits = [(augment(BLANK, settings(erase_probability=0.3), key) != clean).any(axis=(1, 2, 3)) for key in range(300)]
    assert np.mean(hits) == pytest.approx(0.3, abs=0.05)
    assert abs(np.corrcoef(np.transpose(hits).astype(float))[0, 1]) < 0.15


def test_a_box_that_never_fits_erases_nothing():
    assert boxes(0, erase_area=(1.0, 1.0), erase_aspect=(1.0, 1.0)) == [None] * 3


def test_the_same_key_is_the_same_augmentation(images):
    published = Augmentation()
    first = augment(images, published, 12345)
    np.testing.assert_array_equal(first, augment(images, published, 12345))
    assert (first != augment(images, published, 12346)).any()
    assert first.dtype == np.float32
    assert first.flags.owndata


def test_the_first_modalities_do_not_depend_on_how_many_there_are(images):
    published = Augmentation(pad=2)
    np.testing.assert_array_equal(augment(images[:2], published, 9), augment(images, published, 9)[:2])


def test_the_input_is_not_changed(images):
    before = images.copy()
    augment(images, Augmentation(erase_probability=1.0), 3)
    np.testing.assert_array_equal(images, before)


def test_published_recipe_is_the_default():
    recipe = Augmentation()
    assert (recipe.flip_probability, recipe.pad, recipe.erase_probability) == (0.5, 10, 0.5)
    assert recipe.erase_area == (0.02, 1 / 3)
    assert recipe.erase_aspect == (0.3, 3.33)
    assert (recipe.independent, recipe.train_resize, recipe.test_resize) == (True, "bicubic", "bilinear")


@pytest.mark.parametrize(
    "wrong",
    [
        {"flip_probability": 1.5},
        {"pad": -1},
        {"erase_area": (-0.1, 0.3)},
        {"erase_area": (0.1, 1.3)},
        {"erase_area": (0.3, 0.1)},
        {"erase_aspect": (0.0, 3.0)},
        {"erase_aspect": (3.0, 0.3)},
        {"train_resize": "nearest"},
    ],
    ids=str,
)
def test_settings_out_of_range_are_refused(wrong):
    with pytest.raises(InputError, match=next(iter(wrong))):
        parse(Augmentation, wrong, "config.py")
