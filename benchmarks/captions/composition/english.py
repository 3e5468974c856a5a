"""Articles and lists."""

from __future__ import annotations

from collections.abc import Sequence

_VOWELS = tuple("aeiou")
_SPOKEN_WITH_CONSONANT = ("uniform", "unicycle", "unisex", "used ", "utility", "ukulele", "one-", "european")
"""Beginnings that are written with a vowel and take "a"."""
_SPELT = ("SUV", "MG ")
"""Beginnings that are spoken letter by letter, the first one with a vowel, as in "an SUV"."""


def join(*words: str) -> str:
    """Words that are not empty, with spaces between."""
    return " ".join(word for word in words if word)


def article(phrase: str) -> str:
    """The indefinite article before a phrase, "a" or "an"."""
    if phrase.startswith(_SPELT):
        return "an"
    folded = phrase.lower()
    return "an" if folded.startswith(_VOWELS) and not folded.startswith(_SPOKEN_WITH_CONSONANT) else "a"


def takes_article(phrase: str) -> bool:
    """Whether a phrase is a single thing, as "skirt" and "dress" are, and "trousers", "luggage" and "something" are not."""
    words = phrase.split()
    plural = words[-1].endswith("s") and not words[-1].endswith("ss")
    return not plural and words[-1] != "luggage" and words[0] != "something"


def with_article(phrase: str) -> str:
    """A phrase with its indefinite article, where it takes one."""
    return f"{article(phrase)} {phrase}" if takes_article(phrase) else phrase


def listed(parts: Sequence[str], conjunction: str) -> str:
    """Parts as a list, as in "a, b, or c"; two have no comma between."""
    if len(parts) < 3:
        return f" {conjunction} ".join(parts)
    return f"{', '.join(parts[:-1])}, {conjunction} {parts[-1]}"
