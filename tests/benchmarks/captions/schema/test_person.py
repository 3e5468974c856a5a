"""The schema of persons, held against the paper and against what NEXT-Text says on RGBNT201."""

import re
from collections import Counter

import pytest

from benchmarks.batch import MODALITIES
from benchmarks.captions.files import caption_path, read_entries
from benchmarks.captions.schema.attribute import UNKNOWN, Frequency, Group
from benchmarks.captions.schema.person import PERSON
from benchmarks.captions.schema.values import is_phrase


def named(group):
    return [name for name, attribute in PERSON.attributes.items() if attribute.group is group]


def test_attributes_are_in_the_groups_of_the_paper():
    assert PERSON.object == "person"
    assert all(name == attribute.name for name, attribute in PERSON.attributes.items())
    assert named(Group.ENVIRONMENT) == ["view", "capture_time", "illumination", "target_clarity"]
    assert {"age", "gender"} < set(named(Group.APPEARANCE))
    assert {"upper_clothing", "lower_clothing", "footwear"} < set(named(Group.CLOTHING))
    assert {"carrying", "holding", "handbag", "backpack"} < set(named(Group.ACCESSORIES))
    assert sum(map(len, map(named, Group))) == len(PERSON.attributes) and not named(Group.PARTS)


def test_frequencies_are_those_of_the_paper():
    low = ("illumination", "upper_clothing_colour", "lower_clothing_colour")
    high = ("carrying", "holding", "handbag", "backpack")
    for names, frequency in ((low, Frequency.LOW), (high, Frequency.HIGH)):
        assert {PERSON.attributes[name].frequency["RGB"] for name in names} == {frequency}


def test_what_a_modality_shows():
    shown = {
        modality: {name for name, attribute in PERSON.attributes.items() if modality in attribute.frequency}
        for modality in MODALITIES
    }
    assert shown["RGB"] == set(PERSON.attributes)
    assert shown["RGB"] - shown["NIR"] == {"upper_clothing_colour", "lower_clothing_colour"}
    assert shown["NIR"] - shown["TIR"] == {"illumination", "capture_time"}


@pytest.mark.parametrize("attribute", PERSON.attributes.values(), ids=list(PERSON.attributes))
def test_values_are_short_phrases(attribute):
    assert len(attribute.values) == len(set(attribute.values)) > 1
    assert UNKNOWN not in attribute.values and attribute.meaning
    assert all(map(is_phrase, attribute.values))


def published(folder, modality):
    for split in ("train", "test"):
        yield from (text for _, text in read_entries(caption_path(folder / "next-text" / "rgbnt201", split, modality)))


def test_known_values_are_published_words(published_captions):
    text = " ".join(caption for modality in MODALITIES for caption in published(published_captions, modality)).lower()
    worded_otherwise = {name for name, attribute in PERSON.attributes.items() if set(attribute.values) == {"yes", "no"}}
    unpublished = {
        (name, value)
        for name in PERSON.attributes.keys() - worded_otherwise - {"hat"}
        for value in PERSON.attributes[name].values
        if not re.search(rf"(?<!\w){re.escape(value)}(?!\w)", text)
    }
    assert worded_otherwise == {"glasses", "handbag", "backpack", "luggage"} and not unpublished


def test_published_captions_state_what_the_modality_shows(published_captions):
    coloured, timed = Counter(), Counter()
    for modality in MODALITIES:
        for text in published(published_captions, modality):
            coloured[modality] += (
                re.search(r"(?:black|white|blue|red) (?:jacket|t-shirt|trousers|jeans|shorts)", text) is not None
            )
            timed[modality] += re.search(r"(?:daytime|nighttime) in \w+ lighting", text) is not None
    assert coloured["RGB"] > 3000 and coloured["NIR"] + coloured["TIR"] < 3
    assert min(timed["RGB"], timed["NIR"]) > 4770 and timed["TIR"] == 0
