"""Captions in the style of NEXT-Text: for each modality, what that modality shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from ..batch import MODALITIES, Caption
from .attributes import PERSON
from .draws import Bools, Ints
from .moments import Time, View
from .phrases import Told, compose
from .visibility import visibility
from .world import World

_ALWAYS = {"gender", "age", "hair_length", "upper", "lower"}
"""Attributes that a caption names whenever they can be seen."""
_VIEWS = {View.FRONT: "front", View.BACK: "back", View.LEFT: "side", View.RIGHT: "side"}
_TIMES = {Time.DAY: ("daytime", "normal"), Time.DUSK: ("daytime", "dim"), Time.NIGHT: ("nighttime", "dim")}


def captions(world: World, indices: Sequence[int] | Ints) -> list[tuple[Caption, ...]]:
    """Describe samples of a world.

    Args:
        world: the world.
        indices: (n,) which samples, in [0, len(world)).

    Returns:
        n tuples of M captions, in the order RGB, NIR, TIR; a caption is a tuple of three to five sentences.
    """
    told = list(_told(world, np.asarray(indices, np.int64)))
    count = len(MODALITIES)
    return [tuple(map(compose, told[start : start + count])) for start in range(0, len(told), count)]


def mentioned(world: World, rows: Ints) -> dict[str, Bools]:
    """For each attribute, in which captions (n, M) of these samples it is told: some of those where it can be seen."""
    seen = visibility(world, rows)
    key, modality = world.visits.key[rows][:, None], np.arange(len(MODALITIES))
    draws, share = world.draws, world.difficulty.mention
    return {
        name: where if name in _ALWAYS else where & draws.chance(f"mention/{name}", share, key, modality)
        for name, where in seen.items()
    }


def _told(world: World, rows: Ints) -> Iterator[Told]:
    """What the captions tell, sample by sample and in each the modalities in their order."""
    people, visits, disturb = world.people.take(world.visits.row[rows]), world.visits, world.nuisances
    marks = np.stack(list(mentioned(world, rows).values()), axis=-1).tolist()
    values = np.stack([getattr(people, name) for name in PERSON], axis=-1).tolist()
    style = world.draws.integers("style", 1000, visits.key[rows][:, None], np.arange(len(MODALITIES))).tolist()
    blurry = (disturb.blur[rows] > 0).tolist()
    moments = zip(world.poses.view[rows].tolist(), visits.time[rows].tolist(), disturb.flare[rows].tolist(), strict=True)
    for sample, (view, time, flare) in enumerate(moments):
        words = [
            (name, attribute.values[value]) for (name, attribute), value in zip(PERSON.items(), values[sample], strict=True)
        ]
        daytime, light = _TIMES[Time(time)]
        for place, modality in enumerate(MODALITIES):
            yield Told(
                words={name: word for (name, word), mark in zip(words, marks[sample][place], strict=True) if mark},
                view=_VIEWS[View(view)],
                light=None if modality == "TIR" else (daytime, "bright" if flare else light),
                blurry=blurry[sample][place],
                style=style[sample][place],
            )
