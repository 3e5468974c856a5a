"""Captions of persons: what is stated, what is left out, and how it is joined."""

import re

import pytest

from benchmarks.batch import MODALITIES
from benchmarks.captions.composition import wording
from benchmarks.captions.composition.person import compose_person
from benchmarks.captions.schema.attribute import UNKNOWN
from benchmarks.captions.schema.person import PERSON
from benchmarks.captions.sentences import split_sentences
from benchmarks.common.errors import InputError

from ..persons import WHOLE, draw

WHOLE_CAPTION = (
    "An adult male seen from the side during nighttime in dim lighting. "
    "He is wearing a black jacket with gray trousers, paired with casual sneakers. "
    "Short straight hair and he is wearing glasses. He is wearing a cap. "
    "He is holding an umbrella, carrying a backpack, and dragging a suitcase. The image appears blurry."
)


def test_everything_that_is_known_is_stated():
    assert set(WHOLE) == set(PERSON.attributes)
    assert compose_person("RGB", WHOLE) == WHOLE_CAPTION


def test_infrared_states_no_colours_and_heat_no_light():
    near = WHOLE_CAPTION.replace("black ", "").replace("gray ", "")
    assert compose_person("NIR", WHOLE) == near
    assert compose_person("TIR", WHOLE) == near.replace(" during nighttime in dim lighting", "")


@pytest.mark.parametrize("name", PERSON.attributes)
def test_unknown_is_left_out_as_absent_is(name):
    absent = {other: value for other, value in WHOLE.items() if other != name}
    assert compose_person("RGB", {**WHOLE, name: UNKNOWN}) == compose_person("RGB", absent)


@pytest.mark.parametrize(
    ("values", "caption"),
    [
        ({}, "A person."),
        ({"age": "adult"}, "An adult."),
        ({"gender": "male", "view": "back"}, "A male seen from the back."),
        ({"age": "adult", "gender": "non-binary"}, "An adult non-binary person."),
        ({"illumination": "bright"}, "A person seen in bright lighting."),
        ({"capture_time": "daytime"}, "A person seen during daytime."),
        ({"upper_clothing": "dress"}, "A person. The person is wearing a dress."),
        ({"upper_clothing_colour": "orange"}, "A person. The person is wearing an orange upper garment."),
        ({"lower_clothing": "skirt"}, "A person. The person is wearing a skirt."),
        ({"lower_clothing_colour": "tan"}, "A person. The person is wearing a tan lower garment."),
        ({"footwear": "boots"}, "A person. The person is wearing boots."),
        ({"footwear_style": "formal"}, "A person. The person is wearing formal footwear."),
        ({"lower_clothing": "jeans", "footwear": "flats"}, "A person. The person is wearing jeans, paired with flats."),
        ({"gender": "female", "hair_length": "long"}, "A female. Long hair."),
        ({"hair_style": "curly", "glasses": "no"}, "A person. Curly hair and the person is not wearing glasses."),
        ({"gender": "female", "glasses": "yes"}, "A female. She is wearing glasses."),
        ({"hat": "none"}, "A person. The person is not wearing a hat."),
        ({"target_clarity": "clear"}, "A person. The image appears clear."),
    ],
)
def test_little_is_said_in_whole_sentences(values, caption):
    assert compose_person("RGB", values) == caption


SOME = {"age": "adult", "upper_clothing": "dress", "lower_clothing": "skirt", "hair_length": "short", "glasses": "no"}


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        ({wording.ARTICLE: "a"}, "A adult."),
        ({wording.GLASSES: "participle"}, "Short hair and not wearing glasses."),
        ({wording.LOWER: "bare"}, "a dress with skirt."),
        ({wording.UNSEEN: "none visible", "hair_style": UNKNOWN}, "Short none visible hair and"),
        ({wording.UNSEEN: "none visible", "footwear_style": UNKNOWN}, "a skirt, paired with none visible footwear."),
        ({wording.UNSEEN: "none visible", "footwear": UNKNOWN}, "a skirt, paired with none visible."),
    ],
)
def test_oddities_of_the_published_captions_are_options(choice, said):
    assert said in compose_person("NIR", {**SOME, **choice}) and said not in compose_person("NIR", SOME)


def test_another_wording_is_refused():
    with pytest.raises(InputError, match="unknown value of wording.article 'the'"):
        compose_person("RGB", {wording.ARTICLE: "the"})


@pytest.mark.parametrize("modality", MODALITIES)
def test_whatever_is_known_is_written_in_sentences_of_proper_english(modality):
    for number in range(500):
        caption = compose_person(modality, draw(number, modality))
        assert all(re.fullmatch(r"[A-Z][^.\[\]]+\.", sentence) for sentence in split_sentences(caption)), caption
        assert not re.search(r"  | ,|\b(?:a|an) an? |\bunknown\b|\b[Aa] (?:[aeio]|un(?!i[fs]))|\b[Aa]n [^aeiou]", caption), (
            caption
        )
