"""Calibration: whether what is stated with a confidence of 0.8 is right in 80 of 100 cases."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

BINS = 10


@dataclass(frozen=True)
class Bin:
    """Answers whose confidence lies in [low, high); the last bin holds 1 too."""

    low: float
    high: float
    answers: int
    confidence: float
    """Mean; NaN where there is no answer."""
    right: float
    """Share of right answers; NaN where there is none."""


@dataclass(frozen=True)
class Calibration:
    """How well confidence foretells being right."""

    answers: int
    expected_error: float
    """Expected calibration error in [0, 1]: mean distance of a bin's confidence from its share of right answers, weighted by
    its answers (Guo et al., "On calibration of modern neural networks", ICML 2017, Eq. 5). NaN without answers."""
    brier: float
    """Brier score in [0, 1]: mean squared distance of the confidence from 1 (right) or 0 (wrong). NaN without answers."""
    bins: tuple[Bin, ...]


def calibrate(confidence: npt.NDArray[np.float64], right: npt.NDArray[np.bool_], bins: int = BINS) -> Calibration:
    """Hold stated confidences against what was right.

    Args:
        confidence: (n,) in [0, 1].
        right: (n,).
        bins: number of bins of equal width.
    """
    place = np.minimum(np.floor(confidence * bins + 1e-9), bins - 1).astype(np.int64)  # 0.7 * 10 is below 7
    table = tuple(_bin(each, bins, confidence[place == each], right[place == each]) for each in range(bins))
    answers = len(confidence)
    if not answers:
        return Calibration(0, math.nan, math.nan, table)
    error = sum(each.answers * abs(each.confidence - each.right) for each in table if each.answers) / answers
    return Calibration(answers, float(error), float(np.mean((confidence - right) ** 2)), table)


def _bin(number: int, bins: int, confidence: npt.NDArray[np.float64], right: npt.NDArray[np.bool_]) -> Bin:
    low, high, answers = number / bins, (number + 1) / bins, len(confidence)
    if not answers:
        return Bin(low, high, 0, math.nan, math.nan)
    return Bin(low, high, answers, float(confidence.mean()), float(right.mean()))
