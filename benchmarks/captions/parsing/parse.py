"""The parser: attributes that a caption in the published style states."""

from __future__ import annotations

from ...common.errors import unknown
from ..schema.kinds import schema_of
from ..schema.values import attributes_of, is_value
from .person import parse_person
from .unparsed import Unparsed
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
    values = PARSERS[object](text)
    attributes = schema_of(object).attributes
    for name, value in attributes_of(values).items():
        if not is_value(attributes[name], value):
            raise Unparsed(text, f"no known value of {name}")
    return values
