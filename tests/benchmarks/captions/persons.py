"""Made-up persons: one of whom everything is known, and random ones of whom anything may be."""

from benchmarks.captions.composition import wording
from benchmarks.captions.composition.accessories import BAGS, VERBS
from benchmarks.captions.schema.person import PERSON
from benchmarks.common import randomness

_STREAM = randomness.stream("made-up persons")
_PHRASES = {
    "upper_clothing_colour": ("pale turquoise", "off-white and navy", "bright red (possibly orange)"),
    "lower_clothing_colour": ("burgundy", "light colored", "gray striped"),
    "carrying": ("umbrella stand", "box of apples", "two-handed saw", "uniform"),
    "holding": ("orange balloon", "dog (possibly a terrier)", "keys"),
    "dragging": ("wooden cart", "old sledge"),
}
"""Short phrases that the schema does not know."""

WHOLE = {
    **{"age": "adult", "gender": "male", "hair_length": "short", "hair_style": "straight"},
    **{
        "upper_clothing": "jacket",
        "upper_clothing_colour": "black",
        "lower_clothing": "trousers",
        "lower_clothing_colour": "gray",
    },
    **{"footwear_style": "casual", "footwear": "sneakers", "glasses": "yes", "hat": "cap"},
    **{"carrying": "backpack", "holding": "umbrella", "dragging": "suitcase"},
    **{"handbag": "no", "backpack": "yes", "luggage": "yes"},
    **{"view": "side", "capture_time": "nighttime", "illumination": "dim", "target_clarity": "blurry"},
}


def draw(number, modality):
    """Random values of some of the attributes that a modality shows; a share of them between none and all.

    What a caption cannot tell apart is drawn in one form only: a thing is carried, not said to be a bag too; nothing is denied
    beside a thing, nor a bag where nothing at all is carried; and a lower garment that may be an upper one has one above it.
    """
    share = randomness.uniform(_STREAM, number)
    values = {}
    for place, (name, attribute) in enumerate(PERSON.attributes.items()):
        known = (*attribute.values, *_PHRASES.get(name, ()))
        if modality in attribute.frequency and randomness.uniform(_STREAM, number, place, 0) < share:
            values[name] = known[randomness.integers(len(known), _STREAM, number, place, 1)]
    things = any(values.get(verb, "none") != "none" for verb in VERBS)
    for verb in VERBS:
        if things and values.get(verb) == "none":
            del values[verb]
    for name in BAGS:
        if name in values and (things or values.get("carrying") == "none" or values[name] == "yes"):
            del values[name]
    if values.get("lower_clothing") in PERSON.attributes["upper_clothing"].values:
        values.setdefault("upper_clothing", "shirt")
    return values


def draw_wordings(number, values):
    """The values with random choices of the wordings that change their caption."""
    age, hair, thing = values.get("age", ""), {"hair_length", "hair_style"} & set(values), values.get("carrying", "none")
    denied = [verb for verb in VERBS if values.get(verb) == "none"]
    lone = len(denied) == 1 and not set(BAGS) & set(values)
    changes = {
        wording.ARTICLE: "a" if age == "adult" else "",
        wording.GLASSES: "participle" if hair and "glasses" in values else "",
        wording.LOWER: "bare" if values.get("lower_clothing", "trousers") in {"skirt", "dress"} else "",
        wording.CARRYING: "bare" if thing in {"backpack", "handbag"} else "none" if lone else "",
    }
    kept = {
        key: choice
        for place, (key, choice) in enumerate(changes.items())
        if choice and randomness.uniform(_STREAM, number, -1, place) < 0.5
    }
    return {**values, **kept}
