import json
import random

import pytest

from benchmarks.captions.composition.claims import read_back, unfounded
from benchmarks.captions.composition.template import compose
from benchmarks.captions.files import FILE_SUFFIX
from benchmarks.captions.parsing.parse import parse
from benchmarks.captions.parsing.unparsed import Unparsed
from benchmarks.captions.schema.attribute import UNKNOWN
from benchmarks.captions.schema.kinds import schema_of
from benchmarks.captions.schema.person import PERSON
from benchmarks.captions.schema.vehicle import VEHICLE

VALUES = {
    **{"age": "adult", "gender": "male", "upper_clothing": "jacket", "upper_clothing_colour": "dark blue"},
    **{"lower_clothing": "trousers", "lower_clothing_colour": "gray", "glasses": "no", "backpack": "yes", "view": "side"},
}
TEMPLATE = compose("person", "RGB", VALUES)


def told(text, values=VALUES, schema=PERSON, template=TEMPLATE):
    return unfounded(text, schema, values, template)


@pytest.mark.parametrize(
    "text",
    [
        TEMPLATE,
        "An adult male, seen from the side, wears a dark blue jacket and grey trousers.",
        "From the side, an adult male in a dark-blue jacket and gray trousers; he carries a backpack and wears no glasses.",
        "A man without glasses is carrying a backpack.",
        "A man with a backpack, nothing like glasses on his face.",
    ],
)
def test_a_text_that_keeps_to_the_attributes(text):
    assert told(text) == []


@pytest.mark.parametrize(
    ("text", "claim"),
    [
        ("An adult male with a red jacket.", "'red'"),
        ("An adult male with a crimson jacket.", "'crimson'"),
        ("An adult male with a light blue jacket.", "'light blue'"),
        ("An adult female.", "'female'"),
        ("An adult male with jackets and shorts.", "'short'"),
        ("An adult male with an umbrella.", "'umbrella'"),
        ("An adult male with a hat.", "'hat'"),
        ("An adult male seen from the front.", "'front'"),
        ("An adult male with short hair.", "'short'"),
    ],
)
def test_known_values_and_colours_that_are_none_of_them(text, claim):
    assert any(f"it states {claim}" in problem for problem in told(text))


def test_things_against_their_yes_and_no():
    assert told("An adult male wearing glasses.") == ["it states 'glasses', which is not there"]
    assert told("An adult male without a backpack.") == ["it denies 'backpack', which is there"]


def test_colours_that_were_exchanged():
    assert told("An adult male with a gray jacket.") == ["it calls the jacket gray, and upper_clothing is dark blue"]
    assert told("An adult male with a jacket and dark blue trousers.") == [
        "it calls the trousers blue, and lower_clothing is gray"
    ]


def test_a_colour_of_the_other_garment_across_a_joining_word_is_no_mistake():
    assert told("A male in gray trousers and a jacket, or gray with a jacket.") == []


def test_unknown_values_may_not_be_stated_and_their_words_not_either():
    values = {"age": "adult", "hat": "unknown"}
    assert told("An adult with a cap.", values, template="An adult.") == ["it states 'cap', which is none of the attributes"]


def test_vehicles():
    values = {"type": "SUV", "colour": "white", "brand": "Toyota", "spoiler": "not present"}
    template = compose("vehicle", "RGB", values)
    assert told(template, values, VEHICLE, template) == []
    assert told("A white Toyota SUV without a spoiler.", values, VEHICLE, template) == []
    assert told("A white Honda SUV.", values, VEHICLE, template) == ["it states 'honda', which is none of the attributes"]
    assert told("A white Toyota SUV with a spoiler.", values, VEHICLE, template) == ["it states 'spoiler', which is not there"]


def test_a_text_in_the_published_style_is_read_back():
    assert read_back(TEMPLATE, PERSON, VALUES, TEMPLATE) == []
    other = compose("person", "RGB", {**VALUES, "lower_clothing_colour": "dark blue", "backpack": "no"})
    assert read_back(other, PERSON, VALUES, TEMPLATE) == [
        "it reads as lower_clothing_colour 'dark blue', and it is 'gray'",
        "it reads as backpack 'no', and it is 'yes'",
    ]
    less = {name: value for name, value in VALUES.items() if name != "view"}
    assert read_back(TEMPLATE, PERSON, less, compose("person", "RGB", less)) == [
        "it reads as view 'side', which is none of the attributes"
    ]
    assert read_back("Some adult, dressed for rain.", PERSON, VALUES, TEMPLATE) == []


@pytest.mark.parametrize("schema", [PERSON, VEHICLE], ids=lambda schema: schema.object)
def test_the_template_itself_is_never_refused_even_where_attributes_contradict_each_other(schema):
    rng = random.Random(1)
    for _ in range(300):
        names = [name for name in schema.attributes if rng.random() < 0.7]
        values = {name: rng.choice(schema.attributes[name].values) for name in names}
        modality = rng.choice(list(FILE_SUFFIX))
        values = {name: value for name, value in values.items() if modality in schema.attributes[name].frequency}
        template = compose(schema.object, modality, values)
        assert told(template, values, schema, template) == read_back(template, schema, values, template) == [], values


def test_what_the_template_makes_of_a_contradiction_may_be_said():
    values = {"gender": "male", "carrying": "none", "backpack": "yes"}
    template = compose("person", "RGB", values)
    assert "carrying a backpack" in template
    assert told("A male carrying a backpack.", values, template=template) == []


@pytest.mark.parametrize(("folder", "kind"), [("rgbnt201", "person"), ("msvr310", "vehicle")])
def test_in_sets_of_published_captions_every_exchanged_value_is_found_and_no_true_caption_refused(
    published_captions, folder, kind
):
    schema, rng, exchanged = schema_of(kind), random.Random(0), 0
    for modality, suffix in FILE_SUFFIX.items():
        for entry in json.loads((published_captions / "next-text" / folder / f"train_{suffix}.json").read_text())[::120]:
            try:
                read = parse(kind, entry["description"])
            except Unparsed:
                continue
            values = {name: read[name] for name in schema.attributes if read.get(name, UNKNOWN) != UNKNOWN}
            template = compose(kind, modality, values)
            assert told(template, values, schema, template) == read_back(template, schema, values, template) == []
            for name, value in values.items():
                # With "none" a caption may state less, and nothing false.
                other = rng.choice([one for one in schema.attributes[name].values if one not in {value, UNKNOWN, "none"}])
                text = compose(kind, modality, {**values, name: other})
                if text != template:
                    exchanged += 1
                    assert told(text, values, schema, template) + read_back(text, schema, values, template), (text, template)
    assert exchanged > 100
