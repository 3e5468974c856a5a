"""How hard the embedded benchmark is: every constant that moves the scores, in one place."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import Field

from ..common.settings import Settings

Level = Literal["easy", "standard", "hard"]


class Difficulty(Settings):
    """How alike the identities are, and how much the images are disturbed."""

    group_size: int = Field(5, ge=1)
    """Identities that share colours and garments."""
    differences: int = Field(3, ge=1)
    """Attributes in which each identity departs from its group; no two of a group depart in the same ones."""
    variety: float = Field(0.0, ge=0, le=1)
    """How varied identities are: 0 draws attributes as often as their weights say, 1 all values equally often."""
    dusk: float = Field(0.2, ge=0, le=1)
    """Share of sessions at dusk."""
    night: float = Field(0.2, ge=0, le=1)
    """Share of sessions at night, when colour is nearly lost."""
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
    """Share of samples with something in front of the object."""
    blur: float = Field(0.15, ge=0, le=1)
    """Share of images, each modality by itself, that are out of focus."""
    misalignment: int = Field(1, ge=0)
    """Largest shift of NIR and TIR against RGB, in pixels of an image of 64 rows."""
    horizontal_jitter: float = Field(0.10, ge=0)
    """Largest distance from the middle, in widths of the image."""
    vertical_jitter: float = Field(0.05, ge=0)
    """Largest distance from where it would stand centred, in heights of the image."""
    smallest: float = Field(0.76, gt=0)
    """Size of the smallest person or vehicle, in heights (of a vehicle: widths) of the image."""
    largest: float = Field(0.96, gt=0)
    """Size of the largest one."""
    camera_response: float = Field(0.10, ge=0, lt=1)
    """Largest deviation of a camera's colour gains from 1."""
    mention: float = Field(0.9, ge=0, le=1)
    """Probability that a caption names a detail that can be seen."""


STANDARD: Final = Difficulty()
LEVELS: Final[dict[Level, Difficulty]] = {
    "easy": Difficulty(
        group_size=4,
        differences=4,
        variety=0.5,
        dusk=0.1,
        night=0.1,
        flare=0.05,
        noise=0.012,
        night_noise=0.025,
        occlusion=0.05,
        blur=0.05,
        misalignment=0,
        camera_response=0.05,
    ),
    "standard": STANDARD,
    "hard": Difficulty(
        differences=2,
        dusk=0.2,
        night=0.4,
        flare=0.25,
        noise=0.03,
        night_noise=0.06,
        thermal_noise=0.02,
        occlusion=0.3,
        blur=0.3,
        misalignment=2,
        horizontal_jitter=0.14,
        smallest=0.66,
        camera_response=0.16,
        mention=0.75,
    ),
}
"""What `benchmark.difficulty` can be. Only `standard` carries reference figures."""
