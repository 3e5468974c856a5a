"""The parser: attributes that a caption in the published style states."""

from __future__ import annotations

from ...common.errors import unknown
from .person import parse_person
from .vehicle import parse_vehicle

PARSERS = {"person": parse_person, "vehicle": parse_vehicle}
"""By kind of objects."""


def parse(object: str, text: str) -> dict[str, str]:
    """Attributes of the schema, and choices of wordings, as `compose` takes them.

    Args:
        object: "person" or "vehicle".
        text: the caption.

    Raises:
        InputError: there is no such kind.
        Unparsed: the caption is not in the published style.
    """
    if object not in PARSERS:
        raise unknown("kind of objects", object, PARSERS)
    return PARSERS[object](text)
