from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from benchmarks.common.errors import InputError
from benchmarks.synthetic.difficulty import LEVELS, Difficulty, Level
from benchmarks.synthetic.person.attributes import PERSON, People
from benchmarks.synthetic.world import World

TABLES = ("people", "visits", "poses", "nuisances")


def rows(people: People) -> np.ndarray:
    return np.stack([getattr(people, name) for name in PERSON], axis=1)


def test_tables_have_a_row_for_each_identity_or_sample(world: World) -> None:
    assert len(world) == 160
    assert {column.shape for column in vars(world.people).values()} == {(20,)}
    for table in (world.visits, world.poses, world.nuisances):
        assert {len(column) for column in vars(table).values()} == {160}
    assert len(world.names) == 160


def test_equal_settings_make_equal_worlds(world: World) -> None:
    other = World(identities=20, images=8)
    for table in TABLES:
        for name, column in vars(getattr(world, table)).items():
            np.testing.assert_array_equal(column, getattr(getattr(other, table), name), err_msg=name)


def test_people_have_every_attribute_with_known_values() -> None:
    people = World(identities=2000, difficulty=Difficulty(variety=0.5)).people
    assert [field.name for field in fields(People)] == list(PERSON)
    for name, attribute in PERSON.items():
        assert len(attribute.values) == len(attribute.weights)
        assert set(getattr(people, name).tolist()) == set(range(len(attribute.values))), name


def test_attributes_are_as_frequent_as_their_weights_say() -> None:
    """Those in which members of a group may differ are a little more even: who departs has any other value."""
    people = World(identities=6000, images=2).people
    for name in ("gender", "age", "hair_style", "upper_colour", "lower_colour", "held"):
        weights = np.array(PERSON[name].weights) / sum(PERSON[name].weights)
        share = np.bincount(getattr(people, name), minlength=len(weights)) / 6000
        # groups of five agree: a share of 0.5 among 1,200 groups has a standard deviation of 0.015
        assert np.abs(share - weights).max() < 0.05, name


def test_variety_evens_the_weights_out() -> None:
    shares = []
    for variety in (0.0, 0.5, 1.0):
        people = World(identities=6000, images=2, difficulty=Difficulty(variety=variety)).people
        shares.append((people.lower_colour == 0).mean())
    even, weight = 1 / 12, PERSON["lower_colour"].weights[0] / 1001
    assert shares == pytest.approx([weight, (weight + even) / 2, even], abs=0.05)


def test_names_are_unique_and_sorted_and_tell_identity_camera_and_session(world: World) -> None:
    assert list(world.names) == sorted(set(world.names))
    visits = world.visits
    for index, name in enumerate(world.names):
        identity, camera, session, _ = name.removesuffix(".jpg").split("_")
        assert int(identity) == visits.row[index]
        assert camera == f"cam{visits.camera[index] + 1}"
        assert int(session) == visits.session[index]


@pytest.mark.parametrize(("images", "cameras"), [(2, 4), (3, 2), (8, 4), (16, 9)])
def test_every_identity_is_seen_by_two_cameras(images: int, cameras: int) -> None:
    world = World(identities=30, images=images, cameras=cameras)
    for identity in range(30):
        assert len(set(world.visits.camera[world.visits.row == identity])) >= 2


def test_frames_of_a_visit_share_place_and_time(world: World) -> None:
    visits = world.visits
    for key in set(visits.visit_key.tolist()):
        of_visit = visits.visit_key == key
        assert of_visit.sum() <= 2
        for column in (visits.row, visits.camera, visits.session, visits.time, world.nuisances.light):
            assert len(set(column[of_visit].tolist())) == 1


@pytest.mark.parametrize("size", [1, 5])
def test_identities_of_a_group_differ_in_different_attributes(size: int) -> None:
    difficulty = Difficulty(group_size=size, differences=3)
    world = World(identities=100, difficulty=difficulty)
    table = rows(world.people)
    for first in range(0, 100, size):
        group = table[first : first + size]
        for one in range(size):
            for other in range(one):
                differing = [name for name, differs in zip(PERSON, group[one] != group[other], strict=True) if differs]
                assert len(differing) == 6
                assert all(PERSON[name].distinguishes for name in differing)


def test_no_two_identities_are_equal(large: World) -> None:
    assert len(np.unique(rows(large.people), axis=0)) == large.identities


def test_what_cannot_be_worn_together_is_not() -> None:
    people = World(identities=2000).people
    male, dress, skirt = people.gender == 1, people.upper == 6, people.lower == 3
    assert not (male & (dress | skirt)).any()
    assert not (dress & (people.lower >= 2)).any()


def test_an_identity_is_the_same_in_every_world_that_holds_it() -> None:
    few, many = World(first_identity=40, identities=10), World(identities=80, images=4)
    np.testing.assert_array_equal(rows(few.people), rows(many.people)[40:50])


def test_namespaces_and_draws_share_nothing() -> None:
    worlds = [World(namespace, draw, identities=50) for namespace in ("benchmark", "pretraining") for draw in range(4)]
    for number, one in enumerate(worlds):
        for other in worlds[:number]:
            assert not set(one.visits.key.tolist()) & set(other.visits.key.tolist())
            assert not set(one.visits.visit_key.tolist()) & set(other.visits.visit_key.tolist())
            assert (rows(one.people) != rows(other.people)).any(axis=1).all()


def test_namespaces_draw_attributes_alike() -> None:
    ours, theirs = (World(namespace, identities=3000, images=2).people for namespace in ("benchmark", "pretraining"))
    for name, attribute in PERSON.items():
        share = [np.bincount(getattr(people, name), minlength=len(attribute.values)) / 3000 for people in (ours, theirs)]
        # identities of a group agree, so a share of 0.5 has a standard deviation of about 0.02 for each side
        assert np.abs(share[0] - share[1]).max() < 0.1, name


def test_a_session_has_one_time_of_day_at_all_cameras() -> None:
    for draw in range(5):
        world = World(draw=draw, identities=60)
        times = {int(session): {*world.visits.time[world.visits.session == session].tolist()} for session in range(10)}
        assert all(len(of_session) == 1 for of_session in times.values())
        assert sorted(time for (time,) in times.values()) == [0] * 6 + [1] * 2 + [2] * 2


def test_nuisances_are_as_frequent_as_the_difficulty_says() -> None:
    world = World(identities=1000, images=8)
    time, nuisances = world.visits.time, world.nuisances
    assert (time == 2).mean() == pytest.approx(world.difficulty.night, abs=0.04)
    assert (time == 1).mean() == pytest.approx(world.difficulty.dusk, abs=0.04)
    assert (nuisances.occluder > 0).mean() == pytest.approx(world.difficulty.occlusion, abs=0.02)
    assert (nuisances.blur > 0).mean() == pytest.approx(world.difficulty.blur, abs=0.02)
    assert nuisances.flare.mean() == pytest.approx(world.difficulty.flare, abs=0.04)
    assert nuisances.flare[time == 2].mean() > 2 * nuisances.flare[time == 0].mean()
    assert not nuisances.shift[:, 0].any()
    assert set(np.unique(nuisances.shift[:, 1:])) == {-1, 0, 1}


def test_fingerprint_changes_with_every_setting(world: World) -> None:
    changes = {
        "namespace": "pretraining",
        "draw": 1,
        "first_identity": 20,
        "identities": 21,
        "images": 9,
        "cameras": 5,
        "sessions": 7,
        "image_size": (128, 64),
        "difficulty": Difficulty(night=0.3),
        "background_only": True,
    }
    assert {*changes, "object"} == {field.name for field in fields(World)}
    prints = {replace(world, **{name: value}).fingerprint for name, value in changes.items()}  # type: ignore[arg-type]
    assert len(prints | {world.fingerprint}) == 1 + len(changes)
    assert world.fingerprint == World(identities=20, images=8).fingerprint


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"images": 1}, "images is 1; give 2 to 100"),
        ({"cameras": 1}, "cameras is 1; give 2 to 9"),
        ({"cameras": 10}, "cameras is 10"),
        ({"identities": 0}, "identities is 0"),
        ({"sessions": 11}, "sessions is 11"),
        ({"image_size": (64, 8)}, r"image_size is \(64, 8\)"),
    ],
)
def test_settings_without_room_are_refused(settings: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        World(**settings)  # type: ignore[arg-type]


def test_more_differences_than_attributes_are_refused() -> None:
    with pytest.raises(InputError, match="4 differences of each of 10 identities do not fit into the 16 attributes"):
        World(difficulty=Difficulty(group_size=10, differences=4))


@pytest.mark.parametrize("level", LEVELS)
def test_every_level_makes_a_world(level: Level) -> None:
    world = World(identities=20, images=8, difficulty=LEVELS[level])
    assert len(np.unique(rows(world.people), axis=0)) == 20


def test_levels_are_ordered() -> None:
    easy, standard, hard = (LEVELS[level] for level in ("easy", "standard", "hard"))
    for name in ("night", "flare", "noise", "occlusion", "blur", "misalignment", "camera_response"):
        assert getattr(easy, name) < getattr(standard, name) < getattr(hard, name), name
    assert easy.differences > standard.differences > hard.differences
