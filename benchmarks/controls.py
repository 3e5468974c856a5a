"""Controls: data that are made wrong on purpose, the same way for every method and seed, to see what a method lives on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from .base import Benchmark, Role, Split
from .common import randomness
from .common.errors import InputError

Order = npt.NDArray[np.int64]


def random_order(name: str, size: int) -> Order:
    """A random order (size,) of positions that depends on the name of the shuffle and the size alone."""
    return np.argsort(randomness.mix(randomness.stream(name), np.arange(size)))


def other_identities(identities: npt.NDArray[np.int64], name: str) -> Order:
    """A random permutation that gives every sample the position of a sample of another identity.

    Samples of one identity are sent to different places, so that nothing of the identity is left in what they receive.

    Args:
        identities: (N,).
        name: of the shuffle.

    Returns:
        (N,) positions, each once.

    Raises:
        InputError: one identity has more than half of the samples, so that there is no such permutation.
    """
    size = len(identities)
    if 2 * np.unique(identities, return_counts=True)[1].max() > size:
        raise InputError(f"{name}: one identity has more than half of the {size} samples; take more identities")
    given = random_order(name, size)
    for position in range(size):
        if identities[given[position]] == identities[position]:
            # A partner of another identity that holds what is of another identity: fewer than 2g of the N samples are none.
            free = (identities != identities[position]) & (identities[given] != identities[position])
            partner = np.flatnonzero(free)[position % free.sum()]
            given[[position, partner]] = given[[partner, position]]
    return given


def shuffle_captions(benchmark: Benchmark) -> Benchmark:
    """The benchmark with its captions given to samples of other identities, within each split.

    A sample receives the captions of all its modalities from one other sample, in their order. Query and gallery stay one
    split where they are.

    Raises:
        InputError: there are no captions, or one identity has more than half of the samples of a split.
    """
    if not benchmark.has_captions:
        raise InputError(f"data.shuffle_captions: {benchmark.facts.name} has no captions here")
    return benchmark.changed(_with_other_captions)


def _with_other_captions(split: Split, role: Role) -> Split:
    given = other_identities(split.identities, f"shuffled captions of {role}")
    samples = tuple(
        replace(sample, captions=split.samples[giver].captions) for sample, giver in zip(split.samples, given, strict=True)
    )
    return replace(split, samples=samples)
