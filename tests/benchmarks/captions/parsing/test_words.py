import re

from benchmarks.captions.composition import wording
from benchmarks.captions.parsing.words import any_of, stated
from benchmarks.captions.schema.attribute import UNKNOWN


def test_the_longest_value_is_found_first():
    assert re.match(any_of("upper_clothing"), "long-sleeve shirt")[0] == "long-sleeve shirt"
    assert re.match(any_of("footwear"), "flat shoes")[0] == "flat shoes"


def test_a_reason_is_an_unknown_value_and_a_wording():
    assert stated({"footwear": "none visible", "footwear_style": None, "view": "side"}) == {
        "footwear": UNKNOWN,
        wording.UNSEEN: "none visible",
        "view": "side",
    }
