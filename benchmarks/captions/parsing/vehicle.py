"""Attributes of a vehicle from a caption in the style of NEXT-Text on MSVR310."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..composition.vehicle import FITTINGS, GRILLE_JOINT
from ..schema.values import is_value
from ..schema.vehicle import VEHICLE
from ..sentences import split_sentences
from .unparsed import Unparsed
from .words import any_of

_OPENING = re.compile(
    r"An? (?P<what>.+?)(?: viewed from the (?P<view>\S+))?(?: in (?P<light>\S+(?: \S+)?) light)?"
    r"(?: \(image appears (?P<target_clarity>\S+)\))?\."
)
_WHAT = re.compile(
    rf"(?:(?P<colour>{any_of('colour', VEHICLE)}) )?(?:(?P<brand>.+) )?(?:(?P<type>{any_of('type', VEHICLE)})|vehicle)"
)
_PARTS: Mapping[str, tuple[str, ...]] = {
    "wear": ("wear",),
    "windows": ("window_tint", "windows"),
    "bumpers": ("bumpers",),
    "headlights": ("headlights_lit", "headlights"),
    "taillights": ("taillights",),
    "grille": ("grille",),
    "edges": ("grille_edges",),
    "roof": ("roof_surface", "roof"),
    "tires": ("tire_wear", "tire_size", "tires"),
    "light": ("illumination", "capture_time"),
}
"""What the adjectives of each noun are values of; no value belongs to two attributes of one noun."""

_SENTENCE_OF_PARTS = re.compile(r"(?:The vehicle (?:shows|has|features)|It features|The) (?P<parts>.+)\.")
_JOINT = re.compile(r"( with|, complemented by| and| sitting above| sits? above| above) ")
_PART = re.compile(rf"(?:an? )?(?P<adjectives>(?:\S+ )*)(?P<noun>{'|'.join(_PARTS)})")

_UNSEEN = re.compile(
    r"(?<!\S)(?:N/A|n/a|none[_ ]visible|unclear|undefined|unspecified|unidentifiable from image|unknown)(?!\S)"
)
"""Words of published captions for what an annotator could not see: the attribute is left out."""


def parse_vehicle(text: str) -> dict[str, str]:
    """Values by name of the attribute, and of the options of wording where these are not the default.

    Sentences after the first may stand in any order, "a" and "an" are the same, and so are the words by which a roof sits
    above tires; `compose_vehicle` writes one form of each. A part that is named without anything known of it is passed over.

    Raises:
        Unparsed: a sentence has another form, or a word is no value of its attribute.
    """
    reading = _Reading(text)
    opening, *rest = split_sentences(text) or ("",)
    reading.read_opening(opening)
    for sentence in rest:
        reading.read(sentence)
    return reading.values


class _Reading:
    """What has been read of one caption."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.values: dict[str, str] = {}

    def read_opening(self, sentence: str) -> None:
        """Colour, brand, type and the moment."""
        if (match := _OPENING.fullmatch(sentence)) is None:
            raise Unparsed(self.text, "another form of the first sentence")
        self._read_what(match["what"])
        for name in ("view", "target_clarity"):
            if match[name]:
                self._add(name, match[name])
        if match["light"]:
            self._read_adjectives("light", match["light"])

    def read(self, sentence: str) -> None:
        """Any other sentence."""
        for name, form in FITTINGS.items():
            before, after = form.split("{}")
            if sentence.startswith(before) and sentence.endswith(after):
                return self._add(name, sentence[len(before) : -len(after)])
        if (match := _SENTENCE_OF_PARTS.fullmatch(sentence)) is None:
            raise Unparsed(self.text, "another form of a sentence")
        parts = _JOINT.split(match["parts"])
        for joint, part in zip(["", *parts[1::2]], parts[::2], strict=True):
            self._read_part(joint.strip(), part)
        return None

    def _read_what(self, what: str) -> None:
        """Colour, brand and type, each of which may be left out."""
        if (match := _WHAT.fullmatch(what)) is None:
            raise Unparsed(self.text, "type: no value of it ends the first words")
        for name in ("colour", "brand", "type"):
            if match[name]:
                self._add(name, match[name])

    def _read_part(self, joint: str, part: str) -> None:
        if (match := _PART.fullmatch(part)) is None:
            raise Unparsed(self.text, "a part that no attribute describes")
        self._read_adjectives(match["noun"], match["adjectives"].strip())
        if match["noun"] == "grille" and joint == "and":
            self.values[GRILLE_JOINT] = joint

    def _read_adjectives(self, noun: str, adjectives: str) -> None:
        for adjective in _UNSEEN.sub("", adjectives).split():
            names = [name for name in _PARTS[noun] if adjective in VEHICLE.attributes[name].values]
            if not names:
                raise Unparsed(self.text, f"{' or '.join(_PARTS[noun])}: {adjective!r} is no value of it")
            self._add(names[0], adjective)

    def _add(self, name: str, value: str) -> None:
        if not is_value(VEHICLE.attributes[name], value):
            raise Unparsed(self.text, f"{name}: {value!r} is no value of it")
        if name in self.values:
            raise Unparsed(self.text, f"{name} is told twice")
        self.values[name] = value
