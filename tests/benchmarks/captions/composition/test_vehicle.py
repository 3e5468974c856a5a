"""Captions of vehicles: what is stated, what is left out, and how it is joined."""

import re

import pytest

from benchmarks.captions.composition.vehicle import GRILLE_JOINT, WORDINGS, compose_vehicle
from benchmarks.captions.schema.attribute import UNKNOWN
from benchmarks.captions.schema.vehicle import VEHICLE
from benchmarks.captions.sentences import split_sentences
from benchmarks.common.errors import InputError

from ..vehicles import WHOLE, draw

WHOLE_CAPTION = (
    "A green Subaru station wagon viewed from the diagonal in bright daytime light (image appears blurry). "
    "The vehicle shows worn wear with clear panoramic windows. "
    "It features on round headlights and oval taillights, complemented by a hexagonal grille with straight edges. "
    "The dirty flat roof sits above used large all-terrain tires with damaged bumpers. "
    "Side mirrors are missing. License plate is not visible. Spoiler is present. Roof rack is present. "
    "Exhaust system features dual pipes."
)


def test_everything_that_is_known_is_stated():
    assert set(WHOLE) == set(VEHICLE.attributes)
    assert compose_vehicle("RGB", WHOLE) == WHOLE_CAPTION


def test_infrared_states_no_colour_and_heat_no_light():
    assert compose_vehicle("NIR", WHOLE) == WHOLE_CAPTION.replace(" green", "")
    assert compose_vehicle("TIR", WHOLE) == WHOLE_CAPTION.replace(" green", "").replace(" in bright daytime light", "")


@pytest.mark.parametrize("name", VEHICLE.attributes)
def test_unknown_is_left_out_as_absent_is(name):
    absent = {other: value for other, value in WHOLE.items() if other != name}
    assert compose_vehicle("RGB", {**WHOLE, name: UNKNOWN}) == compose_vehicle("RGB", absent) != WHOLE_CAPTION


@pytest.mark.parametrize(
    ("values", "caption"),
    [
        ({}, "A vehicle."),
        ({"view": "back"}, "A vehicle viewed from the back."),
        ({"illumination": "dim"}, "A vehicle in dim light."),
        ({"capture_time": "daytime"}, "A vehicle in daytime light."),
        ({"type": "SUV"}, "An SUV."),
        ({"brand": "Audi", "type": "SUV"}, "An Audi SUV."),
        ({"colour": "orange"}, "An orange vehicle."),
        ({"wear": "new"}, "A vehicle. The vehicle shows new wear."),
        ({"window_tint": "clear"}, "A vehicle. The vehicle has clear windows."),
        ({"wear": "new", "bumpers": "intact"}, "A vehicle. The vehicle shows new wear with intact bumpers."),
        ({"grille": "angular"}, "A vehicle. The vehicle features an angular grille."),
        ({"grille_edges": "sharp"}, "A vehicle. The vehicle features a grille with sharp edges."),
        ({"headlights_lit": "on"}, "A vehicle. The vehicle features on headlights."),
        ({"tires": "winter"}, "A vehicle. The roof sits above winter tires."),
        ({"bumpers": "damaged"}, "A vehicle. The roof sits above damaged bumpers."),
        ({"wear": "new", "roof": "dome"}, "A vehicle. The vehicle shows new wear. It features a dome roof."),
        ({"roof_surface": "used"}, "A vehicle. The vehicle features a used roof."),
        (
            {"grille": "vertical", "roof": "flat"},
            "A vehicle. The vehicle features a vertical grille. The vehicle has a flat roof.",
        ),
    ],
)
def test_little_is_said_in_whole_sentences(values, caption):
    assert compose_vehicle("RGB", values) == caption


BODY = {"wear": "new", "roof": "sloped", "tires": "street", "bumpers": "intact"}


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"headlights": "oval", "taillights": "round"}, "oval headlights and round taillights. The sloped roof sits above"),
        ({"headlights": "oval"}, "oval headlights, complemented by a sloped roof above"),
        ({"taillights": "oval"}, "oval taillights, complemented by a sloped roof above"),
        ({"taillights": "oval", "roof": "flat"}, "oval taillights, complemented by a flat roof sitting above"),
        ({}, "a sloped roof above"),
        (
            {"headlights": "oval", "grille": "vertical"},
            "oval headlights, complemented by a vertical grille. The sloped roof sits above",
        ),
    ],
)
def test_the_roof_takes_the_place_of_a_grille_that_is_not_known(values, said):
    below = "street tires." if "wear" in values else "street tires"
    caption = compose_vehicle("NIR", {"window_tint": "clear", **BODY, **values})
    assert f"It features {said} {below} with intact bumpers." in caption


def test_the_grille_may_be_joined_by_and():
    values = {"headlights": "oval", "grille": "angular", "grille_edges": "sharp", "roof": "flat", "tires": "street"}
    usual, other = (compose_vehicle("RGB", {**values, GRILLE_JOINT: choice}) for choice in WORDINGS[GRILLE_JOINT])
    assert usual == compose_vehicle("RGB", values)
    assert usual.replace(", complemented by ", " and ") == other
    assert "features oval headlights and an angular grille with sharp edges. The flat roof sits above street tires." in other


@pytest.mark.parametrize(
    ("wording", "message"),
    [
        ({GRILLE_JOINT: "nd"}, r"unknown value of wording\.grille 'nd'; did you mean 'and'"),
        ({"wording.gril": "and"}, r"unknown wording 'wording\.gril'; did you mean 'wording\.grille'"),
        ({"wording.article": "a"}, "unknown wording 'wording.article'"),
    ],
)
def test_another_wording_is_an_error(wording, message):
    with pytest.raises(InputError, match=message):
        compose_vehicle("RGB", wording)


def test_captions_of_any_attributes_are_english():
    for number in range(500):
        caption = compose_vehicle("RGB", draw(number, "RGB"))
        assert not re.search(r"  | [.,]|\.\.", caption), caption
        assert not re.search(r"\b[Aa] (?:SUV|MG |[aeioAEIO])|\b[Aa]n (?!SUV|MG |[aeioAEIO])", caption), caption
        assert all(sentence[0].isupper() and sentence[-1] == "." for sentence in split_sentences(caption)), caption
