import itertools
import json

import pytest
from pydantic import BaseModel

from benchmarks.common.errors import InputError
from benchmarks.common.settings import parse
from benchmarks.conditions import (
    KINDS,
    STRENGTHS,
    Condition,
    Conditions,
    Degradation,
    degraded_settings,
    missing_settings,
    parse_conditions,
)
from benchmarks.modalities import MODALITIES


class Holder(BaseModel):
    conditions: Conditions = ()


def read(*values):
    return parse(Holder, {"conditions": list(values)}, "here").conditions


def test_the_six_settings_are_those_of_the_field_in_its_order():
    names = ["M(RGB)", "M(NIR)", "M(TIR)", "M(RGB+NIR)", "M(RGB+TIR)", "M(NIR+TIR)"]
    assert [condition.name for condition in missing_settings()] == names
    assert read("missing") == tuple(missing_settings())


def test_degraded_is_every_modality_kind_and_strength_alone():
    found = read("degraded")
    expected = {f"{m}:{kind}:{strength}" for m in MODALITIES for kind in KINDS for strength in STRENGTHS}
    assert {condition.text for condition in found} == expected
    assert len(found) == 54
    assert all(len(condition.degraded) == 1 and not condition.missing for condition in found)


@pytest.mark.parametrize(
    ("text", "count"), [("degraded:NIR", 18), ("degraded:blur", 9), ("degraded:3", 18), ("degraded:TIR:flare", 3)]
)
def test_parts_of_the_degraded_group(text, count):
    found = [condition.text for condition in read(text)]
    words = text.split(":")[1:]
    assert len(found) == count
    assert all(set(words) <= set(each.split(":")) for each in found)
    assert [condition.text for condition in degraded_settings(words)] == found


TEXTS = ["missing:RGB", "missing:RGB+TIR", "NIR:blur:2", "RGB:noise:1/TIR:blur:3", "missing:NIR/RGB:blur:1/RGB:noise:2"]
NAMES = ["M(RGB)", "M(RGB+TIR)", "NIR blur 2", "RGB noise 1, TIR blur 3", "M(NIR), RGB blur 1, RGB noise 2"]


@pytest.mark.parametrize(("text", "name"), list(zip(TEXTS, NAMES, strict=True)))
def test_a_condition_has_one_text_which_is_read_back(text, name):
    (condition,) = read(text)
    assert (condition.text, condition.name) == (text, name)
    assert parse_conditions(text, "here") == [condition]
    assert json.loads(Holder(conditions=(condition,)).model_dump_json()) == {"conditions": [text]}
    assert read(*Holder(conditions=(condition,)).model_dump()["conditions"]) == (condition,)


def test_the_order_in_which_it_is_said_does_not_matter():
    for parts in itertools.permutations(["TIR:blur:3", "RGB:noise:2", "RGB:occlusion:1"]):
        assert read("/".join(parts))[0].text == "RGB:occlusion:1/RGB:noise:2/TIR:blur:3"
    assert read("missing:TIR+RGB+TIR") == read("missing:RGB+TIR")
    assert len(read("missing:TIR+RGB", "missing", "missing:RGB+TIR")) == 6


def test_settings_may_stand_for_a_text():
    blur = {"modality": "NIR", "kind": "blur", "strength": 2}
    assert read({"missing": ["TIR"], "degraded": ["RGB:noise:1", blur]}) == read("missing:TIR/NIR:blur:2/RGB:noise:1")
    assert parse(Holder, {"conditions": {"missing": ["RGB"]}}, "").conditions == read("missing:RGB")
    assert parse(Holder, {"conditions": "missing, NIR:blur:2"}, "").conditions == read("missing", "NIR:blur:2")


def test_a_condition_that_says_nothing_is_undisturbed():
    assert (Condition().text, Condition().name) == ("undisturbed", "undisturbed")


MISTAKES = {
    "missing:RBG": "unknown modality 'RBG'; did you mean 'RGB'",
    "missing:": "unknown modality ''; one of: NIR, RGB, TIR",
    "NIRR:blur:2": "unknown condition 'NIRR'; did you mean 'NIR'",
    "mising:RGB": "unknown condition 'mising'; did you mean 'missing'",
    "NIR:blurr:2": "unknown kind of degradation 'blurr'; did you mean 'blur'",
    "NIR:blur": "unknown strength ''; one of: 1, 2, 3",
    "NIR:blur:4": "unknown strength '4'; one of: 1, 2, 3",
    "degraded:nir": "unknown modality, kind or strength 'nir'; did you mean 'NIR'",
    "degraded:NIR:TIR": "degraded:NIR:TIR names no condition",
    "missing:RGB+NIR+TIR": "all modalities are missing; leave at least one of RGB, NIR, TIR",
    "missing:NIR/NIR:blur:2": "the modality of NIR:blur:2 is missing, so it cannot be degraded",
    "NIR:blur:1/NIR:blur:2": "a modality has one strength of a kind, not NIR:blur:1 and NIR:blur:2",
    "undisturbed": "unknown condition 'undisturbed'",
}


@pytest.mark.parametrize("text", MISTAKES)
def test_mistakes_are_told_in_one_line_with_what_is_near(text):
    for function, place in (
        (lambda: read(text), "here: conditions: "),
        (lambda: parse_conditions(text, "--c"), f"--c {text}: "),
    ):
        with pytest.raises(InputError) as caught:
            function()
        message = str(caught.value)
        assert message.startswith(place)
        assert MISTAKES[text] in message
        assert "\n" not in message


def test_a_condition_without_anything_is_refused():
    with pytest.raises(InputError, match="here: conditions: a condition names what is missing or degraded, as in missing:RGB"):
        read({})
    for text in ("", " , "):
        with pytest.raises(InputError, match="--c: no condition was given; as in missing:RGB"):
            parse_conditions(text, "--c")


def test_mistyped_keys_and_values_are_refused():
    with pytest.raises(InputError, match="here: conditions: .*RGB"):
        read({"missing": ["RBG"]})
    with pytest.raises(InputError, match="here: conditions: "):
        read({"misssing": ["RGB"]})
    with pytest.raises(InputError, match="here: conditions: "):
        read(3)


def test_degradations_are_frozen_and_compared_by_value():
    one = Degradation(modality="NIR", kind="blur", strength=2)
    assert one == Degradation.model_validate("NIR:blur:2")
    assert len({one, Degradation.model_validate("NIR:blur:2")}) == 1
