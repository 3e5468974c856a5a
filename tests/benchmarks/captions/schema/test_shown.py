from benchmarks.captions.schema.attribute import Frequency
from benchmarks.captions.schema.kinds import SCHEMAS
from benchmarks.captions.schema.shown import COLOUR, HIGH, LIGHT, LOW


def test_infrared_shows_no_colour_and_heat_no_light():
    assert list(LOW) == list(HIGH) == ["RGB", "NIR", "TIR"]
    assert (list(COLOUR), list(LIGHT)) == (["RGB"], ["RGB", "NIR"])
    assert {Frequency.HIGH} == set(HIGH.values()) != {Frequency.LOW} == set(LOW.values())
    for schema in SCHEMAS.values():
        for name, kind in schema.attributes.items():
            expected = COLOUR if "colour" in name else LIGHT if name in {"capture_time", "illumination"} else None
            assert (kind.frequency == expected) if expected else (list(kind.frequency) == ["RGB", "NIR", "TIR"]), name
