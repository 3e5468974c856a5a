"""Made-up vehicles: one of which everything is known, and random ones of which anything may be."""

from benchmarks.captions.composition.vehicle import GRILLE_JOINT
from benchmarks.captions.schema.vehicle import VEHICLE
from benchmarks.common import randomness

_STREAM = randomness.stream("made-up vehicles")
_BRANDS = ("Zephyr", "North Star Motors", "K9", "Orion-2")
"""Brands that the schema does not know."""

WHOLE = {
    **{"colour": "green", "brand": "Subaru", "type": "station wagon"},
    **{"view": "diagonal", "illumination": "bright", "capture_time": "daytime", "target_clarity": "blurry"},
    **{"wear": "worn", "window_tint": "clear", "windows": "panoramic"},
    **{"headlights_lit": "on", "headlights": "round", "taillights": "oval", "grille": "hexagonal", "grille_edges": "straight"},
    **{"roof_surface": "dirty", "roof": "flat", "tire_wear": "used", "tire_size": "large", "tires": "all-terrain"},
    **{"bumpers": "damaged", "mirrors": "missing", "plate": "not visible"},
    **{"spoiler": "present", "roof_rack": "present", "exhaust": "dual"},
}


def draw(number, modality):
    """Random values of some of the attributes that a modality shows; a share of them between none and all.

    A grille is joined by "and" in half of the sets that name lamps and a grille.
    """
    share = randomness.uniform(_STREAM, number)
    values = {}
    for place, (name, attribute) in enumerate(VEHICLE.attributes.items()):
        known = (*attribute.values, *_BRANDS) if attribute.open else attribute.values
        if modality in attribute.frequency and randomness.uniform(_STREAM, number, place, 0) < share:
            values[name] = known[randomness.integers(len(known), _STREAM, number, place, 1)]
    lamps, grille = {"headlights_lit", "headlights", "taillights"} & set(values), {"grille", "grille_edges"} & set(values)
    if lamps and grille and randomness.uniform(_STREAM, number, -1) < 0.5:
        values[GRILLE_JOINT] = "and"
    return values
