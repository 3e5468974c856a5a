import pytest

from benchmarks.batch import MODALITIES
from benchmarks.captions.composition.person import compose_person
from benchmarks.captions.composition.template import COMPOSERS, compose
from benchmarks.captions.composition.vehicle import compose_vehicle
from benchmarks.captions.schema.kinds import SCHEMAS
from benchmarks.common.errors import InputError

from .. import persons, vehicles


@pytest.mark.parametrize("modality", MODALITIES)
def test_each_kind_has_its_composer(modality):
    assert set(COMPOSERS) == set(SCHEMAS)
    assert compose("person", modality, persons.WHOLE) == compose_person(modality, persons.WHOLE)
    assert compose("vehicle", modality, vehicles.WHOLE) == compose_vehicle(modality, vehicles.WHOLE)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("dog", "RGB", {}), "unknown kind of objects 'dog'; one of: person, vehicle"),
        (("person", "UV", {}), "unknown modality 'UV'; one of: NIR, RGB, TIR"),
        (("person", "RGB", {"brand": "Audi"}), "unknown attribute of a person 'brand'"),
        (("person", "TIR", {"view": "above"}), "view: 'above' is no value of it; one of: side, back, front"),
        (("vehicle", "TIR", {"brand": "Audi. And a sentence."}), "brand: 'Audi. And a sentence.' is no value of it"),
    ],
)
def test_what_the_schema_does_not_have_is_refused_in_one_line(arguments, message):
    with pytest.raises(InputError) as caught:
        compose(*arguments)
    assert str(caught.value).startswith(message) and "\n" not in str(caught.value)
