"""Words of a caption as NEXT counts them (Fig. 2), and whether one says that something is not known."""

from __future__ import annotations

import string

UNKNOWN_WORDS = frozenset({"none", "unknown", "unclear"})
"""Words of captions "containing 'none,' 'unknown,' or 'unclear' words" (NEXT, Fig. 2)."""


def words(text: str) -> list[str]:
    """What stands between spaces, punctuation left on; the published word counts are of these."""
    return text.split()


def plain(word: str) -> str:
    """A word in small letters, without the punctuation around it; empty where it is nothing else."""
    return word.strip(string.punctuation).lower()


def says_unknown_published(text: str) -> bool:
    """Whether a word is one of the three as it stands: "unknown" is, "Unknown" and "unknown." are not.

    By this definition the published rates of IDEA-Text come out to the printed digit.
    """
    return not UNKNOWN_WORDS.isdisjoint(words(text))


def says_unknown_strict(text: str) -> bool:
    """Whether a word is one of the three in any case and with any punctuation around it."""
    return not UNKNOWN_WORDS.isdisjoint(map(plain, words(text)))
