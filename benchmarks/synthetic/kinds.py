"""The kinds of objects by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .draws import Object
from .kind import Kind
from .person.kind import PERSONS
from .vehicle.kind import VEHICLES
from .world import World

_KINDS: Final[Mapping[Object, Kind]] = {"person": PERSONS, "vehicle": VEHICLES}


def kind_of(world: World) -> Kind:
    """The kind of a world's objects."""
    return _KINDS[world.object]
