"""Captions in the style of NEXT-Text: for each modality, what that modality shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from ..batch import MODALITIES, Caption
from .draws import Bools, Ints
from .kinds import kind_of
from .moments import Time
from .telling import Told
from .world import ATTRIBUTES, World

TIMES = {Time.DAY: ("daytime", "normal"), Time.DUSK: ("daytime", "dim"), Time.NIGHT: ("nighttime", "dim")}
"""Time of day and lighting, in the words of captions."""
FLARE = "bright"
"""The lighting where headlights are in the picture."""


def captions(world: World, indices: Sequence[int] | Ints, quality: float = 1.0) -> list[tuple[Caption, ...]]:
    """Describe samples of a world.

    Args:
        world: the world.
        indices: (n,) which samples, in [0, len(world)).
        quality: probability that what is told is true; a word that is not is that of another value of the attribute.

    Returns:
        n tuples of M captions, in the order RGB, NIR, TIR; a caption is a tuple of sentences.
    """
    compose = kind_of(world).compose
    told = [compose(each) for each in _told(world, np.asarray(indices, np.int64), quality)]
    count = len(MODALITIES)
    return [tuple(told[start : start + count]) for start in range(0, len(told), count)]


def mentioned(world: World, rows: Ints) -> dict[str, Bools]:
    """For each attribute, in which captions (n, M) of these samples it is told: some of those where it can be seen."""
    kind = kind_of(world)
    key, modality = world.visits.key[rows][:, None], np.arange(len(MODALITIES))
    draws, share = world.draws, world.difficulty.mention
    return {
        name: where if name in kind.always else where & draws.chance(f"mention/{name}", share, key, modality)
        for name, where in kind.visibility(world, rows).items()
    }


def _values(world: World, rows: Ints, quality: float) -> Ints:
    """The value (n, M, A) of each attribute that a caption would tell: the true one, or another where it is wrong."""
    key, modality = world.visits.key[rows][:, None], np.arange(len(MODALITIES))
    columns = []
    for name, attribute in ATTRIBUTES[world.object].items():
        true = np.broadcast_to(world.attributes[name][world.visits.row[rows]][:, None], (len(rows), len(MODALITIES)))
        wrong = ~world.draws.chance(f"told right/{name}", quality, key, modality)
        step = 1 + world.draws.integers(f"told wrong/{name}", len(attribute.values) - 1, key, modality)
        columns.append(np.where(wrong, (true + step) % len(attribute.values), true))
    return np.stack(columns, axis=-1)


def _told(world: World, rows: Ints, quality: float) -> Iterator[Told]:
    """What the captions tell, sample by sample and in each the modalities in their order."""
    visits, disturb = world.visits, world.nuisances
    marks = np.stack(list(mentioned(world, rows).values()), axis=-1).tolist()
    values = _values(world, rows, quality).tolist()
    style = world.draws.integers("style", 1000, visits.key[rows][:, None], np.arange(len(MODALITIES))).tolist()
    blurry = (disturb.blur[rows] > 0).tolist()
    views = kind_of(world).views(world, rows)
    attributes = [(name, attribute.values) for name, attribute in ATTRIBUTES[world.object].items()]
    moments = zip(views, visits.time[rows].tolist(), disturb.flare[rows].tolist(), strict=True)
    for sample, (view, time, flare) in enumerate(moments):
        daytime, light = TIMES[Time(time)]
        for place, modality in enumerate(MODALITIES):
            told = zip(attributes, marks[sample][place], values[sample][place], strict=True)
            yield Told(
                words={name: words[value] for (name, words), mark, value in told if mark},
                view=view,
                light=None if modality == "TIR" else (daytime, FLARE if flare else light),
                blurry=blurry[sample][place],
                style=style[sample][place],
            )
