"""Random draws of a world: every number is a function of (namespace, draw, name of what is drawn, keys)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ..common import randomness

Namespace = Literal["benchmark", "pretraining"]
"""Which family of worlds: what is drawn in one is never drawn in the other, whatever the draw."""

Object = Literal["person", "vehicle"]
"""What the identities of a world are."""

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Bytes = npt.NDArray[np.uint8]


class Draws:
    """Named streams of random numbers of one world.

    Args:
        object: what the identities are.
        namespace: the family of worlds.
        draw: which world of the family.
    """

    def __init__(self, object: Object, namespace: Namespace, draw: int) -> None:
        self._key = randomness.mix(randomness.stream(f"synthetic_{object}/{namespace}"), draw)

    def keys(self, name: str, *keys: Any) -> randomness.Keys:
        """64 random bits for each combination of the broadcast keys."""
        return randomness.mix(self._key, randomness.stream(name), *keys)

    def uniform(self, name: str, low: float, high: float, *keys: Any) -> Floats:
        """Uniform float32 numbers in [low, high]."""
        unit = randomness.uniform(self._key, randomness.stream(name), *keys)
        return (low + (high - low) * unit).astype(np.float32)

    def chance(self, name: str, probability: float, *keys: Any) -> Bools:
        """True with a probability."""
        return np.asarray(randomness.uniform(self._key, randomness.stream(name), *keys) < probability)

    def integers(self, name: str, high: int, *keys: Any) -> Ints:
        """Uniform integers in [0, high)."""
        return np.asarray(randomness.integers(high, self._key, randomness.stream(name), *keys))

    def choice(self, name: str, weights: Sequence[float], *keys: Any) -> Ints:
        """Positions in a list of weights, each drawn in proportion to its weight."""
        edges = np.add.accumulate(np.array(weights, np.float64))
        unit = randomness.uniform(self._key, randomness.stream(name), *keys)
        return np.minimum(np.searchsorted(edges, unit * edges[-1], side="right"), len(weights) - 1).astype(np.int64)
