"""Pictures and captions to pretrain on: identities, cameras and backdrops that no benchmark ever shows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from ..batch import Caption
from .captions import captions
from .difficulty import STANDARD, Difficulty
from .draws import Bytes, Ints, Object
from .rendering import render
from .world import World

BROAD: Final = STANDARD.model_copy(
    update={"variety": 0.5, "smallest": 0.64, "horizontal_jitter": 0.16, "vertical_jitter": 0.09}
)
"""A more varied population than the benchmark's, as that of a real CLIP is, at more places and sizes."""


@dataclass(frozen=True)
class PretrainingBlock:
    """Some identities with all their samples."""

    world: World
    """Holds the true attributes: `world.attributes`, and what can be seen of them: `kind_of(world).visibility`."""
    images: Bytes
    """(n, M, H, W, 3) pixels, n = identities of the block x images of each; M in the order RGB, NIR, TIR."""
    captions: list[tuple[Caption, ...]]
    """For each of the n samples M captions, as sentences."""
    identity: Ints
    """(n,) number of the identity, counted through all blocks."""


def pretraining_blocks(
    identities: int,
    images: int = 4,
    *,
    block: int = 100,
    cameras: int = 4,
    image_size: tuple[int, int] = (64, 32),
    difficulty: Difficulty = BROAD,
    object: Object = "person",
    first_draw: int = 0,
) -> Iterator[PretrainingBlock]:
    """Make identities to pretrain on, block by block, each in a place of its own.

    A block is a draw of the namespace "pretraining", so its cameras and backdrops differ from all other blocks'. The blocks
    do not depend on how many identities are asked for: more identities are the same ones and further ones.

    Args:
        identities: how many.
        images: samples of each.
        block: identities of a block, a multiple of the difficulty's group size.
        cameras: cameras of a block.
        image_size: height and width.
        difficulty: as the benchmark's, or easier.
        object: what the identities are.
        first_draw: draw of the first block.
    """
    for draw, first in enumerate(range(0, identities, block), start=first_draw):
        count = min(block, identities - first)
        world = World(
            "pretraining", draw, 0, count, images, cameras, image_size=image_size, difficulty=difficulty, object=object
        )
        rows = np.arange(len(world))
        yield PretrainingBlock(world, render(world, rows), captions(world, rows), first + world.visits.row)
