import json

import pytest

from benchmarks.captions.annotators.instruction import Instruction
from benchmarks.captions.schema.attribute import Schema
from benchmarks.captions.schema.kinds import SCHEMAS
from benchmarks.common.errors import InputError

from .chat_server import HAT, SCHEMA


def test_it_asks_for_what_the_modality_shows_with_values_and_their_unknown():
    text = Instruction(SCHEMA).text("NIR")
    assert "a person, taken by a near-infrared surveillance camera" in text
    assert "- hat: headgear. One of: no, cap, unknown\n" in text
    assert "- carrying: what is carried. One of: backpack, unknown; or another\n" in text
    assert "colour of the coat" not in text and "colour of the coat" in Instruction(SCHEMA).text("RGB")


def test_the_form_of_the_answer_is_json_with_every_name():
    text = Instruction(SCHEMA).text("RGB")
    form = json.loads(text.strip().rsplit("\n", 1)[1])
    assert list(form) == list(SCHEMA.attributes)
    assert set(map(tuple, form.values())) == {("value", "confidence")}


def test_another_wording_is_another_version():
    version = Instruction(SCHEMA).version
    assert version == Instruction(SCHEMA).version and len(version) == 12
    other = Schema("person", {**SCHEMA.attributes, "hat": HAT.__class__(**{**vars(HAT), "meaning": "what the head wears"})})
    assert Instruction(other).version != version
    assert Instruction(Schema("vehicle", SCHEMA.attributes)).version != version


def test_a_modality_that_shows_nothing_is_told():
    schema = Schema("person", {"colour": SCHEMA.attributes["colour"]})
    with pytest.raises(InputError, match="no attribute of a person can be seen in the modality 'TIR'"):
        Instruction(schema).text("TIR")
    assert Instruction(schema).version


@pytest.mark.parametrize("kind", sorted(SCHEMAS))
@pytest.mark.parametrize("modality", ["RGB", "NIR", "TIR"])
def test_the_schemas_of_the_project_can_be_asked_for(kind, modality):
    instruction = Instruction(SCHEMAS[kind])
    text = instruction.text(modality)
    for name, attribute in instruction.asked(modality).items():
        assert f"- {name}: {attribute.meaning}. One of: " in text
    assert "possibly" not in text
