"""What an attribute of an identity is: its values in words, how often each occurs, and what can show it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum

from ..batch import MODALITIES

RGB_ONLY, NIR_ONLY, TIR_ONLY = ((modality,) for modality in MODALITIES)


class Cue(Enum):
    """What an attribute is told by, which decides when it is lost."""

    SHAPE = "shape"
    """Large enough to outlive blur and darkness."""
    DETAIL = "detail"
    """A few pixels: lost in blur, glare, and darkness."""
    COLOUR = "colour"
    """Lost in glare and darkness."""


@dataclass(frozen=True)
class Attribute:
    """One attribute of an identity."""

    values: tuple[str, ...]
    """A word for each value; empty for a value that has none."""
    weights: tuple[int, ...]
    """How often each value occurs, up to a common factor."""
    region: IntEnum
    """Where it is seen."""
    cue: Cue = Cue.SHAPE
    modalities: tuple[str, ...] = MODALITIES
    """Those that can show it at all."""
    distinguishes: bool = False
    """Whether identities of a group may differ in it."""
    published: bool = False
    """Whether the weights are shares in the published captions (`docs/embedded.md`), not chosen here."""
