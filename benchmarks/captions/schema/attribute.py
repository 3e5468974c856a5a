"""Attributes of an object and of the moment it was seen at (NEXT, section IV-A), and what an annotator says of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Literal

from pydantic import Field

from ...common.settings import Settings

UNKNOWN = "unknown"
"""The value of an attribute of which an annotator cannot say anything."""


class Group(str, Enum):
    """The groups of Figure 5."""

    APPEARANCE = "appearance"
    CLOTHING = "clothing"
    ACCESSORIES = "accessories"
    PARTS = "parts"
    """Of a vehicle."""
    ENVIRONMENT = "environment"


class Frequency(str, Enum):
    """How fine the detail is that tells an attribute in a modality (NEXT, section IV-B)."""

    LOW = "low"
    """Told by large areas, as a colour or the light: the modality's own word stands."""
    HIGH = "high"
    """Told by fine detail, as what is carried: rechecked against the other modalities."""


@dataclass(frozen=True)
class AttributeType:
    """One attribute."""

    name: str
    group: Group
    values: tuple[str, ...]
    """Known values, the most common first."""
    frequency: Mapping[str, Frequency]
    """By modality; a modality that is not named cannot show the attribute, and its captions do not state it."""
    meaning: str
    """What is asked for, in words for the instruction of an annotator."""
    open: bool = False
    """Whether a short phrase that is not among the values is a value too."""


@dataclass(frozen=True)
class Schema:
    """The attributes of one kind of objects."""

    object: Literal["person", "vehicle"]
    attributes: Mapping[str, AttributeType]
    """By name, in the order in which they are asked for."""

    def shown_in(self, modality: str) -> dict[str, AttributeType]:
        """Those that a modality can show."""
        return {name: kind for name, kind in self.attributes.items() if modality in kind.frequency}


class Observed(Settings):
    """What one annotator says of one attribute of one image."""

    value: str
    """A known value, a short phrase where the attribute is open, or `UNKNOWN`."""
    confidence: float = Field(ge=0, le=1)
    annotator: str


AttributeSet = Mapping[str, Observed]
"""What is said of one image, by name of the attribute; what is not asked or not answered has no entry."""


@dataclass(frozen=True, order=True)
class ImageKey:
    """Which image a caption is of, as published caption files are keyed: base names alone are not unique."""

    split: str
    """"train" or "test"."""
    modality: str
    item: str
    """File name, the same in each modality."""
