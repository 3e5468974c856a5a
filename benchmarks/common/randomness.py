"""Random numbers as a function of keys: the same keys give the same numbers on every machine, in any order, on any worker.

Everything random about data (worlds, augmentation, sampling of identities and sentences) is drawn from here, so it depends
neither on the number of loader workers nor on where a run was resumed. The generator is SplitMix64 (Steele, Lea and Flood,
"Fast splittable pseudorandom number generators", OOPSLA 2014) used as a hash: integer arithmetic only.
"""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import numpy.typing as npt

Keys = npt.NDArray[np.uint64]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1, _MIX_2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


def stream(name: str) -> int:
    """A key (63 bits, so that it fits a signed integer) from the name of a stream of random numbers."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "little") >> 1


def mix(*keys: Any) -> Keys:
    """Hash integer keys, broadcast against each other, to 64 uniformly distributed bits (uint64, the broadcast shape)."""
    state = np.zeros((), np.uint64)
    with np.errstate(over="ignore"):
        for key in keys:
            state = (state ^ np.asarray(key).astype(np.uint64)) + _GOLDEN
            state = (state ^ (state >> np.uint64(30))) * _MIX_1
            state = (state ^ (state >> np.uint64(27))) * _MIX_2
            state = state ^ (state >> np.uint64(31))
    return np.asarray(state, np.uint64)


def uniform(*keys: Any) -> npt.NDArray[np.float64]:
    """Uniform numbers in [0, 1) with 53 random bits, one for each combination of the broadcast keys."""
    return (mix(*keys) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def integers(high: Any, *keys: Any) -> npt.NDArray[np.int64]:
    """Uniform integers in [0, high), one for each combination of the broadcast keys."""
    return np.floor(uniform(*keys) * np.asarray(high)).astype(np.int64)


def generator(*keys: int) -> np.random.Generator:
    """A numpy generator whose seed is a function of scalar keys, for shuffles and draws with rejection."""
    return np.random.Generator(np.random.Philox(key=int(mix(*keys))))
