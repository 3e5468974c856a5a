from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.synthetic.difficulty import Difficulty
from benchmarks.synthetic.vehicle.attributes import VEHICLE, Roof, Type
from benchmarks.synthetic.vehicle.stances import VIEWS
from benchmarks.synthetic.world import World
from tests.bench.caption_statistics import VEHICLE as PATTERNS
from tests.bench.caption_statistics import read, shares


def rows(world: World) -> np.ndarray:
    """Attributes (I, A), one row an identity."""
    return np.stack([world.attributes[name] for name in VEHICLE], axis=1)


@pytest.mark.parametrize("size", [1, 5])
def test_identities_of_a_group_differ_in_different_attributes(size: int) -> None:
    table = rows(World(object="vehicle", identities=100, difficulty=Difficulty(group_size=size, differences=3)))
    for first in range(0, 100, size):
        group = table[first : first + size]
        for one in range(size):
            for two in range(one):
                differing = [name for name, differs in zip(VEHICLE, group[one] != group[two], strict=True) if differs]
                assert len(differing) == 6
                assert all(VEHICLE[name].distinguishes for name in differing)


def test_identities_of_a_group_share_type_brand_and_colour() -> None:
    vehicles = World(object="vehicle", identities=100).vehicles
    for column in (vehicles.type, vehicles.brand, vehicles.colour):
        assert (column.reshape(20, 5) == column[::5, None]).all()


def test_no_two_identities_are_equal(large: World) -> None:
    assert len(np.unique(rows(large), axis=0)) == large.identities


def test_what_does_not_go_together_is_not_drawn() -> None:
    vehicles = World(object="vehicle", identities=2000, difficulty=Difficulty(variety=1)).vehicles
    assert not (vehicles.spoiler[vehicles.type == Type.TRUCK]).any()
    roofs, minivans = vehicles.roof.reshape(-1, 5), vehicles.type[::5] == Type.MINIVAN
    alike = minivans & (roofs == roofs[:, :1]).all(axis=1)
    assert alike.any()
    assert not (roofs[alike] == Roof.SLOPED).any()


def test_an_identity_is_the_same_in_every_world_that_holds_it() -> None:
    few, many = World(object="vehicle", first_identity=40, identities=10), World(object="vehicle", identities=80, images=5)
    np.testing.assert_array_equal(rows(few), rows(many)[40:50])


def test_published_weights_are_those_of_the_captions(published_captions: Path) -> None:
    captions = read(published_captions / "next-text" / "msvr310", "RGB")
    for name, attribute in VEHICLE.items():
        assert attribute.published == (name in PATTERNS)
        if attribute.published:
            assert list(attribute.weights) == shares(captions, PATTERNS[name]), name


def test_published_views_are_those_of_the_captions(published_captions: Path) -> None:
    found = shares(read(published_captions / "next-text" / "msvr310", "RGB"), PATTERNS["view"])
    assert [VIEWS[0], VIEWS[1], sum(VIEWS[2:4]), sum(VIEWS[4:])] == found
