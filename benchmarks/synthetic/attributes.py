"""What makes a person: the attributes, their values in words, how often they occur, and what can show them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum

from ..batch import MODALITIES
from .draws import Ints


class Region(IntEnum):
    """Where on a person an attribute is seen."""

    HEAD = 0
    UPPER = 1
    LOWER = 2
    FEET = 3
    CARRIED = 4
    WHOLE = 5


class Cue(Enum):
    """What an attribute is told by, which decides when it is lost."""

    SHAPE = "shape"
    """Large enough to outlive blur and darkness."""
    DETAIL = "detail"
    """A few pixels: lost in blur, glare, and darkness."""
    COLOUR = "colour"
    """Lost in glare and darkness."""


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

_RGB, _NIR, _TIR = ((modality,) for modality in MODALITIES)
_COMMON, _RARE = (24, 13, 16, 9, 5, 6, 8, 12, 5, 6, 8, 8), (36, 14, 10, 4, 2, 2, 5, 20, 2, 2, 8, 9)


@dataclass(frozen=True)
class Attribute:
    """One attribute of an identity."""

    values: tuple[str, ...]
    """A word for each value; empty for a value that has none."""
    weights: tuple[int, ...]
    """How often each value occurs, up to a common factor."""
    region: Region
    cue: Cue = Cue.SHAPE
    modalities: tuple[str, ...] = MODALITIES
    """Those that can show it at all."""
    distinguishes: bool = False
    """Whether identities of a group may differ in it."""


PERSON: dict[str, Attribute] = {
    "gender": Attribute(("female", "male"), (45, 55), Region.WHOLE),
    "age": Attribute(("adult", "teenager"), (88, 12), Region.WHOLE),
    "build": Attribute(("slim", "average", "stout"), (30, 45, 25), Region.WHOLE, distinguishes=True),
    "complexion": Attribute(("", "", "", ""), (30, 30, 25, 15), Region.HEAD, Cue.COLOUR, _RGB),
    "hair_length": Attribute(("short", "medium", "long"), (40, 30, 30), Region.HEAD, distinguishes=True),
    "hair_style": Attribute(("straight", "curly"), (75, 25), Region.HEAD, Cue.DETAIL),
    "hair_colour": Attribute(
        ("black", "brown", "blond", "gray"), (50, 28, 14, 8), Region.HEAD, Cue.COLOUR, _RGB, distinguishes=True
    ),
    "glasses": Attribute(("not wearing glasses", "wearing glasses"), (72, 28), Region.HEAD, Cue.DETAIL, distinguishes=True),
    "hat": Attribute(("", "cap"), (85, 15), Region.HEAD, distinguishes=True),
    "upper": Attribute(
        ("t-shirt", "shirt", "sweater", "hoodie", "jacket", "coat", "dress"), (24, 12, 14, 12, 22, 8, 8), Region.UPPER
    ),
    "upper_colour": Attribute(COLOURS, _COMMON, Region.UPPER, Cue.COLOUR, _RGB),
    "upper_shade": Attribute(("", "light", "dark"), (60, 20, 20), Region.UPPER, Cue.COLOUR, _RGB, distinguishes=True),
    "upper_pattern": Attribute(
        ("", "striped", "printed"), (70, 15, 15), Region.UPPER, Cue.DETAIL, ("RGB", "NIR"), distinguishes=True
    ),
    "upper_fabric": Attribute(("matte", "", "reflective"), (35, 35, 30), Region.UPPER, Cue.SHAPE, _NIR, distinguishes=True),
    "upper_warmth": Attribute(("thin", "", "thick"), (30, 40, 30), Region.UPPER, Cue.SHAPE, _TIR, distinguishes=True),
    "lower": Attribute(("trousers", "jeans", "shorts", "skirt"), (42, 22, 20, 16), Region.LOWER),
    "lower_colour": Attribute(COLOURS, _RARE, Region.LOWER, Cue.COLOUR, _RGB),
    "lower_shade": Attribute(("", "light", "dark"), (60, 20, 20), Region.LOWER, Cue.COLOUR, _RGB, distinguishes=True),
    "lower_fabric": Attribute(("matte", "", "reflective"), (35, 35, 30), Region.LOWER, Cue.SHAPE, _NIR, distinguishes=True),
    "lower_warmth": Attribute(("thin", "", "thick"), (30, 40, 30), Region.LOWER, Cue.SHAPE, _TIR, distinguishes=True),
    "footwear": Attribute(
        ("casual sneakers", "athletic sneakers", "casual boots", "casual sandals", "formal shoes"),
        (40, 20, 16, 12, 12),
        Region.FEET,
        Cue.DETAIL,
        distinguishes=True,
    ),
    "footwear_colour": Attribute(
        ("black", "white", "gray", "brown", "red"), (35, 30, 13, 13, 9), Region.FEET, Cue.COLOUR, _RGB, distinguishes=True
    ),
    "bag": Attribute(
        ("", "backpack", "handbag", "shoulder bag", "suitcase"), (34, 28, 16, 14, 8), Region.CARRIED, distinguishes=True
    ),
    "bag_colour": Attribute(
        ("black", "gray", "red", "blue", "brown", "yellow"),
        (38, 16, 12, 14, 12, 8),
        Region.CARRIED,
        Cue.COLOUR,
        _RGB,
        distinguishes=True,
    ),
    "held": Attribute(("", "phone", "bottle", "umbrella", "book"), (56, 18, 10, 9, 7), Region.CARRIED, Cue.DETAIL),
}
"""The attributes of a person, in the order in which they are drawn."""


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
