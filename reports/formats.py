"""How numbers are written."""

from __future__ import annotations

import math

from harness.statistics import LEVEL, Interval, SeedSummary

from .table import NOTHING

LEVEL_TEXT = f"{100 * LEVEL:.0f} %"


def fixed(value: float, digits: int = 1) -> str:
    """A number with a fixed count of digits and a true minus sign; a dash where it is not a number."""
    return NOTHING if math.isnan(value) else f"{value:.{digits}f}".replace("-", "−")


def plus_minus(summary: SeedSummary, scale: float = 100, digits: int = 1) -> str:
    """Mean ± standard deviation; the mean alone for a single seed.

    Args:
        summary: over seeds.
        scale: 100 for a fraction in percent.
        digits: after the point.
    """
    mean = fixed(scale * summary.mean, digits)
    return mean if math.isnan(summary.deviation) else f"{mean} ± {fixed(scale * summary.deviation, digits)}"


def bounds(interval: Interval) -> str:
    """An interval of a fraction in percent, as in "[80.1, 84.5]"; a dash where it is not known."""
    if math.isnan(interval.low):
        return NOTHING
    return f"[{fixed(100 * interval.low)}, {fixed(100 * interval.high)}]"


def signed(value: float) -> str:
    """A fraction in percent points with its sign."""
    return NOTHING if math.isnan(value) else f"{100 * value:+.1f}".replace("-", "−")


def short(digest: str) -> str:
    """The first characters of a digest; a dash where there is none."""
    return digest[:8] or NOTHING


def counted(count: int, noun: str, plural: str = "") -> str:
    """A count with its noun, as in "1 query", "2 queries"."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def listed(values: list[str]) -> str:
    """Values in words, as in "a, b and c"."""
    return " and ".join([", ".join(values[:-1]), values[-1]] if len(values) > 1 else values)


def shortened(text: str, length: int) -> str:
    """A name cut in its middle where it is too long to be drawn."""
    if len(text) <= length:
        return text
    kept = length - 1
    return f"{text[: kept - kept // 2]}…{text[len(text) - kept // 2 :]}"
