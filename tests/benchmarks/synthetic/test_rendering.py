from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
import pytest

from benchmarks.batch import MODALITIES
from benchmarks.synthetic.attribute import Cue
from benchmarks.synthetic.person.attributes import PERSON, Region
from benchmarks.synthetic.rendering import regions, render
from benchmarks.synthetic.world import VERSION, World

from .helpers import altered, filled

GOLDEN = {2: "47e24ec5c52ab68516bcfe42d0d607b105baa3b580a274f9748be5acc3f10d6f"}
"""sha256 of a small render by version: when this changes, VERSION must change, and results of the two are not compared."""
RGB, NIR, TIR = range(3)


def everything(world: World) -> np.ndarray:
    return render(world, range(len(world)))


def test_pixels_are_those_of_this_version() -> None:
    world = World(draw=3, identities=12, images=4, cameras=3)
    assert set(world.visits.time.tolist()) == {0, 1, 2}
    assert world.nuisances.flare.any()
    assert set(world.nuisances.occluder.tolist()) == {0, 1, 2, 3}
    assert hashlib.sha256(everything(world).tobytes()).hexdigest() == GOLDEN[VERSION]


@pytest.mark.parametrize("block", [1, 7, 64])
def test_pixels_do_not_depend_on_the_block(world: World, block: int) -> None:
    indices = [5, 3, 158, 44, 45, 46, 7, 90, 91, 100]
    np.testing.assert_array_equal(render(world, indices, block=block), render(world, range(160), block=160)[indices])


def test_pictures_have_the_stated_shape() -> None:
    pictures = render(World(identities=2, images=2, image_size=(80, 48)), [0, 3, 1])
    assert pictures.shape == (3, 3, 80, 48, 3)
    assert pictures.dtype == np.uint8
    assert render(World(), []).shape == (0, 3, 64, 32, 3)


def test_only_rgb_has_colour(world: World) -> None:
    pictures = everything(world)
    spread = pictures.max(axis=-1).astype(int) - pictures.min(axis=-1)
    assert not spread[:, NIR:].any()
    assert spread[:, RGB].mean() > 10


def test_all_samples_and_draws_differ(world: World) -> None:
    pictures = everything(world)
    assert len({picture.tobytes() for modality in range(3) for picture in pictures[:, modality]}) == 3 * len(world)
    assert (render(World(draw=1), [0]) != pictures[:1]).mean() > 0.5


@pytest.mark.parametrize("name", [name for name, attribute in PERSON.items() if len(attribute.modalities) < 3])
def test_an_attribute_shows_in_its_modalities_alone(clear: World, name: str) -> None:
    column = getattr(clear.people, name)
    other = altered(clear, **{name: (column + 1) % len(PERSON[name].values)})
    before, after = everything(clear), everything(other)
    for place, modality in enumerate(MODALITIES):
        if modality in PERSON[name].modalities:
            changed = (before[:, place] != after[:, place]).any(axis=(1, 2, 3))
            assert changed.mean() > 0.4, modality  # a print shows from the front only, a bag's colour where there is one
        else:
            np.testing.assert_array_equal(before[:, place], after[:, place], err_msg=modality)


@pytest.mark.parametrize("name", [name for name, attribute in PERSON.items() if len(attribute.modalities) == 3])
def test_an_attribute_of_the_shape_shows_in_all_modalities(clear: World, name: str) -> None:
    column = getattr(clear.people, name)
    other = altered(clear, **{name: (column + 1) % len(PERSON[name].values)}, holding=filled(clear, True))
    before, after = everything(altered(clear, holding=filled(clear, True))), everything(other)
    changed = (before != after).any(axis=(2, 3, 4)).mean(axis=0)
    assert (changed > 0.4).all(), changed


def test_night_takes_the_light_from_rgb_only(clear: World) -> None:
    day = everything(clear).astype(float)
    light = clear.nuisances.light * np.float32(clear.difficulty.night_light)
    night = everything(altered(clear, time=filled(clear, 2), light=light)).astype(float)
    assert night[:, RGB].mean() < 0.5 * day[:, RGB].mean()
    assert night[:, NIR].mean() > 0.6 * day[:, NIR].mean()
    # persons are as warm by night; what is behind them is colder
    assert night[:, TIR].mean() < 0.8 * day[:, TIR].mean()
    sample, poses = np.arange(len(clear)), clear.poses
    row, column = (
        ((poses.top + 0.3 * poses.height) * 64).astype(int),
        (poses.across * 32).astype(int),
    )  # on the chest or the back
    np.testing.assert_allclose(night[sample, TIR, row, column], day[sample, TIR, row, column], atol=2)


def test_headlights_blind_rgb_and_nir_only(clear: World) -> None:
    before, after = (everything(altered(clear, flare=filled(clear, flare))).astype(int) for flare in (False, True))
    np.testing.assert_array_equal(before[:, TIR], after[:, TIR])
    for modality in (RGB, NIR):
        assert (after[:, modality] >= before[:, modality]).all()
        assert (after[:, modality] - before[:, modality]).mean() > 20


def test_heat_is_that_of_skin_clothes_and_shoes(clear: World) -> None:
    people = clear.people
    wearing = altered(clear, upper=np.zeros_like(people.upper), upper_warmth=np.zeros_like(people.upper))
    coats = altered(clear, upper=np.full_like(people.upper, 5), upper_warmth=np.full_like(people.upper, 2))
    thin, thick = everything(wearing)[:, TIR].astype(float), everything(coats)[:, TIR].astype(float)
    assert thin.mean() > 1.05 * thick.mean()


def test_modalities_shift_against_each_other(clear: World) -> None:
    shift = np.zeros_like(clear.nuisances.shift)
    shift[:, NIR] = (1, -1)
    before, after = everything(clear)[:, NIR].astype(int), everything(altered(clear, shift=shift))[:, NIR].astype(int)
    assert np.abs(after[:, 1:, :-1] - before[:, :-1, 1:]).mean() < 0.3 * np.abs(after - before).mean()


def test_blur_takes_contrast(clear: World) -> None:
    before = everything(clear).astype(float)
    after = everything(altered(clear, blur=np.full_like(clear.nuisances.blur, 2))).astype(float)
    for modality in range(3):
        sharp, soft = (np.square(np.diff(pictures[:, modality], axis=2)).mean() for pictures in (before, after))
        assert soft < 0.75 * sharp


def test_background_only_leaves_the_persons_out_and_nothing_else(clear: World) -> None:
    before, after = everything(clear), everything(replace(clear, background_only=True))
    outside = ~(regions(clear, range(len(clear))).sum(axis=1) > 0)
    np.testing.assert_array_equal(before[:, RGB][outside], after[:, RGB][outside])
    assert (before[:, RGB][~outside] != after[:, RGB][~outside]).mean() > 0.8


def test_backdrops_alone_tell_nothing_of_who_stands_before_them() -> None:
    """Retrieval by pictures without persons, by the camera rule: no better than chance."""
    world = World(identities=40, images=8, background_only=True)
    pictures = everything(world).reshape(320, 3, 8, 8, 4, 8, 3).mean(axis=(3, 5)).reshape(320, -1)
    row, camera = world.visits.row, world.visits.camera
    distances = np.square(pictures[:, None] - pictures).mean(axis=-1)
    distances[(row[:, None] == row) & (camera[:, None] == camera)] = np.inf
    hits = row[distances.argmin(axis=1)] == row
    assert hits.mean() < 0.05  # 6 of 318 by chance


@pytest.mark.parametrize("region", [Region.HEAD, Region.UPPER, Region.LOWER, Region.FEET, Region.CARRIED])
def test_a_colour_changes_in_its_region_alone(clear: World, region: Region) -> None:
    where = regions(clear, range(len(clear)))
    assert where.shape == (len(clear), 5, 64, 32)
    assert where.min() >= 0
    assert where.sum(axis=1).max() < 1.001
    for name, attribute in PERSON.items():
        if attribute.region is region and attribute.cue is Cue.COLOUR and name != "complexion":  # hands have it too
            other = altered(clear, **{name: (getattr(clear.people, name) + 1) % len(attribute.values)})
            changed = (everything(clear)[:, RGB] != everything(other)[:, RGB]).any(axis=-1)
            allowed = where[:, region] > 0
            assert changed.any()
            assert (changed & ~allowed).sum() <= 0.02 * changed.sum(), name


def test_what_is_covered_is_in_no_region(clear: World) -> None:
    everywhere = regions(clear, range(len(clear)))
    covered = regions(altered(clear, occluder=filled(clear, 2), occluder_place=filled(clear, 0.0)), range(len(clear)))
    np.testing.assert_array_equal(covered[:, :, :36], everywhere[:, :, :36])
    assert not covered[:, :, 38:].any()
    assert everywhere[:, :, 38:].any()
