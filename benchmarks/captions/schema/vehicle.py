"""What captions say of a vehicle: the attributes that NEXT-Text names on MSVR310, with the values that it gives them."""

from __future__ import annotations

from collections.abc import Mapping

from .attribute import AttributeType, Group, Schema
from .shown import COLOUR, HIGH, LIGHT, LOW

_BRANDS = (
    *("Volkswagen", "Buick", "Ford", "Honda", "Geely", "Mazda", "Volvo", "Toyota", "Skoda", "Nissan", "Hyundai", "Audi"),
    *("Mitsubishi", "BMW", "Benz", "Chevrolet", "Citroën", "Peugeot", "Renault", "Kia", "Cadillac", "Suzuki", "Jeep", "Subaru"),
    *("Chery", "Lexus", "Dongfeng", "BYD", "Lincoln", "Fiat", "Land Rover", "JAC", "Smart", "Roewe", "Changan", "Infiniti"),
    *("Haval", "Tesla", "Opel", "Mercedes", "Acura", "Daewoo", "Mercedes-Benz", "Saturn", "Tata", "BAIC", "Brilliance", "DFAC"),
    *("Dodge", "GAC", "Mini", "Porsche", "Range Rover", "SEAT", "Alfa Romeo", "Great Wall", "Holden", "Huatai", "MG", "NIO"),
    *("Skyworth", "VinFast"),
)
_LAMPS = ("angular", "rectangular", "oval", "round")

_APPEARANCE = (
    AttributeType("brand", Group.APPEARANCE, _BRANDS, HIGH, "make, as the emblem or the body tells it", open=True),
    AttributeType(
        "type",
        Group.APPEARANCE,
        ("sedan", "SUV", "hatchback", "minivan", "truck", "station wagon", "coupe", "convertible", "van", "bus", "motorcycle"),
        LOW,
        "kind of body",
    ),
    AttributeType(
        "colour",
        Group.APPEARANCE,
        ("white", "silver", "black", "red", "gray", "blue", "brown", "orange", "green", "gold", "yellow", "beige", "purple"),
        COLOUR,
        "main colour of the paint",
    ),
    AttributeType("wear", Group.APPEARANCE, ("used", "new", "worn", "damaged", "dirty"), HIGH, "state of the body as a whole"),
)
_PARTS = (
    AttributeType("window_tint", Group.PARTS, ("tinted", "clear", "dirty", "broken"), LOW, "state of the window panes"),
    AttributeType("windows", Group.PARTS, ("curved", "flat", "panoramic"), HIGH, "shape of the windows"),
    AttributeType("headlights_lit", Group.PARTS, ("off", "on", "dimmed"), HIGH, "whether the headlights are lit"),
    AttributeType("headlights", Group.PARTS, _LAMPS, HIGH, "shape of the headlights"),
    AttributeType("taillights", Group.PARTS, (*_LAMPS, "vertical", "irregular"), HIGH, "shape of the taillights"),
    AttributeType(
        "grille",
        Group.PARTS,
        ("horizontal", "hexagonal", "vertical", "angular", "rectangular", "triangular", "irregular"),
        HIGH,
        "pattern or shape of the grille",
    ),
    AttributeType(
        "grille_edges",
        Group.PARTS,
        ("rounded", "straight", "sharp", "angular", "irregular"),
        HIGH,
        "how the outline of the grille bends",
    ),
    AttributeType("roof_surface", Group.PARTS, ("clean", "dirty", "damaged", "used"), HIGH, "state of the roof"),
    AttributeType(
        "roof", Group.PARTS, ("sloped", "flat", "sunroof", "dome", "convertible", "curved"), HIGH, "shape of the roof"
    ),
    AttributeType("tire_wear", Group.PARTS, ("new", "used", "worn"), HIGH, "how worn the tires are"),
    AttributeType("tire_size", Group.PARTS, ("medium", "small", "large"), LOW, "size of the tires beside the body"),
    AttributeType("tires", Group.PARTS, ("regular", "street", "all-terrain", "winter", "off-road"), HIGH, "kind of tires"),
    AttributeType("bumpers", Group.PARTS, ("intact", "damaged"), HIGH, "state of the bumpers"),
    AttributeType("mirrors", Group.PARTS, ("intact", "missing", "broken", "present"), HIGH, "state of the side mirrors"),
    AttributeType("plate", Group.PARTS, ("visible", "not visible"), HIGH, "whether the license plate can be seen"),
    AttributeType("spoiler", Group.PARTS, ("not present", "present"), HIGH, "whether there is a spoiler"),
    AttributeType("roof_rack", Group.PARTS, ("not present", "present"), HIGH, "whether there is a roof rack"),
    AttributeType("exhaust", Group.PARTS, ("hidden", "single", "dual"), HIGH, "exhaust pipes that can be seen"),
)
_ENVIRONMENT = (
    AttributeType("view", Group.ENVIRONMENT, ("side", "back", "front", "diagonal"), LOW, "side that faces the camera"),
    AttributeType("illumination", Group.ENVIRONMENT, ("dim", "normal", "bright"), LIGHT, "how much light there is"),
    AttributeType("capture_time", Group.ENVIRONMENT, ("nighttime", "daytime"), LIGHT, "whether it is day or night"),
    AttributeType("target_clarity", Group.ENVIRONMENT, ("clear", "blurry"), LOW, "how sharp the vehicle appears"),
)

_BY_NAME: Mapping[str, AttributeType] = {kind.name: kind for kind in (*_APPEARANCE, *_PARTS, *_ENVIRONMENT)}

VEHICLE = Schema("vehicle", _BY_NAME)
"""The attributes of a vehicle.

Names, values and their order are those of the 6,261 captions of NEXT-Text on MSVR310 in all modalities; two colours are added,
as vehicles elsewhere have them. A brand that is not listed is a value too. What large areas or outlines tell, or what is a
property of the image and not of the vehicle, is low-frequency; what parts tell is high-frequency (NEXT, section IV-B, which
names examples of persons alone). The published captions of one moment have the same word in each modality that tells it for
the plate, the spoiler and the roof rack, and for no other attribute.
"""
