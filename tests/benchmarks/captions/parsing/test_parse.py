import pytest

from benchmarks.captions.composition.template import compose
from benchmarks.captions.parsing.parse import PARSERS, parse
from benchmarks.captions.parsing.unparsed import Unparsed
from benchmarks.captions.schema.kinds import SCHEMAS
from benchmarks.common.errors import InputError

from .. import persons, vehicles


def test_each_kind_has_a_parser():
    assert set(PARSERS) == set(SCHEMAS)
    with pytest.raises(InputError, match="unknown kind of objects 'persn'; did you mean 'person'"):
        parse("persn", "An adult.")


@pytest.mark.parametrize(("object", "draw"), [("person", persons.draw), ("vehicle", vehicles.draw)])
def test_what_is_composed_is_parsed(object, draw):
    for number in range(100):
        values = draw(number, "RGB")
        assert parse(object, compose(object, "RGB", values)) == values


@pytest.mark.parametrize("object", PARSERS)
def test_what_cannot_be_read_has_a_cause(object):
    with pytest.raises(Unparsed) as caught:
        parse(object, "Nobody.")
    assert caught.value.text == "Nobody." and caught.value.cause
