"""Files that are either whole or not there: written beside their place, synced, then renamed over it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from .errors import InputError


@contextmanager
def atomic_write(path: Path) -> Iterator[BinaryIO]:
    """Open a temporary file that takes the place of `path` when the block ends without an error.

    A crash or a kill at any moment leaves either the old file or the new one, never a part.

    Raises:
        InputError: the folder cannot be written, or there is a folder in the place of the file.
    """
    if path.is_dir():
        raise InputError(f"{path}: is a folder; give the name of a file")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    except OSError as error:
        raise InputError(f"{path.parent}: cannot be written ({error.strerror}); choose another folder") from None
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o644)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text file whole or not at all."""
    with atomic_write(path) as file:
        file.write(text.encode())


def write_arrays(path: Path, arrays: Mapping[str, Any]) -> None:
    """Write an npz whole or not at all; equal arrays give equal bytes."""
    with atomic_write(path) as file:
        np.savez_compressed(file, allow_pickle=False, **{name: np.asarray(arrays[name]) for name in sorted(arrays)})
