"""How a simulated annotator sees, errs, and states its confidence."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import Field, field_validator

from ...batch import MODALITIES
from ...common.settings import Settings, parse
from ..annotators.settings import check_names
from ..schema.attribute import Group


class SimulatedSettings(Settings):
    """One simulated annotator."""

    name: str = Field(min_length=1)
    accuracy: dict[Group, float]
    """Mean probability, of each group of attributes, that what it says of a visible attribute in RGB is right."""
    loss: dict[str, float]
    """What is taken off the accuracy in each modality; infrared looks strange to models that grew up on colour."""
    spread: float = Field(0.1, ge=0, le=1)
    """Largest distance of an answer's own probability from the mean: some images are easy, others are not."""
    miss: float = Field(0.05, ge=0, le=1)
    """Probability that it calls a visible attribute unknown."""
    guess: float = Field(0.3, ge=0, le=1)
    """Probability that it guesses, all values alike, an attribute that is not visible, rather than calling it unknown."""
    sharpness: float = Field(1.0, ge=0)
    """Slope of the stated confidence over the probability to be right, both as logits: 1 is calibrated, less too flat."""
    bias: float = 0.0
    """What is added to that logit: 0 is calibrated, more is overconfident."""
    unknown_confidence: tuple[float, float] = (0.5, 1.0)
    """Range, all values alike, of the confidence stated with an unknown: how sure it is that nothing can be told."""

    @field_validator("accuracy")
    @classmethod
    def _every_group(cls, value: dict[Group, float]) -> dict[Group, float]:
        if missing := [group.value for group in Group if group not in value]:
            raise ValueError(f"no accuracy of {', '.join(missing)}")
        return _shares(value)

    @field_validator("loss")
    @classmethod
    def _every_modality(cls, value: dict[str, float]) -> dict[str, float]:
        if sorted(value) != sorted(MODALITIES):
            raise ValueError(f"give the loss of each of {', '.join(MODALITIES)}")
        return _shares(value)

    @field_validator("unknown_confidence")
    @classmethod
    def _range(cls, value: tuple[float, float]) -> tuple[float, float]:
        if not 0 <= value[0] <= value[1] <= 1:
            raise ValueError("give a range inside [0, 1]")
        return value


def _shares(value: dict[Any, float]) -> dict[Any, float]:
    for key, share in value.items():
        if not 0 <= share <= 1:
            raise ValueError(f"{share} for {getattr(key, 'value', key)} is not in [0, 1]")
    return value


def _groups(appearance: float, clothing: float, accessories: float, parts: float, environment: float) -> dict[Group, float]:
    return dict(zip(Group, (appearance, clothing, accessories, parts, environment), strict=True))


SHARP_ON_CLOTHES: Final = SimulatedSettings(
    name="simulated-a",
    accuracy=_groups(appearance=0.92, clothing=0.90, accessories=0.80, parts=0.88, environment=0.80),
    loss={"RGB": 0.0, "NIR": 0.05, "TIR": 0.12},
    bias=0.8,
)
"""As Figure 5 has it of GPT-4o: better at appearance and clothing. Overconfident throughout."""
SHARP_ON_ACCESSORIES: Final = SimulatedSettings(
    name="simulated-b",
    accuracy=_groups(appearance=0.82, clothing=0.80, accessories=0.92, parts=0.82, environment=0.93),
    loss={"RGB": 0.0, "NIR": 0.03, "TIR": 0.08},
    guess=0.15,
    sharpness=0.6,
    bias=0.3,
)
"""As it has it of Qwen-VL: better at accessories and environment. States confidences that are too much alike."""
ANNOTATORS: Final = (SHARP_ON_CLOTHES, SHARP_ON_ACCESSORIES)
"""The two of `--annotators simulated`, in their order."""


class _SimulatedFile(Settings):
    simulated: tuple[SimulatedSettings, ...] = Field(min_length=1)


def read_simulated(path: Path) -> tuple[SimulatedSettings, ...] | None:
    """The simulated annotators of a YAML file with a list `simulated`; None where the file is none or has no such list.

    Raises:
        InputError: the list is wrong, or two annotators share a name.
    """
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return None  # whoever reads it as a file of endpoints next says what is wrong with it
    if not isinstance(values, dict) or "simulated" not in values:
        return None
    found = parse(_SimulatedFile, {str(key): value for key, value in values.items()}, str(path)).simulated
    check_names([settings.name for settings in found], f"{path}: ")
    return found
