from __future__ import annotations

import numpy as np
import pytest

from benchmarks.batch import MODALITIES
from benchmarks.synthetic.attribute import Cue
from benchmarks.synthetic.person.attributes import PERSON, Region
from benchmarks.synthetic.person.visibility import visibility
from benchmarks.synthetic.rendering import render
from benchmarks.synthetic.world import World

from ..conftest import CLEAR
from ..helpers import altered, filled


def seen(world: World) -> dict[str, np.ndarray]:
    return visibility(world, np.arange(len(world)))


def test_rows_are_those_that_are_asked_for(large: World) -> None:
    everything, some = seen(large), visibility(large, np.array([9, 2, 1000]))
    assert set(everything) == set(PERSON)
    for name, column in some.items():
        assert column.shape == (3, 3)
        np.testing.assert_array_equal(column, everything[name][[9, 2, 1000]])


def test_a_modality_that_cannot_show_an_attribute_never_does(large: World) -> None:
    for name, column in seen(large).items():
        for place, modality in enumerate(MODALITIES):
            assert column[:, place].any() == (modality in PERSON[name].modalities), name


def test_by_day_and_undisturbed_nearly_everything_is_seen(clear: World) -> None:
    for name, column in seen(altered(clear, view=filled(clear, 0), holding=filled(clear, True))).items():
        shows = [modality in PERSON[name].modalities for modality in MODALITIES]
        there = np.ones(clear.identities, np.bool_)
        if name == "held":
            there = clear.people.held > 0
        if name == "bag_colour":
            there = clear.people.bag > 0
        shown = column[there[clear.visits.row]][:, shows]
        assert shown.size == 0 or shown.mean() > 0.85, name  # what is beyond the edge is not seen


def test_night_takes_colours_and_details_from_rgb(clear: World) -> None:
    day, night = seen(clear), seen(altered(clear, time=filled(clear, 2)))
    for name, attribute in PERSON.items():
        np.testing.assert_array_equal(day[name][:, 1:], night[name][:, 1:])
        if attribute.cue is Cue.SHAPE:
            np.testing.assert_array_equal(day[name], night[name])
        else:
            assert not night[name][:, 0].any()


def test_heavy_blur_takes_details_and_a_light_one_none(clear: World) -> None:
    sharp, light, heavy = (seen(altered(clear, blur=np.full((len(clear), 3), passes))) for passes in (0, 1, 2))
    for name, attribute in PERSON.items():
        np.testing.assert_array_equal(sharp[name], light[name])
        assert (heavy[name].any() == 0) == (attribute.cue is Cue.DETAIL), name


def test_the_back_hides_glasses_and_prints(clear: World) -> None:
    printed = np.full_like(clear.people.upper_pattern, 2)
    for view, expected in ((0, True), (1, False)):
        columns = seen(altered(clear, view=filled(clear, view), upper_pattern=printed))
        assert columns["glasses"].any() == expected
        assert columns["upper_pattern"].any() == expected


@pytest.mark.parametrize(("kind", "region"), [(2, Region.FEET), (3, Region.UPPER)])
def test_an_occluder_hides_what_it_covers(kind: int, region: Region) -> None:
    """Change what is said to be hidden: the picture hardly changes, much less than without the occluder."""
    clear = World(identities=40, images=4, difficulty=CLEAR)
    covered = altered(clear, occluder=filled(clear, kind), occluder_place=filled(clear, 1.0).astype(np.float32))
    names = [name for name, attribute in PERSON.items() if attribute.region is region and attribute.cue is Cue.COLOUR]
    for name in names:
        hidden = np.flatnonzero(seen(clear)[name][:, 0] & ~seen(covered)[name][:, 0])
        assert len(hidden) > 1
        assert changed_pixels(covered, name)[hidden].mean() < 0.35 * changed_pixels(clear, name)[hidden].mean()


def changed_pixels(world: World, name: str) -> np.ndarray:
    """In how many pixels (N,) of the RGB picture another value of an attribute shows."""
    column = getattr(world.people, name)
    other = altered(world, **{name: (column + 1) % len(PERSON[name].values)})
    return (render(world, range(len(world)))[:, 0] != render(other, range(len(world)))[:, 0]).any(axis=-1).sum(axis=(1, 2))


def test_headlights_hide_what_is_near_them_from_light_only(clear: World) -> None:
    place = np.stack([clear.poses.top + 0.3 * clear.poses.height, clear.poses.across], axis=1)
    size = filled(clear, 0.9).astype(np.float32)
    columns = seen(altered(clear, flare=filled(clear, True), flare_place=place, flare_size=size))
    assert not columns["upper"][:, :2].any()
    np.testing.assert_array_equal(columns["upper"][:, 2], seen(clear)["upper"][:, 2])
    assert columns["footwear"][:, 1].mean() > 0.8
