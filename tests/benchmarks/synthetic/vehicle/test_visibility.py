from __future__ import annotations

import numpy as np
import pytest

from benchmarks.batch import MODALITIES
from benchmarks.synthetic.attribute import Cue
from benchmarks.synthetic.rendering import render
from benchmarks.synthetic.vehicle.attributes import VEHICLE
from benchmarks.synthetic.vehicle.stances import View
from benchmarks.synthetic.vehicle.visibility import visibility
from benchmarks.synthetic.world import World

from .helpers import VIEWS_OF, altered, filled, other


def seen(world: World) -> dict[str, np.ndarray]:
    return visibility(world, np.arange(len(world)))


def test_rows_are_those_that_are_asked_for(large: World) -> None:
    everything, some = seen(large), visibility(large, np.array([9, 2, 1000]))
    assert set(everything) == set(VEHICLE)
    for name, column in some.items():
        assert column.shape == (3, 3)
        np.testing.assert_array_equal(column, everything[name][[9, 2, 1000]])


def test_a_modality_that_cannot_show_an_attribute_never_does(large: World) -> None:
    for name, column in seen(large).items():
        for place, modality in enumerate(MODALITIES):
            assert column[:, place].any() == (modality in VEHICLE[name].modalities), name


def test_by_day_and_undisturbed_everything_is_seen_from_its_sides_alone(clear: World) -> None:
    for name, column in seen(clear).items():
        shows = [modality in VEHICLE[name].modalities for modality in MODALITIES]
        sides = np.isin(clear.stances.view, VIEWS_OF.get(name, tuple(View)))
        assert column[sides][:, shows].mean() > 0.85, name  # what is beyond the edge is not seen
        assert not column[~sides].any(), name


def test_night_takes_colours_and_details_from_rgb(clear: World) -> None:
    day, night = seen(clear), seen(altered(clear, time=filled(clear, 2)))
    for name, attribute in VEHICLE.items():
        np.testing.assert_array_equal(day[name][:, 1:], night[name][:, 1:])
        if attribute.cue is Cue.SHAPE:
            np.testing.assert_array_equal(day[name], night[name])
        else:
            assert not night[name][:, 0].any()


def test_heavy_blur_takes_details_and_a_light_one_none(clear: World) -> None:
    sharp, light, heavy = (seen(altered(clear, blur=np.full((len(clear), 3), passes))) for passes in (0, 1, 2))
    for name, attribute in VEHICLE.items():
        np.testing.assert_array_equal(sharp[name], light[name])
        assert (heavy[name].any() == 0) == (attribute.cue is Cue.DETAIL), name


@pytest.mark.parametrize(("kind", "place", "name"), [(2, 0.0, "rims"), (2, 0.0, "bumpers"), (3, 1.0, "taillights")])
def test_an_occluder_hides_what_it_covers(clear: World, kind: int, place: float, name: str) -> None:
    """Change what is said to be hidden: the picture hardly changes, much less than without the occluder."""
    covered = altered(clear, occluder=filled(clear, kind), occluder_place=filled(clear, place).astype(np.float32))
    hidden = np.flatnonzero(seen(clear)[name][:, 0] & ~seen(covered)[name][:, 0])
    assert len(hidden) > 1
    assert changed_pixels(covered, name)[hidden].mean() < 0.35 * changed_pixels(clear, name)[hidden].mean()


def changed_pixels(world: World, name: str) -> np.ndarray:
    """In how many pixels (N,) of the RGB picture another value of an attribute shows."""
    rows = range(len(world))
    return (render(world, rows)[:, 0] != render(other(world, name), rows)[:, 0]).any(axis=-1).sum(axis=(1, 2))


def test_headlights_of_others_hide_what_is_near_them_from_light_only(clear: World) -> None:
    stances = clear.stances
    place = np.stack([stances.top + 0.25 * stances.size * 2, stances.across], axis=1)
    size = filled(clear, 0.9).astype(np.float32)
    columns = seen(altered(clear, flare=filled(clear, True), flare_place=place, flare_size=size))
    assert not columns["windows"][:, :2].any()
    np.testing.assert_array_equal(columns["windows"][:, 2], seen(clear)["windows"][:, 2])
