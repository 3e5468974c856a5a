"""A decision on one attribute of one image, with everything that it was made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from ..schema.attribute import UNKNOWN, Observed


class Decision(str, Enum):
    """How a value came about."""

    MERGED = "merged"
    """The most confident annotator of the modality itself."""
    RECHECKED = "rechecked"
    """The same, though unknown or unsure, because no other modality knows better."""
    COMPLETED = "completed"
    """The word of another modality, which knows better."""


class Verdict(str, Enum):
    """Why a candidate was taken or not."""

    CHOSEN = "chosen"
    LESS_CONFIDENT = "less confident"
    UNKNOWN_AT_TIE = "as confident, but unknown"
    LATER_AT_TIE = "as confident, but later in the order"
    UNKNOWN = "unknown"
    OVERRULED = "unsure or unknown here, another modality knows better"
    NOT_SHOWN = "the modality cannot show it"


@dataclass(frozen=True)
class Candidate:
    """What was said, and what became of it."""

    value: str
    confidence: float
    """In [0, 1]."""
    annotator: str
    modality: str
    verdict: Verdict

    @classmethod
    def of(cls, said: Observed, modality: str, verdict: Verdict) -> Candidate:
        """What an annotator said in a modality, with its verdict."""
        return cls(said.value, said.confidence, said.annotator, modality, verdict)


@dataclass(frozen=True)
class Decided:
    """The value of an attribute of an image, and where it is from."""

    value: str
    confidence: float
    """In [0, 1]: that of the annotator whose word it is."""
    annotator: str
    modality: str
    """In which the annotator saw it: another than the image's where it was completed."""
    decision: Decision
    candidates: tuple[Candidate, ...]
    """The modality's own first, in the order of the annotators, then those of other modalities that were asked."""

    @property
    def known(self) -> bool:
        """Whether it is a value."""
        return self.value != UNKNOWN


@dataclass(frozen=True)
class Aggregated:
    """What is decided of one image."""

    attributes: Mapping[str, Decided]
    """By name, in the order of the schema."""
    left_out: Mapping[str, tuple[Candidate, ...]]
    """What annotators said of attributes that the modality cannot show."""

    @property
    def values(self) -> dict[str, str]:
        """What a caption is composed of."""
        return {name: decided.value for name, decided in self.attributes.items()}
