import hashlib
import math

import numpy as np
import pytest

from benchmarks.conditions import KINDS, STRENGTHS, Degradation
from benchmarks.degradations import AMOUNTS, VERSION, degrade
from benchmarks.modalities import MODALITIES

SIZES = [(64, 32), (32, 64), (256, 128)]


def made(size=(64, 32), seed=0):
    """A smooth scene of three modalities: RGB in colour, NIR and TIR grey."""
    rng = np.random.default_rng(seed)
    height, width = size
    coarse = rng.integers(20, 236, (3, 8, 4, 3))
    coarse[1:] = coarse[1:, :, :, :1]
    rows, columns = np.arange(height) * 8 // height, np.arange(width) * 4 // width
    return coarse[:, rows][:, :, columns].astype(np.uint8)


def apply(images, *texts, name="000258_cam1_0_02.jpg"):
    return degrade(images, [Degradation.model_validate(text) for text in texts], name)


def distance(one, two):
    return float(np.abs(one.astype(float) - two).mean())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_one_modality_changes_and_the_input_stays(kind, size):
    images = made(size)
    before = images.copy()
    for index, modality in enumerate(MODALITIES):
        found = apply(images, f"{modality}:{kind}:2")
        assert (found.shape, found.dtype) == (images.shape, np.uint8)
        changed = [not np.array_equal(found[m], images[m]) for m in range(3)]
        assert changed == [m == index for m in range(3)]
    np.testing.assert_array_equal(images, before)


def test_nothing_to_do_gives_the_images_themselves():
    images = made()
    assert apply(images) is images


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_drawn_depends_on_name_modality_and_kind_alone(kind):
    images = np.repeat(made()[1:2], 3, axis=0)
    first = apply(images, f"NIR:{kind}:3")
    np.testing.assert_array_equal(first, apply(images, f"NIR:{kind}:3"))
    np.testing.assert_array_equal(first[1], apply(made(), f"NIR:{kind}:3")[1])
    if kind not in {"darkness", "blur"}:  # nothing is drawn
        assert not np.array_equal(first, apply(images, f"NIR:{kind}:3", name="another"))
        assert not np.array_equal(first[1], apply(images, f"TIR:{kind}:3")[2])


HASHES = {
    "misalignment": "bea8e28b81386b6b",
    "occlusion": "41012d353628a1b4",
    "darkness": "99fbf5b6626987ba",
    "flare": "d7398d00578b1790",
    "blur": "f2a2a5e7621f122d",
    "noise": "d25c42e6c1bb67a6",
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_pixels_of_this_version(kind):
    """Equal on every machine; whoever changes a pixel gives `degradations.VERSION` a new number."""
    images = made()
    found = [apply(images, *(f"{modality}:{kind}:{strength}" for modality in MODALITIES)) for strength in STRENGTHS]
    assert (VERSION, hashlib.sha256(np.stack(found).tobytes()).hexdigest()[:16]) == (1, HASHES[kind])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_a_higher_strength_is_farther_from_the_image(kind, size):
    distances = np.zeros(3)
    for sample in range(12):
        images = made(size, sample)
        for modality in MODALITIES:
            distances += [
                distance(apply(images, f"{modality}:{kind}:{strength}", name=f"{sample}"), images) for strength in STRENGTHS
            ]
    assert (np.diff(distances) > 0.15 * distances[:-1]).all()


@pytest.mark.parametrize("kind", KINDS)
def test_grey_stays_grey(kind):
    for strength in STRENGTHS:
        found = apply(made(), f"NIR:{kind}:{strength}", f"TIR:{kind}:{strength}")
        assert (found[1:] == found[1:, :, :, :1]).all()


@pytest.mark.parametrize("kind", ["misalignment", "occlusion", "darkness", "flare", "blur"])
def test_an_image_in_two_sizes_is_degraded_alike(kind):
    """The small image, enlarged and degraded, is the degraded image enlarged, up to the size of a pixel."""
    small = made()
    large = small.repeat(4, axis=1).repeat(4, axis=2)
    for strength in STRENGTHS:
        expected = apply(small, f"RGB:{kind}:{strength}")
        found = apply(large, f"RGB:{kind}:{strength}").reshape(3, 64, 4, 32, 4, 3).mean(axis=(2, 4))
        assert distance(found, expected) < 0.35 * distance(small, expected)


@pytest.mark.parametrize("kind", ["misalignment", "occlusion", "flare"])
def test_strengths_are_of_one_draw(kind):
    """A box holds the weaker box, light is only added, and shifts have one direction."""
    images = np.full((3, 64, 32, 3), 50, np.uint8)
    if kind == "misalignment":
        images[:, 30:34, 14:18] = 250
    for name in ("a", "b", "c"):
        weak, middle, strong = (apply(images, f"RGB:{kind}:{strength}", name=name)[0].astype(int) for strength in STRENGTHS)
        if kind == "occlusion":
            assert ((weak == 128) <= (middle == 128)).all()
            assert ((middle == 128) <= (strong == 128)).all()
        elif kind == "flare":
            assert (weak <= middle).all()
            assert (middle <= strong).all()
            assert weak.max() < strong.max() == 255
        else:
            centres = [np.argwhere(found[..., 0] == 250).mean(axis=0) - (31.5, 15.5) for found in (weak, middle, strong)]
            angles = [math.atan2(*centre) for centre in centres]
            assert max(abs(math.remainder(angle - angles[2], 2 * math.pi)) for angle in angles) < 0.3


def test_misalignment_moves_the_image_by_its_share_and_draws_out_the_edge():
    images = made()
    found, size = apply(images, "TIR:misalignment:3")[2], math.sqrt(64 * 32)
    matches = []
    for down in range(-12, 13):
        for right in range(-12, 13):
            rows, columns = np.clip(np.arange(64) - down, 0, 63), np.clip(np.arange(32) - right, 0, 31)
            if np.array_equal(images[2][rows][:, columns], found):
                matches.append(math.hypot(down, right))
    assert any(abs(far - AMOUNTS["misalignment"][2] * size) < 1 for far in matches)


def test_occlusion_covers_its_share_with_mid_grey_inside_the_image():
    images = np.zeros((3, 256, 128, 3), np.uint8)
    for name in map(str, range(20)):
        for strength in STRENGTHS:
            covered = (apply(images, f"RGB:occlusion:{strength}", name=name)[0] == 128).all(axis=-1)
            assert covered.mean() == pytest.approx(AMOUNTS["occlusion"][strength - 1], rel=0.02)
            tall, wide = covered.any(axis=1).sum(), covered.any(axis=0).sum()
            assert tall * wide == covered.sum()
            assert tall == pytest.approx(2 * wide, abs=2)


def test_darkness_halves_with_each_strength():
    images = made()
    for strength in STRENGTHS:
        expected = np.rint(images[0] / 2.0**strength)
        np.testing.assert_array_equal(apply(images, f"RGB:darkness:{strength}")[0], expected)


def test_flare_is_brightest_at_its_place_and_a_quarter_is_left_a_quarter_size_away():
    images = np.zeros((3, 200, 200, 3), np.uint8)
    found = apply(images, "NIR:flare:1")[1, :, :, 0].astype(float)
    assert found.max() == pytest.approx(150, abs=2)
    down, right = np.unravel_index(found.argmax(), found.shape)
    ring = [
        found[down + y, right + x]
        for y, x in ((50, 0), (-50, 0), (0, 50), (0, -50))
        if 0 <= down + y < 200 and 0 <= right + x < 200
    ]
    assert np.allclose(ring, 150 / 4, atol=3)


def test_blur_is_a_gaussian_of_its_share():
    """The spread of a bright line, in plain sums."""
    images = np.zeros((3, 128, 128, 3), np.uint8)
    images[:, :, 64] = 255
    for strength in STRENGTHS[:2]:
        row = apply(images, f"RGB:blur:{strength}")[0, 64, :, 0].astype(float)
        variance = sum(value * (place - 64) ** 2 for place, value in enumerate(row)) / row.sum()
        assert math.sqrt(variance) == pytest.approx(AMOUNTS["blur"][strength - 1] * 128, rel=0.1)


def test_noise_has_its_deviation_and_is_independent_in_the_channels_of_rgb():
    images = np.full((3, 256, 128, 3), 128, np.uint8)
    found = apply(images, "RGB:noise:1", "NIR:noise:1").astype(float) - 128
    assert found[0].std() == pytest.approx(16, rel=0.02)
    assert found[1].std() == pytest.approx(16, rel=0.02)
    assert abs(np.corrcoef(found[0, :, :, 0].ravel(), found[0, :, :, 1].ravel())[0, 1]) < 0.03
    assert abs(np.corrcoef(found[0, 1:, :, 0].ravel(), found[0, :-1, :, 0].ravel())[0, 1]) < 0.03
    strong = apply(images, "RGB:noise:2").astype(float) - 128
    assert np.corrcoef(strong[0].ravel(), found[0].ravel())[0, 1] > 0.99


def test_several_kinds_are_applied_one_after_the_other():
    images = made()
    once = apply(images, "RGB:darkness:1")
    np.testing.assert_array_equal(apply(images, "RGB:darkness:1", "RGB:blur:2"), apply(once, "RGB:blur:2"))
