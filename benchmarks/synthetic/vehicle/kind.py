"""Vehicles as a kind of objects."""

from typing import Final

from ..kind import Kind
from .attributes import Region
from .painting import parts
from .phrases import compose
from .visibility import views, visibility

VEHICLES: Final = Kind(
    regions=Region,
    parts=parts,
    visibility=visibility,
    views=views,
    compose=compose,
    always=frozenset({"type", "brand", "colour", "windows", "roof"}),
)
