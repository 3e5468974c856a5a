"""Encoded texts on disk, shared by runs, seeds and variants: one SQLite file a text tower."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from filelock import FileLock
from torch import Tensor, nn

from benchmarks.common.errors import InputError

_PARAMETERS_A_QUERY = 500


def tower_fingerprint(tower: nn.Module, device: torch.device, long: str) -> str:
    """sha256 of a frozen text tower's weights, the kind of device it runs on, and how it treats long texts."""
    digest = hashlib.sha256(f"{device.type} {long}".encode())
    for name, value in sorted(tower.state_dict().items()):
        digest.update(name.encode())
        digest.update(value.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


class TextStore:
    """Features by text, in a file that several processes may use at once.

    Args:
        folder: where the files lie.
        fingerprint: of the text tower; every tower has its own file.
        size: D.
    """

    def __init__(self, folder: Path, fingerprint: str, size: int) -> None:
        self.size = size
        self._path = folder / f"{fingerprint[:32]}.sqlite"
        with self._guarded():
            folder.mkdir(parents=True, exist_ok=True)
            # SQLite does not wait where several turn a new file to its write-ahead log at once, whatever its timeout is.
            with FileLock(self._path.with_suffix(".lock")):
                self._database = sqlite3.connect(self._path, timeout=60, isolation_level=None)
                self._database.execute("PRAGMA journal_mode=WAL")
                self._database.execute("PRAGMA synchronous=NORMAL")
                self._database.execute(
                    "CREATE TABLE IF NOT EXISTS features (text BLOB PRIMARY KEY, feature BLOB NOT NULL) WITHOUT ROWID"
                )

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except (OSError, sqlite3.Error, ValueError) as error:
            raise InputError(f"{self._path}: unusable as the cache of encoded texts ({error}); delete it") from None

    @staticmethod
    def _key(text: str) -> bytes:
        return hashlib.sha256(text.encode()).digest()[:16]

    def read(self, texts: Sequence[str]) -> dict[str, Tensor]:
        """The features (D,) of those texts that are stored."""
        by_key = {self._key(text): text for text in texts}
        keys, found = list(by_key), {}
        for start in range(0, len(keys), _PARAMETERS_A_QUERY):
            part = keys[start : start + _PARAMETERS_A_QUERY]
            marks = ",".join("?" * len(part))
            with self._guarded():
                for key, blob in self._database.execute(f"SELECT text, feature FROM features WHERE text IN ({marks})", part):
                    found[by_key[key]] = torch.from_numpy(np.frombuffer(blob, np.float32, self.size).copy())
        return found

    def write(self, features: Mapping[str, Tensor]) -> None:
        """Store features (D,) by text; what another process stored first stays."""
        rows = [(self._key(text), feature.numpy().tobytes()) for text, feature in features.items()]
        with self._guarded():
            self._database.execute("BEGIN IMMEDIATE")
            self._database.executemany("INSERT OR IGNORE INTO features VALUES (?, ?)", rows)
            self._database.execute("COMMIT")
