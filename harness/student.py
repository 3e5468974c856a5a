"""Student's t distribution for whole degrees of freedom."""

from __future__ import annotations

import math

_BISECTIONS = 200
"""Enough to halve any bracket down to the spacing of floating-point numbers."""


def t_cdf(value: float, degrees: int) -> float:
    """Probability of a value at most this large.

    The finite series of Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.3 (odd) and 26.7.4 (even degrees).

    Raises:
        ValueError: `degrees` is below 1.
    """
    if degrees < 1:
        raise ValueError(f"{degrees} degrees of freedom; at least 1 is needed")
    angle = math.atan(value / math.sqrt(degrees))
    sine, cosine = math.sin(angle), math.cos(angle)
    odd = degrees % 2
    term, total = (cosine, 0.0) if odd else (1.0, 0.0)
    for power in range(odd, degrees - 1, 2):  # the power of the cosine in the term
        total += term
        term *= cosine**2 * (power + 1) / (power + 2)
    inside = 2 / math.pi * (angle + sine * total) if odd else sine * total
    return (1 + inside) / 2


def t_quantile(probability: float, degrees: int) -> float:
    """The value that a share of `probability` lies below.

    Args:
        probability: in (0, 1).
        degrees: of freedom, at least 1.

    Raises:
        ValueError: an argument is out of its range.
    """
    if not 0 < probability < 1:
        raise ValueError(f"probability {probability}; expected one between 0 and 1")
    if probability < 0.5:
        return -t_quantile(1 - probability, degrees)
    low, high = 0.0, 1.0
    while t_cdf(high, degrees) < probability:
        low, high = high, 2 * high
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        low, high = (middle, high) if t_cdf(middle, degrees) < probability else (low, middle)
    return (low + high) / 2
