"""Which phrases before a garment are colours."""

from __future__ import annotations

import re

from ..schema.colours import HUES
from ..schema.values import is_phrase

_TONES = ("dark", "light", "bright", "pale", "deep", "off")
_PATTERNS = ("striped", "stripes", "plaid", "checked")
_BETWEEN = ("color", "colour", "colored", "coloured", "and", "or", "possibly", "likely")

_TONE = "|".join(_TONES)
_WORD = rf"(?:(?:{_TONE})-)?(?:(?:{'|'.join(HUES)})(?:ish)?|{'|'.join((*_TONES, *_PATTERNS, *_BETWEEN))})(?:-colou?red)?"
_PHRASE = re.compile(rf"[(]?{_WORD}[)]?(?: [(]?{_WORD}[)]?)*")


def is_colour(text: str) -> bool:
    """Whether a text is a short phrase of hues, tones and patterns, as in "dark (possibly black or dark blue)"."""
    return is_phrase(text) and _PHRASE.fullmatch(text) is not None
