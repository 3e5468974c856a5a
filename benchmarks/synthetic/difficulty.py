"""How hard the embedded benchmark is: every constant that moves the scores, in one place."""

from __future__ import annotations

from pydantic import Field, model_validator

from ..common.settings import Settings
from .attributes import PERSON


class Difficulty(Settings):
    """How alike the identities are, and how much the images are disturbed."""

    group_size: int = Field(5, ge=1)
    """Identities that share colours and garments."""
    differences: int = Field(3, ge=1)
    """Attributes in which each identity departs from its group; no two of a group depart in the same ones."""
    dusk: float = Field(0.2, ge=0, le=1)
    """Share of visits at dusk."""
    night: float = Field(0.2, ge=0, le=1)
    """Share of visits at night, when colour is nearly lost."""
    dusk_light: float = Field(0.6, gt=0, le=1)
    """Mean light at dusk, where the day's is 1."""
    night_light: float = Field(0.32, gt=0, le=1)
    """Mean light at night, where the day's is 1."""
    flare: float = Field(0.15, ge=0, le=1)
    """Share of samples with headlights in the picture (RGB and NIR)."""
    noise: float = Field(0.02, ge=0)
    """Standard deviation of the pixel noise of RGB and NIR, of a full scale of 1."""
    night_noise: float = Field(0.04, ge=0)
    """The same for RGB at night."""
    thermal_noise: float = Field(0.012, ge=0)
    """The same for TIR."""
    occlusion: float = Field(0.15, ge=0, le=1)
    """Share of samples with something in front of the person."""
    blur: float = Field(0.15, ge=0, le=1)
    """Share of images, each modality by itself, that are out of focus."""
    misalignment: int = Field(1, ge=0)
    """Largest shift of NIR and TIR against RGB, in pixels of an image of 64 rows."""
    horizontal_jitter: float = Field(0.10, ge=0)
    """Largest distance of the person from the middle, in widths of the image."""
    vertical_jitter: float = Field(0.05, ge=0)
    """Largest distance of the person from where it would stand centred, in heights of the image."""
    smallest: float = Field(0.76, gt=0)
    """Height of the smallest person, in heights of the image."""
    largest: float = Field(0.96, gt=0)
    """Height of the largest person, in heights of the image."""
    camera_response: float = Field(0.10, ge=0, lt=1)
    """Largest deviation of a camera's colour gains from 1."""
    mention: float = Field(0.9, ge=0, le=1)
    """Probability that a caption names a detail that can be seen."""

    @model_validator(mode="after")
    def _enough_attributes(self) -> Difficulty:
        available = sum(attribute.distinguishes for attribute in PERSON.values())
        if self.group_size * self.differences > available:
            raise ValueError(f"group_size x differences is {self.group_size * self.differences}; at most {available} fit")
        return self


STANDARD = Difficulty()
