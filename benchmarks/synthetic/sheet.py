"""Contact sheets: samples side by side, one row a modality."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from .difficulty import LEVELS
from .draws import Ints
from .moments import Occluder, Time
from .rendering import render
from .world import World

_GAP, _GROUP_GAP, _PAPER = 1, 5, 255


def contact_sheet(world: World, columns: Sequence[Sequence[int]], scale: int = 3) -> Image.Image:
    """Draw samples with their three modalities below each other.

    Args:
        world: the world.
        columns: groups of samples; groups stand apart.
        scale: pixels for each pixel.
    """
    pictures = render(world, [index for group in columns for index in group])
    count, modalities, height, width, _ = pictures.shape
    total = (width + _GAP) * count + (_GROUP_GAP - _GAP) * (len(columns) - 1) - _GAP
    sheet = np.full(((height + _GAP) * modalities - _GAP, total, 3), _PAPER, np.uint8)
    left = sample = 0
    for group in columns:
        for _ in group:
            for modality in range(modalities):
                top = modality * (height + _GAP)
                sheet[top : top + height, left : left + width] = pictures[sample, modality]
            left, sample = left + width + _GAP, sample + 1
        left += _GROUP_GAP - _GAP
    image = Image.fromarray(sheet)
    return image.resize((image.width * scale, image.height * scale), Image.Resampling.NEAREST)


def confusable(world: World, group: int, identities: int = 4) -> list[list[int]]:
    """Samples of identities that are easy to confuse: of each one by day, one by night and one that is disturbed.

    Args:
        world: the world.
        group: number of the group in the world.
        identities: how many of its identities to show.
    """
    first = group * world.difficulty.group_size
    return [_three(world, np.flatnonzero(world.visits.row == first + member)) for member in range(identities)]


def _three(world: World, rows: Ints) -> list[int]:
    night, flare = world.visits.time[rows] == Time.NIGHT, world.nuisances.flare[rows]
    occluded = world.nuisances.occluder[rows] != Occluder.NONE
    sharp = ~world.nuisances.blur[rows].any(axis=1)
    wanted = (~night & ~flare & ~occluded & sharp, night & ~flare & ~occluded, flare | occluded)
    chosen: list[int] = []
    for wish in wanted:
        order = np.argsort(~wish, kind="stable")  # those that fit, then the others
        chosen.append(next(int(rows[place]) for place in order if int(rows[place]) not in chosen))
    return chosen


def write_sheets(folder: Path) -> None:
    """Write the pictures that the documentation shows: groups of both worlds, and one identity at each difficulty."""
    person, vehicle = (
        World(images=16, first_identity=80),
        World(images=16, first_identity=80, image_size=(32, 64), object="vehicle"),
    )
    _save(contact_sheet(person, confusable(person, 4)), folder / "synthetic_person.png")
    _save(contact_sheet(vehicle, confusable(vehicle, 4, identities=3), scale=2), folder / "synthetic_vehicle.png")
    for level, difficulty in LEVELS.items():
        world = World(images=16, difficulty=difficulty)
        _save(contact_sheet(world, [range(0, 12, 3), range(16, 28, 3), range(32, 44, 3)]), folder / f"difficulty_{level}.png")


def _save(image: Image.Image, path: Path) -> None:
    image.quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)
