"""What makes a person: the attributes, their values in words, how often they occur, and what can show them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from ..attribute import NIR_ONLY, RGB_ONLY, TIR_ONLY, Attribute, Cue
from ..draws import Ints


class Region(IntEnum):
    """Where on a person an attribute is seen."""

    HEAD = 0
    UPPER = 1
    LOWER = 2
    FEET = 3
    CARRIED = 4
    WHOLE = 5


class Gender(IntEnum):
    """Value of `gender`."""

    FEMALE = 0
    MALE = 1


class Hair(IntEnum):
    """Value of `hair_length`."""

    SHORT = 0
    MEDIUM = 1
    LONG = 2


class Upper(IntEnum):
    """Value of `upper`."""

    T_SHIRT = 0
    SHIRT = 1
    SWEATER = 2
    HOODIE = 3
    JACKET = 4
    COAT = 5
    DRESS = 6


class Pattern(IntEnum):
    """Value of `upper_pattern`."""

    PLAIN = 0
    STRIPED = 1
    PRINTED = 2


class Lower(IntEnum):
    """Value of `lower`."""

    TROUSERS = 0
    JEANS = 1
    SHORTS = 2
    SKIRT = 3


class Footwear(IntEnum):
    """Value of `footwear`."""

    CASUAL_SNEAKERS = 0
    ATHLETIC_SNEAKERS = 1
    BOOTS = 2
    SANDALS = 3
    SHOES = 4


class Bag(IntEnum):
    """Value of `bag`."""

    NONE = 0
    BACKPACK = 1
    HANDBAG = 2
    SHOULDER_BAG = 3
    SUITCASE = 4


class Held(IntEnum):
    """Value of `held`."""

    NONE = 0
    PHONE = 1
    BOTTLE = 2
    UMBRELLA = 3
    BOOK = 4


COLOURS = ("black", "gray", "white", "red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "beige")


PERSON: dict[str, Attribute] = {
    "gender": Attribute(("female", "male"), (330, 670), Region.WHOLE, published=True),
    "age": Attribute(("adult", "teenager"), (968, 32), Region.WHOLE, published=True),
    "build": Attribute(("slim", "average", "stout"), (30, 45, 25), Region.WHOLE, distinguishes=True),
    "complexion": Attribute(("", "", "", ""), (30, 30, 25, 15), Region.HEAD, Cue.COLOUR, RGB_ONLY),
    "hair_length": Attribute(("short", "medium", "long"), (667, 222, 112), Region.HEAD, distinguishes=True, published=True),
    "hair_style": Attribute(("straight", "curly"), (986, 14), Region.HEAD, Cue.DETAIL, published=True),
    "hair_colour": Attribute(
        ("black", "brown", "blond", "gray"), (50, 28, 14, 8), Region.HEAD, Cue.COLOUR, RGB_ONLY, distinguishes=True
    ),
    "glasses": Attribute(
        ("not wearing glasses", "wearing glasses"), (762, 238), Region.HEAD, Cue.DETAIL, distinguishes=True, published=True
    ),
    "hat": Attribute(("", "cap"), (85, 15), Region.HEAD, distinguishes=True),
    "upper": Attribute(
        ("t-shirt", "shirt", "sweater", "hoodie", "jacket", "coat", "dress"),
        (332, 33, 100, 12, 447, 25, 51),
        Region.UPPER,
        published=True,
    ),
    "upper_colour": Attribute(
        COLOURS, (344, 160, 277, 44, 3, 18, 17, 75, 2, 5, 35, 19), Region.UPPER, Cue.COLOUR, RGB_ONLY, published=True
    ),
    "upper_shade": Attribute(("", "light", "dark"), (60, 20, 20), Region.UPPER, Cue.COLOUR, RGB_ONLY, distinguishes=True),
    "upper_pattern": Attribute(
        ("", "striped", "printed"), (70, 15, 15), Region.UPPER, Cue.DETAIL, ("RGB", "NIR"), distinguishes=True
    ),
    "upper_fabric": Attribute(("matte", "", "reflective"), (35, 35, 30), Region.UPPER, Cue.SHAPE, NIR_ONLY, distinguishes=True),
    "upper_warmth": Attribute(("thin", "", "thick"), (30, 40, 30), Region.UPPER, Cue.SHAPE, TIR_ONLY, distinguishes=True),
    "lower": Attribute(("trousers", "jeans", "shorts", "skirt"), (628, 85, 189, 97), Region.LOWER, published=True),
    "lower_colour": Attribute(
        COLOURS, (585, 128, 49, 3, 0, 2, 10, 175, 0, 1, 14, 34), Region.LOWER, Cue.COLOUR, RGB_ONLY, published=True
    ),
    "lower_shade": Attribute(("", "light", "dark"), (60, 20, 20), Region.LOWER, Cue.COLOUR, RGB_ONLY, distinguishes=True),
    "lower_fabric": Attribute(("matte", "", "reflective"), (35, 35, 30), Region.LOWER, Cue.SHAPE, NIR_ONLY, distinguishes=True),
    "lower_warmth": Attribute(("thin", "", "thick"), (30, 40, 30), Region.LOWER, Cue.SHAPE, TIR_ONLY, distinguishes=True),
    "footwear": Attribute(
        ("casual sneakers", "athletic sneakers", "casual boots", "casual sandals", "formal shoes"),
        (668, 179, 94, 40, 19),
        Region.FEET,
        Cue.DETAIL,
        distinguishes=True,
        published=True,
    ),
    "footwear_colour": Attribute(
        ("black", "white", "gray", "brown", "red"), (35, 30, 13, 13, 9), Region.FEET, Cue.COLOUR, RGB_ONLY, distinguishes=True
    ),
    "bag": Attribute(
        ("", "backpack", "handbag", "shoulder bag", "suitcase"),
        (466, 370, 135, 2, 27),
        Region.CARRIED,
        distinguishes=True,
        published=True,
    ),
    "bag_colour": Attribute(
        ("black", "gray", "red", "blue", "brown", "yellow"),
        (38, 16, 12, 14, 12, 8),
        Region.CARRIED,
        Cue.COLOUR,
        RGB_ONLY,
        distinguishes=True,
    ),
    "held": Attribute(
        ("", "phone", "bottle", "umbrella", "book"), (829, 109, 29, 24, 9), Region.CARRIED, Cue.DETAIL, published=True
    ),
}
"""The attributes of a person, in the order in which they are drawn.

Published weights are per mille of the identities of RGBNT201 in the RGB captions of NEXT-Text
(`tests/bench/caption_statistics.py`); what those captions never name, as fabric, has weights of our own.
"""


@dataclass(frozen=True)
class People:
    """The attributes of I identities: for each a column (I,) of positions in the values of `PERSON`."""

    gender: Ints
    age: Ints
    build: Ints
    complexion: Ints
    hair_length: Ints
    hair_style: Ints
    hair_colour: Ints
    glasses: Ints
    hat: Ints
    upper: Ints
    upper_colour: Ints
    upper_shade: Ints
    upper_pattern: Ints
    upper_fabric: Ints
    upper_warmth: Ints
    lower: Ints
    lower_colour: Ints
    lower_shade: Ints
    lower_fabric: Ints
    lower_warmth: Ints
    footwear: Ints
    footwear_colour: Ints
    bag: Ints
    bag_colour: Ints
    held: Ints

    def take(self, rows: Ints) -> People:
        """The people of these rows."""
        return People(**{name: column[rows] for name, column in vars(self).items()})
