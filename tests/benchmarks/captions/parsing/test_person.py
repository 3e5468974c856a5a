"""Captions of persons read back: what was composed, and what others wrote."""

from collections import Counter

import pytest

from benchmarks.batch import MODALITIES
from benchmarks.captions.composition import wording
from benchmarks.captions.composition.person import compose_person
from benchmarks.captions.parsing.person import parse_person
from benchmarks.captions.parsing.unparsed import Unparsed
from benchmarks.captions.schema.attribute import UNKNOWN
from benchmarks.captions.schema.person import PERSON

from ..persons import draw, draw_wordings


@pytest.mark.parametrize("modality", MODALITIES)
def test_random_attributes_come_back(modality):
    seen = Counter()
    for number in range(1500):
        values = draw(number, modality)
        seen.update(values.keys())
        assert parse_person(compose_person(modality, values)) == values
    assert set(seen) == {name for name, attribute in PERSON.attributes.items() if modality in attribute.frequency}
    assert min(seen.values()) > 20


def test_random_wordings_come_back():
    seen = Counter()
    for number in range(1500):
        values = draw_wordings(number, draw(number, "RGB"))
        seen.update(key for key in values if key in wording.CHOICES)
        assert parse_person(compose_person("RGB", values)) == values
    assert set(seen) == set(wording.CHOICES) - {wording.UNSEEN} and min(seen.values()) > 20


@pytest.mark.parametrize("reason", wording.CHOICES[wording.UNSEEN][1:])
@pytest.mark.parametrize(
    "unseen",
    [
        {"footwear_style": UNKNOWN, "footwear": UNKNOWN},
        {"footwear_style": UNKNOWN},
        {"footwear": UNKNOWN},
        {"footwear_style": "formal", "footwear": UNKNOWN},
        {"hair_style": UNKNOWN},
        {"hair_style": UNKNOWN, "footwear_style": UNKNOWN},
    ],
    ids=str,
)
def test_what_could_not_be_seen_comes_back_as_unknown(reason, unseen):
    values = {
        "age": "child",
        "gender": "female",
        "hair_length": "long",
        "upper_clothing": "coat",
        **unseen,
        wording.UNSEEN: reason,
    }
    caption = compose_person("NIR", values)
    assert reason in caption and parse_person(caption) == values


@pytest.mark.parametrize("name", PERSON.attributes)
def test_every_value_comes_back_alone(name):
    bags = {"handbag", "backpack", "luggage"}
    for value in PERSON.attributes[name].values:
        if name == "lower_clothing" and value in PERSON.attributes["upper_clothing"].values:
            continue
        expected = {name: value} if name not in bags or value == "no" else {"carrying": name.replace("luggage", "suitcase")}
        assert parse_person(compose_person("RGB", {name: value})) == expected


def test_a_lone_garment_is_an_upper_one_where_it_may_be():
    assert parse_person("A person. The person is wearing a dress.") == {"upper_clothing": "dress"}


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("", "opening of another form"),
        ("Here is a man.", "opening of another form"),
        ("A man seen from the side.", "opening of another form"),
        ("An adult male seen from the side. She is wearing a coat.", "pronoun that does not fit the gender"),
        ("A child. Short hair and he is wearing glasses.", "pronoun that does not fit the gender"),
        ("A child. The image appears clear. The person is carrying a bag.", "sentence out of place"),
        ("A child. It rains.", "sentence out of place"),
        ("A child. The person is wearing a [colour] coat.", "place of the template left unfilled"),
        ("A child. The person is wearing a toga.", "lower clothing of no known type"),
        ("A child. The person is wearing glasses and carrying a bag.", "glasses together with something else"),
        ("A child. Short hair and the person is carrying a bag.", "hair together with something else than glasses"),
        ("A child. Purple hair.", "hair of no known length or style"),
        ("A child. The person is happy.", "no carrying, holding or dragging where it belongs"),
        (
            "A child. The person is wearing a coat, paired with unidentifiable footwear. Short none visible hair.",
            "two reasons why something could not be seen",
        ),
    ],
)
def test_what_is_not_in_the_style_has_a_cause(text, cause):
    with pytest.raises(Unparsed) as caught:
        parse_person(text)
    assert (caught.value.text, caught.value.cause) == (text, cause)
