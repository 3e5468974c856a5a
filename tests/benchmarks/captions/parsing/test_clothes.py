import pytest

from benchmarks.captions.composition import wording
from benchmarks.captions.parsing.clothes import parse_clothes
from benchmarks.captions.parsing.unparsed import Unparsed
from benchmarks.captions.schema.attribute import UNKNOWN


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("a coat", {"upper_clothing": "coat"}),
        ("black trousers", {"lower_clothing": "trousers", "lower_clothing_colour": "black"}),
        ("an off-white tank top", {"upper_clothing": "tank top", "upper_clothing_colour": "off-white"}),
        ("casual boots", {"footwear_style": "casual", "footwear": "boots"}),
        ("athletic footwear", {"footwear_style": "athletic"}),
        ("a red upper garment with a tan lower garment", {"upper_clothing_colour": "red", "lower_clothing_colour": "tan"}),
        (
            "a dark (possibly black or gray) hoodie with skirt, paired with sandals",
            {
                "upper_clothing": "hoodie",
                "upper_clothing_colour": "dark (possibly black or gray)",
                "lower_clothing": "skirt",
                wording.LOWER: "bare",
                "footwear": "sandals",
            },
        ),
        (
            "a dress, paired with none visible none visible",
            {"upper_clothing": "dress", "footwear_style": UNKNOWN, "footwear": UNKNOWN, wording.UNSEEN: "none visible"},
        ),
    ],
)
def test_garments_and_footwear(text, values):
    assert parse_clothes(text) == values


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("a toga with a skirt", "upper clothing of no known type"),
        ("a coat with kilt", "lower clothing of no known type"),
        ("coat with a skirt", "article of the upper clothing"),
        ("a orange coat with a skirt", "article of the upper clothing"),
        ("a coat with a trousers", "article of the lower clothing"),
        ("a coat with an blue skirt", "article of the lower clothing"),
        ("a soft coat", "no short phrase of colours before the upper clothing"),
        ("a coat with unclear skirt", "no short phrase of colours before the lower clothing"),
        ("a shirt with stripes with trousers", "a pattern or a third garment after 'with'"),
        ("a coat, paired with long straight hair", "hair in the place of footwear"),
        ("a coat, paired with indeterminate footwear", "another reason for unseen footwear"),
        ("a coat, paired with formal formal boots", "two styles of footwear"),
        ("a coat, paired with clogs", "footwear of no known style or type"),
        ("a coat, paired with footwear", "footwear of no known style or type"),
    ],
)
def test_what_cannot_be_read_has_a_cause(text, cause):
    with pytest.raises(Unparsed) as caught:
        parse_clothes(text)
    assert caught.value.cause == cause
