"""The schema of each kind of objects."""

from __future__ import annotations

from ...common.errors import unknown
from .attribute import Schema
from .person import PERSON
from .vehicle import VEHICLE

SCHEMAS: dict[str, Schema] = {schema.object: schema for schema in (PERSON, VEHICLE)}
"""By name of the kind."""


def schema_of(object: str) -> Schema:
    """The attributes of a kind of objects, "person" or "vehicle".

    Raises:
        InputError: there is no such kind.
    """
    if object not in SCHEMAS:
        raise unknown("kind of objects", object, SCHEMAS)
    return SCHEMAS[object]
