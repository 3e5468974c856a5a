"""Decoded and resized images in a file that is mapped into memory, so that only the first epoch decodes."""

from __future__ import annotations

import errno
import hashlib
import math
import os
import shutil
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from filelock import FileLock

from .base import Images, Split
from .common.errors import InputError
from .transforms import Resizing


class DecodedImages:
    """Reads a split and keeps what it read, resized: (N, M, H, W, 3) uint8 beside a checksum (N,) for each sample.

    Processes share the file without locks: a sample counts as kept when its checksum fits, and two that write one sample at
    once write the same bytes. A sample that was half written when the machine stopped is read anew.

    Args:
        split: read from files.
        resizing: what is kept is what this gives.
        modalities: M.
        path: the file of the images; that of the checksums lies beside it. Both are made here and take their room at once, so
            that a disk that is too full is found before anything runs.

    Raises:
        InputError: the disk is too full.
    """

    def __init__(self, split: Split, resizing: Resizing, modalities: int, path: Path) -> None:
        self._split, self._resizing = split, resizing
        self._paths = (path, path.with_suffix(".sums.npy"))
        with FileLock(path.with_suffix(".lock")):
            _create(self._paths[1], (len(split),), np.uint32)
            _create(path, (len(split), modalities, *resizing.size, 3), np.uint8)
        self._images: npt.NDArray[np.uint8] | None = None
        self._sums: npt.NDArray[np.uint32] | None = None

    def __call__(self, index: int) -> list[Images]:
        """The M resized images (H, W, 3) of a sample."""
        images, sums = self._open()
        kept = images[index]
        if not _fits(kept, int(sums[index])):
            images[index] = self._resizing(self._split.read(index))
            sums[index] = _checksum(images[index])
        return list(np.array(images[index]))

    def files(self, index: int) -> tuple[Path, ...]:
        """The files behind a sample."""
        return self._split.files(index)

    def _open(self) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint32]]:
        if self._images is None or self._sums is None:
            self._images, self._sums = (np.load(path, mmap_mode="r+", allow_pickle=False) for path in self._paths)
        return self._images, self._sums

    def __getstate__(self) -> dict[str, Any]:
        """Without the maps: a loader process opens its own."""
        return {**self.__dict__, "_images": None, "_sums": None}


def _checksum(pixels: npt.NDArray[np.uint8]) -> int:
    """A checksum that is never 0, which stands for a sample that was not written."""
    return zlib.crc32(np.ascontiguousarray(pixels).data) or 1


def _fits(pixels: npt.NDArray[np.uint8], checksum: int) -> bool:
    return checksum != 0 and _checksum(pixels) == checksum


def _create(path: Path, shape: tuple[int, ...], dtype: type[np.generic]) -> None:
    """Make a file of zeros where there is none of this shape."""
    if path.exists():
        try:
            if np.load(path, mmap_mode="r", allow_pickle=False).shape == shape:
                return
        except (OSError, ValueError, EOFError):
            path.unlink()
    needed = math.prod(shape) * np.dtype(dtype).itemsize
    if needed > shutil.disk_usage(path.parent).free:
        raise _too_full(path.parent, needed)
    try:
        np.lib.format.open_memmap(path, mode="w+", dtype=dtype, shape=shape).flush()
        _take_room(path)
    except OSError as error:
        path.unlink(missing_ok=True)
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise _too_full(path.parent, needed) from None
        raise InputError(f"{path.parent}: cannot be written ({error.strerror}); choose another --work-dir") from None


def _take_room(path: Path) -> None:
    """Give a file of zeros its room on the disk, where the system can: writing into a map without it kills the process."""
    allocate = getattr(os, "posix_fallocate", None)
    if allocate is None:
        return
    with path.open("r+b") as file:
        try:
            allocate(file.fileno(), 0, path.stat().st_size)
        except OSError as error:
            if error.errno not in {errno.EINVAL, errno.EOPNOTSUPP}:
                raise


def _too_full(folder: Path, needed: int) -> InputError:
    free = shutil.disk_usage(folder).free
    return InputError(
        f"{folder}: data.decoded_cache needs {needed / 1e9:.1f} GB there and {free / 1e9:.1f} GB are free; "
        f"leave it off or choose another --work-dir"
    )


def keep_decoded(split: Split, resizing: Resizing, modalities: int, cache: Path) -> Split:
    """A split whose images are decoded and resized once for all runs; one that is made, or empty, stays as it is.

    Args:
        split: any.
        resizing: to the size that the network sees.
        modalities: M.
        cache: folder of the files.

    Raises:
        InputError: the disk is too full.
    """
    if not split.stamp:
        return split
    cache.mkdir(parents=True, exist_ok=True)
    name = hashlib.sha256(f"{split.stamp} {modalities} {resizing}".encode()).hexdigest()[:32]
    return replace(split, read=DecodedImages(split, resizing, modalities, cache / f"decoded-{name}.npy"))
