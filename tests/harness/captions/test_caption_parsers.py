from benchmarks.captions.composition.template import compose
from benchmarks.captions.schema.kinds import schema_of
from harness.captions.parsers import parsers

VEHICLE = "A white Benz sedan viewed from the side in bright daytime light (image appears clear)."
PERSON = "An adult male seen from the side during nighttime in dim lighting. The image appears blurry."


def test_each_kind_reads_its_own_style_and_no_other():
    found = parsers()
    assert sorted(found) == ["person", "vehicle"]
    assert found["vehicle"](VEHICLE)["brand"] == "Benz"
    assert found["person"](PERSON)["gender"] == "male"
    assert found["person"](VEHICLE) is found["vehicle"](PERSON) is None


def test_only_attributes_of_the_schema_are_told():
    for kind, text in (("vehicle", VEHICLE), ("person", PERSON)):
        assert set(parsers()[kind](text)) <= set(schema_of(kind).attributes)


def test_what_the_composer_writes_is_read():
    values = {"colour": "white", "type": "sedan", "view": "side"}
    assert parsers()["vehicle"](compose("vehicle", "RGB", values)) == values
