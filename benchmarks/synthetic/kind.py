"""What differs between persons and vehicles: how they are painted, seen and described."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum

from ..batch import Caption
from .draws import Bools, Ints
from .parts import Part
from .telling import Told
from .world import World


@dataclass(frozen=True)
class Kind:
    """One kind of objects."""

    regions: type[IntEnum]
    """Where attributes are seen; parts belong to one of the first five."""
    parts: Callable[[World, Ints], Iterator[Part]]
    """All parts of some samples (B,), from the hindmost to the foremost."""
    visibility: Callable[[World, Ints], dict[str, Bools]]
    """For each attribute, in which modalities (n, M) of some samples (n,) it can be seen."""
    views: Callable[[World, Ints], Sequence[str]]
    """From where some samples (n,) are seen, in words."""
    compose: Callable[[Told], Caption]
    """From what is told to sentences."""
    always: frozenset[str]
    """Attributes that a caption names whenever they can be seen."""
