"""The wording of captions of persons: from what is told to sentences, in the manner of NEXT-Text."""

from __future__ import annotations

from collections.abc import Mapping

from ...batch import Caption
from ..telling import Told, article, join

_ODD_TONES = {
    ("light", "black"): "faded black",
    ("dark", "black"): "deep black",
    ("light", "white"): "bright white",
    ("dark", "white"): "cream white",
}
"""Shades of black and white, which nobody calls light or dark."""


def compose(told: Told) -> Caption:
    """Three to five sentences."""
    subject = {"male": "He", "female": "She"}.get(told.words.get("gender", ""), "The person")
    optional = [_clothes(told, subject), _head(told, subject), _carried(told, subject)]
    middle = [sentence for sentence in optional if sentence] or [f"{subject} is mostly hidden."]
    return (_opening(told), *middle, f"The image appears {'blurry' if told.blurry else 'clear'}.")


def tone(words: Mapping[str, str], garment: str) -> str:
    """The colour of a garment with its shade, as in "light blue"; empty where it is not told."""
    colour, shade = words.get(f"{garment}_colour", ""), words.get(f"{garment}_shade", "")
    return _ODD_TONES.get((shade, colour), join(shade, colour)) if colour else ""


def _opening(told: Told) -> str:
    who = join(told.words.get("age", ""), told.words.get("gender", "")) or "person"
    light = f" during {told.light[0]} in {told.light[1]} lighting" if told.light else ""
    return f"{article(who).capitalize()} seen from the {told.view}{light}."


def _clothes(told: Told, subject: str) -> str:
    words = told.words
    worn = []
    if "upper" in words:
        nature = join(words.get("upper_warmth", ""), words.get("upper_fabric", ""))
        worn.append(article(join(nature, tone(words, "upper"), words.get("upper_pattern", ""), words["upper"])))
    if "lower" in words:
        nature = join(words.get("lower_warmth", ""), words.get("lower_fabric", ""))
        lower = join(nature, tone(words, "lower"), words["lower"])
        worn.append(article(lower) if words["lower"] == "skirt" else lower)
    shoes = join(words.get("footwear_colour", ""), words["footwear"]) if "footwear" in words else ""
    if not worn:
        return f"{subject} is wearing {shoes}." if shoes else ""
    if not shoes and told.style % 3 == 0:
        shoes = "unidentifiable footwear"
    return f"{subject} is wearing {' with '.join(worn)}{f', paired with {shoes}' if shoes else ''}."


def _head(told: Told, subject: str) -> str:
    words = told.words
    glasses = words.get("glasses", "")
    if "hair_length" not in words:
        return f"{subject} is {glasses}." if glasses else ""
    hair = join(words["hair_length"], words.get("hair_style", ""), words.get("hair_colour", ""), "hair").capitalize()
    cap = " under a cap" if words.get("hat") else ""
    who = "" if told.style % 5 == 0 else f"{subject.lower()} is "
    return f"{hair}{cap}{f' and {who}{glasses}' if glasses else ''}."


def _carried(told: Told, subject: str) -> str:
    words = told.words
    things = []
    if words.get("bag"):
        bag = article(join(words.get("bag_colour", ""), words["bag"]))
        things.append(f"{'dragging' if words['bag'] == 'suitcase' else 'carrying'} {bag}")
    if words.get("held"):
        things.append(f"holding {article(words['held'])}")
    if things:
        return f"{subject} is {' and '.join(things)}."
    return f"{subject} is not carrying a bag." if "bag" in words and told.style % 2 else ""
