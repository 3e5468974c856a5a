"""What makes a vehicle: the attributes, their values in words, how often they occur, and what can show them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from ..attribute import NIR_ONLY, RGB_ONLY, TIR_ONLY, Attribute, Cue
from ..draws import Ints


class Region(IntEnum):
    """Where on a vehicle an attribute is seen."""

    FRONT = 0
    CABIN = 1
    BODY = 2
    WHEELS = 3
    REAR = 4
    WHOLE = 5


class Type(IntEnum):
    """Value of `type`."""

    SEDAN = 0
    SUV = 1
    HATCHBACK = 2
    MINIVAN = 3
    TRUCK = 4


class Brand(IntEnum):
    """Value of `brand`: each has an emblem and a trim of its own."""

    VOLKSWAGEN = 0
    HONDA = 1
    FORD = 2
    BUICK = 3
    GEELY = 4
    MAZDA = 5


class Wear(IntEnum):
    """Value of `wear`."""

    NEW = 0
    USED = 1
    WORN = 2


class Windows(IntEnum):
    """Value of `windows`."""

    CURVED = 0
    FLAT = 1


class Lamp(IntEnum):
    """Value of `headlights` and `taillights`."""

    ANGULAR = 0
    RECTANGULAR = 1
    OVAL = 2
    ROUND = 3


class Grille(IntEnum):
    """Value of `grille`."""

    HORIZONTAL = 0
    HEXAGONAL = 1
    VERTICAL = 2


class Roof(IntEnum):
    """Value of `roof`."""

    SLOPED = 0
    FLAT = 1
    SUNROOF = 2


class Rims(IntEnum):
    """Value of `rims`."""

    PLAIN = 0
    SPOKED = 1
    DARK = 2


class Marking(IntEnum):
    """Value of `marking`."""

    NONE = 0
    STRIPE = 1
    STICKER = 2


class Exhaust(IntEnum):
    """Value of `exhaust`."""

    HIDDEN = 0
    SINGLE = 1
    DUAL = 2


class Engine(IntEnum):
    """Value of `engine_heat`: where the heat of the engine leaves."""

    HOOD = 0
    GRILLE = 1
    ARCHES = 2


COLOURS = ("white", "silver", "black", "red", "gray", "blue", "brown", "orange")
_LAMPS = ("angular", "rectangular", "oval", "round")
_LIGHT = ("RGB", "NIR")

VEHICLE: dict[str, Attribute] = {
    "type": Attribute(("sedan", "SUV", "hatchback", "minivan", "truck"), (534, 286, 147, 20, 13), Region.WHOLE, published=True),
    "brand": Attribute(
        ("Volkswagen", "Honda", "Ford", "Buick", "Geely", "Mazda"),
        (343, 124, 138, 139, 152, 104),
        Region.BODY,
        Cue.DETAIL,
        _LIGHT,
        published=True,
    ),
    "colour": Attribute(COLOURS, (397, 183, 170, 95, 101, 34, 15, 5), Region.BODY, Cue.COLOUR, RGB_ONLY, published=True),
    "tone": Attribute(("", "brownish", "bluish"), (50, 25, 25), Region.BODY, Cue.COLOUR, RGB_ONLY, distinguishes=True),
    "wear": Attribute(("new", "used", "worn"), (139, 850, 12), Region.BODY, Cue.DETAIL, _LIGHT, published=True),
    "paint": Attribute(("matte", "", "reflective"), (35, 35, 30), Region.BODY, Cue.SHAPE, NIR_ONLY, distinguishes=True),
    "body_heat": Attribute(("cool", "", "warm"), (30, 40, 30), Region.BODY, Cue.SHAPE, TIR_ONLY, distinguishes=True),
    "engine_heat": Attribute(
        ("hood", "grille", "wheel arches"), (40, 30, 30), Region.FRONT, Cue.SHAPE, TIR_ONLY, distinguishes=True
    ),
    "windows": Attribute(("curved", "flat"), (630, 370), Region.CABIN, distinguishes=True, published=True),
    "window_tint": Attribute(
        ("tinted", "clear"), (856, 144), Region.CABIN, Cue.COLOUR, RGB_ONLY, distinguishes=True, published=True
    ),
    "window_film": Attribute(("", "coated"), (65, 35), Region.CABIN, Cue.SHAPE, NIR_ONLY, distinguishes=True),
    "cabin_heat": Attribute(("cold", "heated"), (60, 40), Region.CABIN, Cue.SHAPE, TIR_ONLY, distinguishes=True),
    "roof": Attribute(("sloped", "flat", "sunroof"), (667, 311, 22), Region.CABIN, distinguishes=True, published=True),
    "roof_colour": Attribute(("", "contrasting"), (80, 20), Region.CABIN, Cue.COLOUR, RGB_ONLY, distinguishes=True),
    "roof_rack": Attribute(
        ("is not present", "is present"), (857, 143), Region.CABIN, Cue.DETAIL, distinguishes=True, published=True
    ),
    "headlights": Attribute(_LAMPS, (669, 192, 118, 21), Region.FRONT, Cue.DETAIL, distinguishes=True, published=True),
    "grille": Attribute(
        ("horizontal", "hexagonal", "vertical"), (736, 213, 50), Region.FRONT, Cue.DETAIL, distinguishes=True, published=True
    ),
    "taillights": Attribute(_LAMPS, (581, 361, 45, 13), Region.REAR, Cue.DETAIL, distinguishes=True, published=True),
    "spoiler": Attribute(("is not present", "is present"), (937, 63), Region.REAR, Cue.DETAIL, published=True),
    "exhaust": Attribute(("hidden", "single", "dual"), (821, 112, 67), Region.REAR, Cue.DETAIL, published=True),
    "plate": Attribute(("is visible", "is not visible"), (899, 101), Region.WHOLE, Cue.DETAIL, published=True),
    "bumpers": Attribute(("painted", "plastic"), (65, 35), Region.BODY, Cue.SHAPE, _LIGHT, distinguishes=True),
    "marking": Attribute(("", "stripe", "sticker"), (60, 22, 18), Region.BODY, Cue.DETAIL, _LIGHT, distinguishes=True),
    "tires": Attribute(("regular", "street"), (755, 245), Region.WHEELS, Cue.DETAIL, published=True),
    "rims": Attribute(("plain", "spoked", "dark"), (45, 30, 25), Region.WHEELS, Cue.DETAIL, _LIGHT, distinguishes=True),
    "wheel_heat": Attribute(("cold", "hot"), (60, 40), Region.WHEELS, Cue.SHAPE, TIR_ONLY, distinguishes=True),
}
"""The attributes of a vehicle, in the order in which they are drawn.

Published weights are per mille of the identities of MSVR310 in the RGB captions of NEXT-Text
(`tests/bench/caption_statistics.py`); what those captions never name, as heat, has weights of our own.
"""


@dataclass(frozen=True)
class Vehicles:
    """The attributes of I identities: for each a column (I,) of positions in the values of `VEHICLE`."""

    type: Ints
    brand: Ints
    colour: Ints
    tone: Ints
    wear: Ints
    paint: Ints
    body_heat: Ints
    engine_heat: Ints
    windows: Ints
    window_tint: Ints
    window_film: Ints
    cabin_heat: Ints
    roof: Ints
    roof_colour: Ints
    roof_rack: Ints
    headlights: Ints
    grille: Ints
    taillights: Ints
    spoiler: Ints
    exhaust: Ints
    plate: Ints
    bumpers: Ints
    marking: Ints
    tires: Ints
    rims: Ints
    wheel_heat: Ints

    def take(self, rows: Ints) -> Vehicles:
        """The vehicles of these rows."""
        return Vehicles(**{name: column[rows] for name, column in vars(self).items()})
