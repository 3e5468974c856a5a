import pytest

from benchmarks.captions.schema.kinds import SCHEMAS, schema_of
from benchmarks.captions.schema.person import PERSON
from benchmarks.captions.schema.vehicle import VEHICLE
from benchmarks.common.errors import InputError


def test_each_kind_has_its_schema():
    assert SCHEMAS == {"person": PERSON, "vehicle": VEHICLE}
    assert schema_of("person") is PERSON and schema_of("vehicle") is VEHICLE


def test_an_unknown_kind_is_answered_with_the_closest():
    with pytest.raises(InputError, match="^unknown kind of objects 'vehicles'; did you mean 'vehicle'\\?$"):
        schema_of("vehicles")
