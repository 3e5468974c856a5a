"""Which modalities show an attribute, and how fine its detail is there."""

from __future__ import annotations

from collections.abc import Mapping

from ...batch import MODALITIES
from .attribute import Frequency

LOW: Mapping[str, Frequency] = dict.fromkeys(MODALITIES, Frequency.LOW)
HIGH: Mapping[str, Frequency] = dict.fromkeys(MODALITIES, Frequency.HIGH)
COLOUR: Mapping[str, Frequency] = {"RGB": Frequency.LOW}
"""Infrared shows none."""
LIGHT: Mapping[str, Frequency] = {"RGB": Frequency.LOW, "NIR": Frequency.LOW}
"""A thermal camera sees what is warm, not what is lit: it tells neither how bright it is nor the time of the day."""
