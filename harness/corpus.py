"""Made images with captions and true attributes, to pretrain the small CLIP on and to ask it what it has learned."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from benchmarks.batch import Caption
from benchmarks.synthetic.kinds import kind_of
from benchmarks.synthetic.pretraining import PretrainingBlock
from benchmarks.synthetic.rendering import REGIONS, regions
from benchmarks.synthetic.telling import Told
from benchmarks.synthetic.world import ATTRIBUTES, World


@dataclass(frozen=True)
class Corpus:
    """n images of M modalities with what is said of them, and where it is to be seen."""

    images: np.ndarray
    """(n, M, H, W, 3) uint8."""
    captions: list[tuple[Caption, ...]]
    """n x M captions."""
    attributes: np.ndarray
    """(n, M, A) value of each attribute, -1 where the modality does not show it."""
    said: list[list[list[str]]]
    """n x M x R: what can be said of each region alone; empty where that is nothing."""
    cover: np.ndarray
    """(n, R, N) share of each patch that shows the region."""

    @classmethod
    def of(cls, blocks: Iterable[PretrainingBlock], patch: int) -> Corpus:
        """Put blocks together, for patches of so many pixels on a side."""
        found = list(blocks)
        return cls(
            np.concatenate([block.images for block in found]),
            [caption for block in found for caption in block.captions],
            np.concatenate([visible_attributes(block.world) for block in found]),
            [of_sample for block in found for of_sample in said_of_regions(block.world)],
            np.concatenate([covered(block.world, patch) for block in found]),
        )

    def __len__(self) -> int:
        return len(self.images)

    def take(self, positions: np.ndarray) -> Corpus:
        """The samples of these positions."""
        order = positions.tolist()
        return Corpus(
            self.images[order],
            [self.captions[p] for p in order],
            self.attributes[order],
            [self.said[p] for p in order],
            self.cover[order],
        )


def visible_attributes(world: World) -> np.ndarray:
    """Values (N, M, A) of the attributes of all samples of a world, -1 where a modality does not show them."""
    rows = np.arange(len(world))
    seen, identity = kind_of(world).visibility(world, rows), world.visits.row
    columns = [np.where(seen[name], world.attributes[name][identity][:, None], -1) for name in ATTRIBUTES[world.object]]
    return np.stack(columns, axis=-1)


def covered(world: World, patch: int) -> np.ndarray:
    """Share (n, R, N) of each patch of all samples of a world that shows each region."""
    shown = regions(world, np.arange(len(world)))
    n, count, height, width = shown.shape
    return shown.reshape(n, count, height // patch, patch, width // patch, patch).mean(axis=(3, 5)).reshape(n, count, -1)


def said_of_regions(world: World) -> list[list[list[str]]]:
    """The sentences (n x M x R) of a caption of all samples of a world that are about one region alone."""
    table, compose = ATTRIBUTES[world.object], kind_of(world).compose
    names, places = list(table), [int(attribute.region) for attribute in table.values()]
    painted = range(REGIONS)
    found = []
    for of_sample in visible_attributes(world).tolist():
        row = []
        for values in of_sample:
            words: list[dict[str, str]] = [{} for _ in range(REGIONS + 1)]
            for name, place, value in zip(names, places, values, strict=True):
                if value >= 0:
                    words[place][name] = table[name].values[value]
            general = words[REGIONS]
            without = set(compose(_told(general)))
            row.append(
                [
                    " ".join(text for text in compose(_told({**general, **words[place]})) if text not in without)
                    if any(words[place].values())
                    else ""
                    for place in painted
                ]
            )
        found.append(row)
    return found


def _told(words: dict[str, str]) -> Told:
    return Told(words, view="", light=None, blurry=False, style=0)
