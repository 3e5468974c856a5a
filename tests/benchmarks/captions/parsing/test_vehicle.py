"""Captions of vehicles read back: what was composed, and what was published."""

from collections import Counter

import pytest

from benchmarks.batch import MODALITIES
from benchmarks.captions.composition.vehicle import GRILLE_JOINT, compose_vehicle
from benchmarks.captions.files import caption_path, read_entries
from benchmarks.captions.parsing.unparsed import Unparsed
from benchmarks.captions.parsing.vehicle import parse_vehicle
from benchmarks.captions.schema.vehicle import VEHICLE

from ..vehicles import WHOLE, draw


@pytest.mark.parametrize("modality", MODALITIES)
def test_random_attributes_come_back(modality):
    seen = Counter()
    for number in range(1500):
        values = draw(number, modality)
        seen.update(values.keys())
        assert parse_vehicle(compose_vehicle(modality, values)) == values
    shown = {name for name, attribute in VEHICLE.attributes.items() if modality in attribute.frequency}
    assert set(seen) == {*shown, GRILLE_JOINT} and min(seen.values()) > 100


@pytest.mark.parametrize("name", VEHICLE.attributes)
def test_every_value_comes_back_alone_and_among_all(name):
    for value in VEHICLE.attributes[name].values:
        for values in ({name: value}, {**WHOLE, name: value}):
            assert parse_vehicle(compose_vehicle("RGB", values)) == values


def test_a_caption_without_words_of_attributes_has_no_values():
    assert parse_vehicle("A vehicle.") == {}


@pytest.mark.parametrize(
    ("published", "composed"),
    [
        ("A Audi SUV.", "An Audi SUV."),
        ("A SUV.", "An SUV."),
        (
            "A sedan. The vehicle shows new wear. It features round taillights, complemented by a dome roof sits above tires.",
            "A sedan. The vehicle shows new wear. It features round taillights, complemented by a dome roof.",
        ),
        (
            "A sedan. The vehicle shows used wear. It features off headlights and N/A taillights. Spoiler is present.",
            "A sedan. The vehicle shows used wear. It features off headlights. Spoiler is present.",
        ),
        (
            "A sedan. The vehicle shows used wear. It features off unidentifiable from image headlights and a grille.",
            "A sedan. The vehicle shows used wear. It features off headlights.",
        ),
        (
            "A sedan. Roof rack is present. License plate is visible.",
            "A sedan. License plate is visible. Roof rack is present.",
        ),
        (
            "A sedan. The intact bumpers sit above new tires.",
            "A sedan. The roof sits above new tires with intact bumpers.",
        ),
    ],
)
def test_other_wordings_are_read_and_composed_in_one_form(published, composed):
    values = parse_vehicle(published)
    assert compose_vehicle("RGB", values) == composed
    assert {name: value for name, value in values.items() if name != GRILLE_JOINT} == parse_vehicle(composed)


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("", "another form of the first sentence"),
        ("Here is a sedan.", "another form of the first sentence"),
        ("A white Geely tractor.", "type: no value of it ends the first words"),
        ("A sedan viewed from the roof.", "view: 'roof' is no value of it"),
        ("A sedan in dim evening light.", "illumination or capture_time: 'evening' is no value of it"),
        ("A sedan. He wears a hat.", "another form of a sentence"),
        ("A sedan. It features a warm engine.", "a part that no attribute describes"),
        ("A sedan. It features off square headlights.", "headlights_lit or headlights: 'square' is no value of it"),
        ("A sedan. Side mirrors are folded.", "mirrors: 'folded' is no value of it"),
        ("A sedan. Spoiler is present. Spoiler is not present.", "spoiler is told twice"),
    ],
)
def test_what_is_not_in_the_style_has_a_cause(text, cause):
    with pytest.raises(Unparsed) as caught:
        parse_vehicle(text)
    assert (caught.value.text, caught.value.cause) == (text, cause)


def test_published_captions_come_back_word_for_word(published_captions):
    again, unread, total = Counter(), Counter(), Counter()
    for split in ("train", "test"):
        for modality in MODALITIES:
            for _, text in read_entries(caption_path(published_captions / "next-text" / "msvr310", split, modality)):
                total[split, modality] += 1
                try:
                    again[split, modality] += compose_vehicle(modality, parse_vehicle(text)) == text
                except Unparsed as error:
                    unread[error.cause] += 1
    assert total.total() == 6261
    assert again.total() / total.total() > 0.967, {file: again[file] / total[file] for file in total}
    assert min(again[file] / total[file] for file in total) > 0.947
    assert unread.total() < 15, unread
