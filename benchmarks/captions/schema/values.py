"""Which values an attribute may have: the known ones, and short phrases where it is open."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ...common.errors import InputError, unknown
from .attribute import UNKNOWN, AttributeType, Schema

WORDING = "wording."
"""What begins with it is no attribute, but a choice among wordings of the same content."""

LONGEST_PHRASE = 40
"""Characters of a phrase."""
MOST_WORDS = 6

_LETTER = "A-Za-zÀ-ÖØ-öø-ÿ0-9"
_WORD = rf"[(]?[{_LETTER}][{_LETTER}'/-]*[)]?"
_PHRASE = re.compile(rf"{_WORD}(?: {_WORD}){{0,{MOST_WORDS - 1}}}")


def is_phrase(text: str) -> bool:
    """Whether a text is a short phrase: a few words in Latin letters, no comma, no end of a sentence."""
    return len(text) <= LONGEST_PHRASE and _PHRASE.fullmatch(text) is not None


def is_value(attribute: AttributeType, value: str) -> bool:
    """Whether an attribute may have a value; `UNKNOWN` is one of any attribute."""
    return value == UNKNOWN or value in attribute.values or (attribute.open and is_phrase(value))


def attributes_of(values: Mapping[str, str]) -> dict[str, str]:
    """The values without choices of wordings."""
    return {name: value for name, value in values.items() if not name.startswith(WORDING)}


def shown_values(schema: Schema, modality: str, values: Mapping[str, str]) -> dict[str, str]:
    """The known values of what a modality can show, in the order of the schema: what its captions state."""
    return {name: values[name] for name in schema.shown_in(modality) if values.get(name, UNKNOWN) != UNKNOWN}


def check_values(schema: Schema, values: Mapping[str, str]) -> None:
    """Hold names and values of attributes against a schema; choices among wordings are left alone.

    Raises:
        InputError: an attribute is none of the schema, or its value is neither known nor a short phrase where that may be.
    """
    for name, value in attributes_of(values).items():
        if name not in schema.attributes:
            raise unknown(f"attribute of a {schema.object}", name, schema.attributes)
        attribute = schema.attributes[name]
        if not is_value(attribute, value):
            phrase = f", a phrase of at most {MOST_WORDS} words and {LONGEST_PHRASE} characters" if attribute.open else ""
            raise InputError(f"{name}: {value!r} is no value of it; one of: {', '.join(attribute.values)}{phrase}")
