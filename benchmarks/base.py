"""The contract of a benchmark: samples, splits, and a fingerprint that says which split was used."""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from .batch import MODALITIES, BatchSpec, Caption
from .common import randomness
from .common.errors import InputError
from .common.registry import Registry
from .common.settings import Settings
from .protocol import Protocol

Role = Literal["train", "query", "gallery"]

Images = npt.NDArray[np.uint8]
ImageReader = Callable[[int], Sequence[Images]]
"""From a position in the split to M images (H, W, 3) uint8, in the order of the modalities; H and W may differ."""


@dataclass(frozen=True)
class Sample:
    """One object seen at one moment by all modalities."""

    name: str
    """Relative name, unique within its split: the file name in each modality's folder."""
    identity: int
    camera: int
    scene: int
    captions: tuple[Caption, ...] | None = None
    """One caption for each modality, as sentences."""


@dataclass(frozen=True)
class _ReadAt:
    """Reads a part of a split (a class and no closure, so that loader processes can be sent it)."""

    read: ImageReader
    positions: tuple[int, ...]

    def __call__(self, index: int) -> Sequence[Images]:
        return self.read(self.positions[index])

    def files(self, index: int) -> tuple[Path, ...]:
        return _files(self.read, self.positions[index])


def _files(read: ImageReader, index: int) -> tuple[Path, ...]:
    """The files behind a position; none where images are made."""
    files: Callable[[int], tuple[Path, ...]] | None = getattr(read, "files", None)
    return files(index) if files else ()


def _state(path: Path) -> str:
    """Size and time of a file; a link to nowhere has neither, and is told of when it is read."""
    try:
        state = path.stat()
    except OSError:
        return "not there"
    return f"{state.st_size} {state.st_mtime_ns}"


@dataclass(frozen=True)
class Split:
    """Samples in sorted order with a way to read their images."""

    samples: tuple[Sample, ...]
    read: ImageReader

    def __len__(self) -> int:
        return len(self.samples)

    def _column(self, name: str) -> npt.NDArray[np.int64]:
        return np.fromiter((getattr(sample, name) for sample in self.samples), np.int64, len(self.samples))

    @cached_property
    def identities(self) -> npt.NDArray[np.int64]:
        """The identity (N,) of each sample."""
        return self._column("identity")

    @cached_property
    def cameras(self) -> npt.NDArray[np.int64]:
        """The camera (N,) of each sample."""
        return self._column("camera")

    @cached_property
    def scenes(self) -> npt.NDArray[np.int64]:
        """The scene (N,) of each sample."""
        return self._column("scene")

    @property
    def has_captions(self) -> bool:
        """Whether every sample has a caption for each modality."""
        return all(sample.captions is not None for sample in self.samples)

    def files(self, position: int) -> tuple[Path, ...]:
        """The image files of a sample; none where images are made."""
        return _files(self.read, position)

    @cached_property
    def stamp(self) -> str:
        """sha256 over path, size and time of every image file: it changes when a file does. Empty where images are made."""
        digest = hashlib.sha256()
        for path in (path for position in range(len(self)) for path in self.files(position)):
            digest.update(f"{path.absolute()} {_state(path)}\n".encode())
        return digest.hexdigest() if self.samples and self.files(0) else ""

    def take(self, positions: Sequence[int]) -> Split:
        """The split that holds the samples of these positions alone."""
        order = tuple(int(position) for position in positions)
        return Split(tuple(self.samples[position] for position in order), _ReadAt(self.read, order))


@dataclass(frozen=True)
class Facts:
    """What is known of a benchmark without reading a file of it."""

    name: str
    object: Literal["person", "vehicle"]
    identities: int
    """Training identities."""
    cameras: int
    image_size: tuple[int, int]
    """Height and width to which images are resized."""
    protocol: Protocol
    modalities: tuple[str, ...] = MODALITIES

    @property
    def spec(self) -> BatchSpec:
        """What a method must know of it."""
        return BatchSpec(self.identities, self.cameras, self.image_size, self.modalities, self.object)


@dataclass(frozen=True)
class Benchmark:
    """A benchmark that is loaded: training, query and gallery splits.

    Where query and gallery are the same samples they are the same object, and are embedded once.
    """

    facts: Facts
    train: Split
    query: Split
    gallery: Split
    left_out: tuple[str, ...] = ()
    """A line for each sample that was asked to be left out: its role, its name, and why. Records keep them."""
    remarks: tuple[str, ...] = ()
    """What a user should know of the data before anything runs."""

    @property
    def has_captions(self) -> bool:
        """Whether every sample has captions."""
        return all(split.has_captions for split in (self.train, self.query, self.gallery))

    def changed(self, change: Callable[[Split, Role], Split]) -> Benchmark:
        """The benchmark with all its splits changed; query and gallery stay one where they are."""
        query = change(self.query, "query")
        gallery = query if self.gallery is self.query else change(self.gallery, "gallery")
        return replace(self, train=change(self.train, "train"), query=query, gallery=gallery)

    def _roles(self) -> list[tuple[str, Split]]:
        return [("train", self.train), ("query", self.query), ("gallery", self.gallery)]

    @cached_property
    def split_fingerprint(self) -> str:
        """sha256 over the sorted (role, name, identity, camera, scene) rows: equal if and only if the splits are."""
        rows = ((role, s.name, s.identity, s.camera, s.scene) for role, split in self._roles() for s in split.samples)
        return _fingerprint(rows)

    @cached_property
    def caption_fingerprint(self) -> str:
        """sha256 over the sorted (role, name, captions) rows; empty where there are no captions."""
        if not self.has_captions:
            return ""
        return _fingerprint((role, s.name, s.captions) for role, split in self._roles() for s in split.samples)

    @property
    def counts(self) -> dict[str, dict[str, int]]:
        """Samples, identities and cameras of each role."""
        return {
            role: {
                "samples": len(split),
                "identities": len(set(split.identities.tolist())),
                "cameras": len(set(split.cameras.tolist())),
            }
            for role, split in self._roles()
        }


class BenchmarkSettings(Settings):
    """What can be set for every benchmark."""

    image_size: tuple[int, int]
    """Height and width to which images are resized, in pixels."""


class BenchmarkSource(ABC):
    """The contract of a file in this folder: facts without data, and a loaded benchmark."""

    Config: ClassVar[type[BenchmarkSettings]]
    needs_data_root: ClassVar[bool] = True

    @classmethod
    @abstractmethod
    def facts(cls, config: Any) -> Facts:
        """Published counts, for profiling where there is no data."""

    @classmethod
    @abstractmethod
    def load(cls, config: Any, data_root: Path | None, cache: Path | None) -> Benchmark:
        """Read the benchmark.

        Args:
            config: the settings, of the class `Config`.
            data_root: the folder that holds the data sets; None for those that are made.
            cache: a folder for what is costly to make again; None to keep it in memory.

        Raises:
            InputError: files are missing or do not fit.
        """

    @classmethod
    def load_images(cls, config: Any, data_root: Path | None) -> Benchmark:
        """Read the benchmark for its images: captions that lie beside them may be missing or damaged.

        Args:
            config: as for `load`.
            data_root: as for `load`.

        Raises:
            InputError: files of images are missing or do not fit.
        """
        return cls.load(config, data_root, None)


BENCHMARKS: Registry[type[BenchmarkSource]] = Registry("benchmark", "benchmarks")


def hold_out(train: Split, identities: int) -> tuple[Split, Split]:
    """Take some identities out of a training split, to validate on.

    Which ones depends on the identities' numbers alone, so every method and every seed holds out the same.

    Args:
        train: the training split.
        identities: how many to take out.

    Returns:
        What is left to train on, and the held-out samples.
    """
    known = sorted(set(train.identities.tolist()))
    if not 0 < identities < len(known):
        raise InputError(f"cannot hold out {identities} of {len(known)} training identities; give 1 to {len(known) - 1}")
    order = np.argsort(randomness.mix(randomness.stream("validation"), np.array(known)))
    held = {known[position] for position in order[:identities]}
    inside = np.array([identity in held for identity in train.identities.tolist()])
    return train.take(np.flatnonzero(~inside).tolist()), train.take(np.flatnonzero(inside).tolist())


def _fingerprint(rows: Iterable[tuple[Any, ...]]) -> str:
    lines = sorted(json.dumps(row, ensure_ascii=False) for row in rows)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
