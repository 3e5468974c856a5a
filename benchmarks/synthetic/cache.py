"""Rendered pictures of a world, kept in a file for the next run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ..base import Images
from ..batch import MODALITIES
from ..common.errors import InputError
from ..common.files import atomic_write
from .draws import Bytes
from .rendering import render
from .world import World


class Pictures:
    """Reads the pictures of a world; the first read renders them all, or finds them in the cache.

    It can be sent to loader processes. With a cache they share one file; without, each gets a copy of what is rendered.

    Args:
        world: what to render.
        cache: folder of the files; None to keep the pictures in memory.
    """

    def __init__(self, world: World, cache: Path | None) -> None:
        self._world, self._cache = world, cache
        self._pictures: Bytes | None = None

    def __call__(self, index: int) -> list[Images]:
        """The M images (H, W, 3) of a sample."""
        if self._pictures is None:
            self._pictures = self._render() if self._cache is None else _cached(self._world, self._cache)
        return list(np.asarray(self._pictures[index]))

    def __getstate__(self) -> dict[str, Any]:
        """Without the pictures where the receiver can map the file."""
        return {**self.__dict__, "_pictures": None if self._cache else self._pictures}

    def _render(self) -> Bytes:
        return render(self._world, range(len(self._world)))


def cache_file(world: World, cache: Path) -> Path:
    """Where the pictures of a world are kept: the name changes with everything that they depend on."""
    return cache / f"synthetic_{world.object}-{world.fingerprint[:32]}.npy"


def _cached(world: World, cache: Path) -> Bytes:
    """The pictures (N, M, H, W, 3) from the cache, rendered and kept where the file is missing, damaged or another's."""
    path = cache_file(world, cache)
    pictures = _open(path)
    if pictures is None or not _belongs(pictures, world):
        _write(path, render(world, range(len(world))))
        pictures = _open(path)
    if pictures is None:
        raise InputError(f"{path}: cannot be read back after writing; is the disk full? Choose another cache folder")
    return pictures


def _open(path: Path) -> Bytes | None:
    """The array of a file, mapped and not read; None where there is none, or only a part of one."""
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return array if isinstance(array, np.ndarray) else None


def _belongs(pictures: Bytes, world: World) -> bool:
    """Whether an array has the world's shape and, looked at in two places, its pictures."""
    shape = (len(world), len(MODALITIES), *world.image_size, 3)
    if pictures.shape != shape or pictures.dtype != np.uint8:
        return False
    probes = [0, len(world) - 1]
    return bool(np.array_equal(pictures[probes], render(world, probes)))


def _write(path: Path, pictures: Bytes) -> None:
    """Write the array whole or not at all: others see the whole file or none."""
    with atomic_write(path) as file:
        np.save(file, pictures, allow_pickle=False)
