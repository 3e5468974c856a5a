"""Patterns of known values, and of what stands where a value could not be seen."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..composition import wording
from ..schema.attribute import UNKNOWN, Schema
from ..schema.person import PERSON

REASON = "|".join(wording.CHOICES[wording.UNSEEN][1:])


def any_of(name: str, schema: Schema = PERSON) -> str:
    """Pattern of the known values of an attribute, so that the longest that fits is found."""
    return "|".join(re.escape(value) for value in sorted(schema.attributes[name].values, key=len, reverse=True))


def stated(found: Mapping[str, str | None]) -> dict[str, str]:
    """Values that were found, a reason (pattern `REASON`) replaced by `UNKNOWN` and a wording."""
    values: dict[str, str] = {}
    for name, value in found.items():
        if value and re.fullmatch(REASON, value):
            values |= {name: UNKNOWN, wording.UNSEEN: value}
        elif value:
            values[name] = value
    return values
