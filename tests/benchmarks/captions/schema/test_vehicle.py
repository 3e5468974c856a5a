"""The schema of vehicles, held against what NEXT-Text says on MSVR310."""

import re
from collections import Counter

import pytest

from benchmarks.batch import MODALITIES
from benchmarks.captions.files import caption_path, read_entries
from benchmarks.captions.schema.attribute import UNKNOWN, Frequency, Group
from benchmarks.captions.schema.vehicle import VEHICLE

NAMED_IN_PAPER = ("view", "illumination", "capture_time", "target_clarity")


def test_attributes_are_listed_under_their_names():
    assert VEHICLE.object == "vehicle"
    assert all(name == attribute.name for name, attribute in VEHICLE.attributes.items())
    assert [VEHICLE.attributes[name].group for name in NAMED_IN_PAPER] == [Group.ENVIRONMENT] * 4


@pytest.mark.parametrize("attribute", VEHICLE.attributes.values(), ids=list(VEHICLE.attributes))
def test_values_are_short_phrases(attribute):
    assert len(attribute.values) == len(set(attribute.values)) > 1
    assert UNKNOWN not in attribute.values
    assert all(1 <= len(value.split()) <= 2 and value == value.strip() for value in attribute.values)
    assert attribute.meaning and set(attribute.frequency) <= set(MODALITIES)


def test_what_a_modality_shows():
    shown = {
        modality: {name for name, attribute in VEHICLE.attributes.items() if modality in attribute.frequency}
        for modality in MODALITIES
    }
    assert shown["RGB"] == set(VEHICLE.attributes)
    assert shown["RGB"] - shown["NIR"] == {"colour"}
    assert shown["NIR"] - shown["TIR"] == {"illumination", "capture_time"}


def test_colour_and_light_are_low_and_details_are_high():
    low = {name for name, attribute in VEHICLE.attributes.items() if Frequency.LOW in attribute.frequency.values()}
    assert {"colour", "illumination", "capture_time", "view", "target_clarity"} <= low
    assert not low & {"brand", "headlights", "taillights", "grille", "spoiler", "roof_rack", "exhaust", "plate", "mirrors"}


def test_published_captions_state_what_the_modality_shows(published_captions):
    colours = "|".join(VEHICLE.attributes["colour"].values)
    coloured, lit = Counter(), Counter()
    for split in ("train", "test"):
        for modality in MODALITIES:
            for _, text in read_entries(caption_path(published_captions / "next-text" / "msvr310", split, modality)):
                coloured[modality] += re.match(rf"An? (?:{colours}) ", text) is not None
                lit[modality] += re.search(r" (?:daytime|nighttime) light ", text) is not None
    assert coloured == {"RGB": 2086, "NIR": 0, "TIR": 0}  # one of 2,087 in RGB names no colour
    assert lit == {"RGB": 2087, "NIR": 2087, "TIR": 0}
