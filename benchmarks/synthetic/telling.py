"""What a caption tells, before it is put into words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


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


def join(*words: str) -> str:
    """Words that are not empty, with spaces between."""
    return " ".join(word for word in words if word)


def article(phrase: str) -> str:
    """A phrase with its indefinite article."""
    return f"{'an' if phrase[0] in 'aeiou' else 'a'} {phrase}"
