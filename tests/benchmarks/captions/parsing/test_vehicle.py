"""Captions of vehicles read back: what was composed, and what was published."""

import re
from collections import Counter
from difflib import SequenceMatcher

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
        ("A Changan (长安) sedan.", "brand: 'Changan (长安)' is no value of it"),
        ("A sedan. Side mirrors are folded.", "mirrors: 'folded' is no value of it"),
        ("A sedan. Spoiler is present. Spoiler is not present.", "spoiler is told twice"),
    ],
)
def test_what_is_not_in_the_style_has_a_cause(text, cause):
    with pytest.raises(Unparsed) as caught:
        parse_vehicle(text)
    assert (caught.value.text, caught.value.cause) == (text, cause)


@pytest.fixture(scope="module")
def published(published_captions):
    """Captions of NEXT-Text by split, modality and item."""
    files = {
        (split, modality): read_entries(caption_path(published_captions / "next-text" / "msvr310", split, modality))
        for split in ("train", "test")
        for modality in MODALITIES
    }
    return {(*file, item): text for file, entries in files.items() for item, text in entries}


def difference(modality, text):
    """How the caption differs from the one that is composed of what is read of it; empty where it does not."""
    try:
        composed = compose_vehicle(modality, parse_vehicle(text))
    except Unparsed:
        return "not read"
    said, again = text.split(), composed.split()
    changes = [change[1:] for change in SequenceMatcher(None, said, again, False).get_opcodes() if change[0] != "equal"]
    return "; ".join(f"{' '.join(said[a:b])} > {' '.join(again[c:d])}" for a, b, c, d in changes)


def test_published_captions_come_back_word_for_word(published):
    """Counts of the published files; of all 6,261 captions 96.7 % come back."""
    again = Counter(key[:2] for key, text in published.items() if not difference(key[1], text))
    assert again == {
        **{("train", "RGB"): 1011, ("train", "NIR"): 1006, ("train", "TIR"): 978},  # of 1,032 each
        **{("test", "RGB"): 1024, ("test", "NIR"): 1027, ("test", "TIR"): 1011},  # of 1,055 each
    }
    assert again.total() >= 0.967 * len(published)


def test_why_the_other_published_captions_do_not_come_back(published):
    causes = Counter(difference(modality, text) for (_, modality, _), text in published.items())
    unseen = sum(
        count for cause, count in causes.items() if re.search("N/A|n/a|none|un(?:clear|defined|specified|iden)", cause)
    )
    articles = causes["A > An"] + causes["a > an"] + causes["A > An; a > an"]
    roofs = causes["sitting > "] + causes["sits > sitting"] + causes[" > sitting"]
    bare_grilles = causes["taillights, complemented by a grille. > taillights."]
    assert (articles, roofs, unseen, bare_grilles, causes["not read"]) == (110, 46, 16, 6, 13)
    assert len(published) - causes[""] == 110 + 46 + 16 + 6 + 13 + 13


def test_fittings_are_one_in_all_published_modalities(published):
    told = {}
    for (split, modality, item), text in published.items():
        if difference(modality, text) != "not read":
            for name, value in parse_vehicle(text).items():
                told.setdefault((split, item, name), set()).add(value)
    differing = Counter(name for (_, _, name), values in told.items() if len(values) > 1)
    assert set(VEHICLE.attributes) - set(differing) == {"colour", "plate", "spoiler", "roof_rack"}
