"""Reading what a person wears."""

from __future__ import annotations

import re

from ..composition import wording
from ..composition.english import with_article
from .colours import is_colour
from .unparsed import Unparsed
from .words import REASON, any_of, stated

_GARMENTS = {
    place: re.compile(
        rf"(?P<whole>(?:(?P<{place}_clothing_colour>.+?) )??"
        rf"(?:(?P<{place}_clothing>{any_of(f'{place}_clothing')})|{place} garment))"
    )
    for place in ("upper", "lower")
}
_FOOTWEAR = re.compile(
    rf"(?:(?P<footwear_style>{any_of('footwear_style')}|{REASON}) )?(?:(?P<footwear>{any_of('footwear')}|{REASON})|footwear)"
)


def parse_clothes(text: str) -> dict[str, str]:
    """Attributes that a sentence states after its subject and "is wearing".

    Raises:
        Unparsed: the published style has no such wording.
    """
    worn, paired, feet = text.partition(", paired with ")
    if not paired and _FOOTWEAR.fullmatch(worn):
        return _footwear(worn)
    parts = worn.split(" with ")
    if len(parts) > 2:
        raise Unparsed(text, "a pattern or a third garment after 'with'")
    places = ("upper", "lower") if len(parts) == 2 or _GARMENTS["upper"].fullmatch(_noun(worn)) else ("lower",)
    values: dict[str, str] = {}
    for place, part in zip(places, parts, strict=False):
        values |= _garment(part, place)
    return values | (_footwear(feet) if paired else {})


def _noun(text: str) -> str:
    return re.sub(r"^an? ", "", text)


def _garment(text: str, place: str) -> dict[str, str]:
    """Attributes of the garment of a place, "upper" or "lower"."""
    noun = _noun(text)
    match = _GARMENTS[place].fullmatch(noun)
    if not match:
        raise Unparsed(text, f"{place} clothing of no known type")
    found = match.groupdict()
    whole, colour = found.pop("whole"), found[f"{place}_clothing_colour"]
    if colour and not is_colour(colour):
        raise Unparsed(text, f"no short phrase of colours before the {place} clothing")
    values = stated(found)
    if text == with_article(whole):
        return values
    if text == noun and place == "lower":
        return values | {wording.LOWER: "bare"}
    raise Unparsed(text, f"article of the {place} clothing")


def _footwear(text: str) -> dict[str, str]:
    """Style and type of the footwear."""
    match = _FOOTWEAR.fullmatch(text)
    if not match or text == "footwear":
        raise Unparsed(text, _footwear_trouble(text))
    return stated(match.groupdict())


def _footwear_trouble(text: str) -> str:
    """Why a text is no footwear of the published style."""
    if " hair" in text:
        return "hair in the place of footwear"
    if re.search(r"\b(?:un\w+|in\w+|none|n/a)\b", text):
        return "another reason for unseen footwear"
    styles = re.findall(rf"\b(?:{any_of('footwear_style')})\b", text)
    return "two styles of footwear" if len(styles) > 1 else "footwear of no known style or type"
