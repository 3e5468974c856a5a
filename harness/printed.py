"""What papers print of captions, size, cost and speed: shown beside what is measured, never held against it."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, field_validator

from .reference import read_figures


class _Printed(BaseModel):
    """A row of a CSV file, in which an empty cell is what is not printed."""

    source: str
    benchmark: str

    @field_validator("*", mode="before")
    @classmethod
    def _nothing(cls, value: Any) -> Any:
        return None if value == "" else value


class PrintedCaptions(_Printed):
    """Words and unknown rate of a caption set (NEXT, Fig. 2)."""

    captions: str
    modality: str
    """RGB, NIR, TIR or `all`."""
    words: int
    unknown_rate_percent: float
    mean_words: float | None


class PrintedQuality(_Printed):
    """Metrics in percent by caption set and share of clean words (NEXT, Table V)."""

    captions: str
    quality_percent: float
    method: str
    mAP: float
    R1: float


class PrintedSampling(_Printed):
    """Metrics in percent by sampling probability, and tokens that each semantic expert keeps of a modality (NEXT, Fig. 6)."""

    keep_probability: float
    mAP: float
    R1: float
    patches: int
    """Tokens of an image."""
    modality: str | None
    E1: int | None
    E2: int | None
    E3: int | None


class PrintedEfficiency(_Printed):
    """Size, cost and speed of a method (NEXT, Table VIII)."""

    device: str
    method: str
    variant: str
    params_M: float
    gmacs: float
    images_per_second: float


def printed_captions() -> list[PrintedCaptions]:
    """The rows of Fig. 2."""
    return read_figures(PrintedCaptions, "captions")


def printed_quality() -> list[PrintedQuality]:
    """The cells of Table V."""
    return read_figures(PrintedQuality, "caption_quality")


def printed_sampling() -> list[PrintedSampling]:
    """The bars of Fig. 6: a row for each modality where tokens are stated, one without where not."""
    return read_figures(PrintedSampling, "sampling")


def printed_efficiency() -> list[PrintedEfficiency]:
    """Size, cost and speed by method."""
    return read_figures(PrintedEfficiency, "efficiency")
