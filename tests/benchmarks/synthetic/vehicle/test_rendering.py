from __future__ import annotations

import hashlib

import numpy as np
import pytest

from benchmarks.batch import MODALITIES
from benchmarks.synthetic.rendering import regions, render
from benchmarks.synthetic.vehicle.attributes import VEHICLE, Engine, Exhaust, Region
from benchmarks.synthetic.vehicle.stances import View
from benchmarks.synthetic.world import VERSION, World

from .helpers import FRONTS, VIEWS_OF, altered, filled, other

GOLDEN = {2: "13466bd7aa27a6cb0137a8b4181211ec511e71fdb655a1dcae27f8a4f521e83f"}
"""sha256 of a small render by version: when this changes, VERSION must change, and results of the two are not compared."""
RGB, NIR, TIR = range(3)


def everything(world: World) -> np.ndarray:
    return render(world, range(len(world)))


def test_pixels_are_those_of_this_version() -> None:
    world = World(object="vehicle", draw=3, identities=12, images=4, cameras=3, image_size=(32, 64))
    assert set(world.visits.time.tolist()) == {0, 1, 2}
    assert world.nuisances.flare.any()
    assert set(world.nuisances.occluder.tolist()) == {0, 1, 2, 3}
    assert set(world.stances.view.tolist()) >= {0, 1, 2, 3}
    assert hashlib.sha256(everything(world).tobytes()).hexdigest() == GOLDEN[VERSION]


@pytest.mark.parametrize("block", [1, 7, 64])
def test_pixels_do_not_depend_on_the_block(world: World, block: int) -> None:
    indices = [5, 3, 158, 44, 45, 46, 7, 90, 91, 100]
    np.testing.assert_array_equal(render(world, indices, block=block), render(world, range(160), block=160)[indices])


def test_pictures_have_the_stated_shape() -> None:
    world = World(object="vehicle", identities=2, images=8, image_size=(48, 80))
    pictures = render(world, [0, 13, 1])
    assert pictures.shape == (3, 3, 48, 80, 3)
    assert pictures.dtype == np.uint8
    assert render(world, []).shape == (0, 3, 48, 80, 3)


def test_only_rgb_has_colour(world: World) -> None:
    pictures = everything(world)
    spread = pictures.max(axis=-1).astype(int) - pictures.min(axis=-1)
    assert not spread[:, NIR:].any()
    assert spread[:, RGB].mean() > 10


def test_all_samples_and_draws_differ(world: World) -> None:
    pictures = everything(world)
    assert len({picture.tobytes() for modality in range(3) for picture in pictures[:, modality]}) == 3 * len(world)
    another = World(object="vehicle", draw=1, images=8, image_size=(32, 64))
    assert (render(another, [0]) != pictures[:1]).mean() > 0.5


@pytest.mark.parametrize("name", VEHICLE)
def test_an_attribute_shows_in_its_modalities_and_from_its_sides_alone(clear: World, name: str) -> None:
    before, after = everything(clear), everything(other(clear, name))
    sides = np.isin(clear.stances.view, VIEWS_OF.get(name, tuple(View)))
    for place, modality in enumerate(MODALITIES):
        changed = (before[:, place] != after[:, place]).any(axis=(1, 2, 3))
        if modality in VEHICLE[name].modalities:
            assert changed[sides].mean() > 0.9, modality  # at the edge of the picture, what it shows may be outside
            assert not changed[~sides].any(), modality
        else:
            assert not changed.any(), modality


def test_night_takes_the_light_from_rgb_only(clear: World) -> None:
    day = everything(clear).astype(float)
    light = clear.nuisances.light * np.float32(clear.difficulty.night_light)
    night = everything(altered(clear, time=filled(clear, 2), light=light)).astype(float)
    assert night[:, RGB].mean() < 0.5 * day[:, RGB].mean()
    assert night[:, NIR].mean() > 0.6 * day[:, NIR].mean()
    assert night[:, TIR].mean() < 0.8 * day[:, TIR].mean()


def test_headlights_of_others_blind_rgb_and_nir_only(clear: World) -> None:
    before, after = (everything(altered(clear, flare=filled(clear, flare))).astype(int) for flare in (False, True))
    np.testing.assert_array_equal(before[:, TIR], after[:, TIR])
    for modality in (RGB, NIR):
        assert (after[:, modality] >= before[:, modality]).all()
        assert (after[:, modality] - before[:, modality]).mean() > 20


def test_lights_that_are_on_are_bright_and_warm(clear: World) -> None:
    off, on = (everything(altered(clear, lit=filled(clear, lit))).astype(int) for lit in (False, True))
    assert (on - off).max(axis=(2, 3, 4)).min() > 15
    assert (on - off).min() > -10


def test_a_vehicle_that_was_driven_is_warmer_in_tir_only(clear: World) -> None:
    values = {"engine_heat": np.full(15, Engine.HOOD), "exhaust": np.full(15, Exhaust.DUAL)}
    cold, warm = (
        everything(altered(clear, **values, driven=filled(clear, driven).astype(np.float32))).astype(int)
        for driven in (0.0, 1.0)
    )
    np.testing.assert_array_equal(cold[:, :TIR], warm[:, :TIR])
    assert (warm[:, TIR] >= cold[:, TIR]).all()
    assert (warm[:, TIR] - cold[:, TIR]).max(axis=(1, 2, 3)).min() > 20  # hood or pipes


def test_engines_are_as_warm_for_all_cameras_of_a_session(large: World) -> None:
    driven: dict[tuple[int, int], set[float]] = {}
    for row, session, value in zip(large.visits.row, large.visits.session, large.stances.driven, strict=True):
        driven.setdefault((int(row), int(session)), set()).add(float(value))
    assert all(len(values) == 1 for values in driven.values())
    assert len({value for values in driven.values() for value in values}) == len(driven)


@pytest.mark.parametrize("region", [Region.FRONT, Region.CABIN, Region.BODY, Region.WHEELS, Region.REAR])
def test_parts_belong_to_their_regions(clear: World, region: Region) -> None:
    middle = altered(clear, across=filled(clear, 0.5).astype(np.float32))
    where = regions(middle, range(len(clear)))
    assert where.shape == (len(clear), 5, 32, 64)
    assert where.min() >= 0
    assert where.sum(axis=1).max() < 1.001
    shown = where[:, region].sum(axis=(1, 2)) > 1  # of a rear, the side shows the lamp alone
    view = clear.stances.view
    hidden_from = {Region.FRONT: (View.BACK,), Region.REAR: FRONTS, Region.BODY: (View.FRONT, View.BACK)}.get(region, ())
    np.testing.assert_array_equal(shown, ~np.isin(view, hidden_from))


@pytest.mark.parametrize(
    ("name", "inside"),
    [
        ("window_tint", [Region.CABIN]),
        ("roof_colour", [Region.CABIN]),
        ("rims", [Region.WHEELS]),
        ("grille", [Region.FRONT]),
        ("taillights", [Region.REAR]),
        ("tone", [Region.FRONT, Region.CABIN, Region.BODY, Region.REAR]),
    ],
)
def test_an_attribute_changes_in_its_region_alone(clear: World, name: str, inside: list[Region]) -> None:
    where = regions(clear, range(len(clear)))
    changed = (everything(clear)[:, RGB] != everything(other(clear, name))[:, RGB]).any(axis=-1)
    allowed = where[:, inside].sum(axis=1) > 0
    assert changed.any()
    assert (changed & ~allowed).sum() <= 0.02 * changed.sum()


def test_what_is_covered_is_in_no_region(clear: World) -> None:
    everywhere = regions(clear, range(len(clear)))
    covered = regions(altered(clear, occluder=filled(clear, 2), occluder_place=filled(clear, 0.0)), range(len(clear)))
    np.testing.assert_array_equal(covered[:, :, :18], everywhere[:, :, :18])
    assert not covered[:, :, 19:].any()
    assert everywhere[:, :, 19:].any()


def test_vehicles_fill_the_picture_as_the_difficulty_says(clear: World) -> None:
    sides = np.flatnonzero(np.isin(clear.stances.view, (View.LEFT, View.RIGHT)))
    wide = regions(clear, sides).sum(axis=1).max(axis=1)  # (n, W) over regions and rows
    share = (wide > 0.5).sum(axis=1) / 64
    assert share.min() > clear.difficulty.smallest * 0.8
    assert share.max() <= clear.difficulty.largest + 0.02


def test_places_without_vehicles_tell_nothing_of_them() -> None:
    """Retrieval by backdrops alone, by the scene rule: no better than chance."""
    world = World(object="vehicle", identities=40, images=8, image_size=(32, 64), background_only=True)
    pictures = everything(world).reshape(320, 3, 4, 8, 8, 8, 3).mean(axis=(3, 5)).reshape(320, -1)
    row, session = world.visits.row, world.visits.session
    distances = np.square(pictures[:, None] - pictures).mean(axis=-1)
    distances[(row[:, None] == row) & (session[:, None] == session)] = np.inf
    hits = row[distances.argmin(axis=1)] == row
    assert hits.mean() < 0.05  # 4 of 316 by chance
