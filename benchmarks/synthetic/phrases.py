"""The wording of captions: from what is told to sentences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..batch import Caption

_ODD_TONES = {
    ("light", "black"): "faded black",
    ("dark", "black"): "deep black",
    ("light", "white"): "bright white",
    ("dark", "white"): "cream white",
}
"""Shades of black and white, which nobody calls light or dark."""


@dataclass(frozen=True)
class Told:
    """What one caption tells."""

    words: Mapping[str, str]
    """A word for each attribute that is told; an attribute that is left out has no entry, one without a word has ''."""
    view: str
    light: tuple[str, str] | None
    """Time of day and lighting; None where the modality shows neither."""
    blurry: bool
    style: int
    """A random number that chooses among wordings."""


def compose(told: Told) -> Caption:
    """Three to five sentences."""
    subject = {"male": "He", "female": "She"}.get(told.words.get("gender", ""), "The person")
    optional = [_clothes(told, subject), _head(told, subject), _carried(told, subject)]
    middle = [sentence for sentence in optional if sentence] or [f"{subject} is mostly hidden."]
    return (_opening(told), *middle, f"The image appears {'blurry' if told.blurry else 'clear'}.")


def tone(words: Mapping[str, str], garment: str) -> str:
    """The colour of a garment with its shade, as in "light blue"; empty where it is not told."""
    colour, shade = words.get(f"{garment}_colour", ""), words.get(f"{garment}_shade", "")
    return _ODD_TONES.get((shade, colour), _join(shade, colour)) if colour else ""


def _opening(told: Told) -> str:
    who = _join(told.words.get("age", ""), told.words.get("gender", "")) or "person"
    light = f" during {told.light[0]} in {told.light[1]} lighting" if told.light else ""
    return f"{_article(who).capitalize()} seen from the {told.view}{light}."


def _clothes(told: Told, subject: str) -> str:
    words = told.words
    worn = []
    if "upper" in words:
        nature = _join(words.get("upper_warmth", ""), words.get("upper_fabric", ""))
        worn.append(_article(_join(nature, tone(words, "upper"), words.get("upper_pattern", ""), words["upper"])))
    if "lower" in words:
        nature = _join(words.get("lower_warmth", ""), words.get("lower_fabric", ""))
        lower = _join(nature, tone(words, "lower"), words["lower"])
        worn.append(_article(lower) if words["lower"] == "skirt" else lower)
    shoes = _join(words.get("footwear_colour", ""), words["footwear"]) if "footwear" in words else ""
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
    hair = _join(words["hair_length"], words.get("hair_style", ""), words.get("hair_colour", ""), "hair").capitalize()
    cap = " under a cap" if words.get("hat") else ""
    who = "" if told.style % 5 == 0 else f"{subject.lower()} is "
    return f"{hair}{cap}{f' and {who}{glasses}' if glasses else ''}."


def _carried(told: Told, subject: str) -> str:
    words = told.words
    things = []
    if words.get("bag"):
        bag = _article(_join(words.get("bag_colour", ""), words["bag"]))
        things.append(f"{'dragging' if words['bag'] == 'suitcase' else 'carrying'} {bag}")
    if words.get("held"):
        things.append(f"holding {_article(words['held'])}")
    if things:
        return f"{subject} is {' and '.join(things)}."
    return f"{subject} is not carrying a bag." if "bag" in words and told.style % 2 else ""


def _join(*words: str) -> str:
    return " ".join(word for word in words if word)


def _article(phrase: str) -> str:
    return f"{'an' if phrase[0] in 'aeiou' else 'a'} {phrase}"
