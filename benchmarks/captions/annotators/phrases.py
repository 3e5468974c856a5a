"""Which words may stand as the value of an attribute."""

from __future__ import annotations

import re

MAX_WORDS = 5
MAX_CHARACTERS = 40

_PHRASE = re.compile(r"[A-Za-z0-9]+(?:[ -][A-Za-z0-9]+)*")

_ORDERS = frozenset(
    ("ignore", "disregard", "forget", "override", "instruction", "instructions", "prompt", "assistant", "respond", "output")
)
"""Words that tell a reader what to do and describe no appearance."""

_UNKNOWN_OTHERWISE = frozenset(
    ("unclear", "uncertain", "unsure", "not sure", "not visible", "not shown", "not clear", "cannot tell", "cannot be seen")
    + ("undetermined", "indeterminate", "indistinguishable", "unidentifiable", "unidentified", "unrecognizable", "unknowable")
)


def is_phrase(text: str) -> bool:
    """Whether a text is a short phrase of letters, digits, single spaces and hyphens that gives no orders."""
    words = re.split("[ -]", text)
    fits = len(words) <= MAX_WORDS and len(text) <= MAX_CHARACTERS
    return fits and _PHRASE.fullmatch(text) is not None and not _ORDERS & {word.lower() for word in words}


def says_unknown(text: str) -> bool:
    """Whether a phrase says in other words that nothing can be said."""
    return text.lower() in _UNKNOWN_OTHERWISE
