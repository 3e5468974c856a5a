"""What is true of the samples of an embedded benchmark, in the words of the caption schema, and in which modality it shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ...batch import MODALITIES
from ...common.errors import InputError
from ...synthetic.draws import Bools, Ints
from ...synthetic.world import World


@dataclass(frozen=True)
class Truth:
    """One attribute of N samples."""

    options: tuple[str, ...]
    """Values that samples of such a world can have: the wrong answers are among them too. Where the attribute is read off a
    thing that others are read off as well, the value that goes with each such thing."""
    value: Ints
    """(N, M) position of the true one among the options."""
    visible: Bools
    """(N, M) whether the modality shows it in this sample."""
    thing: str = ""
    """What it is read off, with others: who takes a backpack for a handbag is wrong about all of them. Empty where alone."""


Truths = Mapping[str, Truth]
"""By name of the attribute in the schema; what a world does not have is not in it."""


def of_words(options: Sequence[str], words: Sequence[str], positions: Ints, visible: Bools) -> Truth:
    """A truth whose value is one of a few words for every sample.

    Args:
        options: all values, in the words of the schema.
        words: the option that stands for each value of the world's attribute; options may stand for several.
        positions: (N,) or (N, M) positions in `words`.
        visible: (N, M).
    """
    place = {option: number for number, option in enumerate(options)}
    lookup = np.array([place[word] for word in words], np.int64)
    value = lookup[positions]
    return Truth(tuple(options), np.broadcast_to(value if value.ndim > 1 else value[:, None], visible.shape), visible)


def read_off(thing: str, words: Sequence[str], positions: Ints, visible: Bools) -> Truth:
    """The truth of an attribute that is read off a thing.

    Args:
        thing: its name.
        words: the value that goes with each such thing.
        positions: (N,) which thing it is.
        visible: (N, M).
    """
    return Truth(tuple(words), np.broadcast_to(positions[:, None], visible.shape), visible, thing)


def everywhere(rows: int) -> Bools:
    """(N, M): what every modality shows."""
    return np.ones((rows, len(MODALITIES)), np.bool_)


def shown_by(modalities: Sequence[str], rows: int) -> Bools:
    """(N, M): what some modalities show, whatever the sample."""
    return np.broadcast_to(np.isin(np.array(MODALITIES), modalities), (rows, len(MODALITIES)))


def truths_of(world: World) -> Truths:
    """The truth of all samples of a world.

    Raises:
        InputError: the world shows places without objects.
    """
    from .person import person_truths
    from .vehicle import vehicle_truths

    if world.background_only:
        raise InputError("benchmark.background_only: there is nobody in these pictures to annotate; leave it out")
    return person_truths(world) if world.object == "person" else vehicle_truths(world)
