"""What the embedded benchmarks share: settings, worlds of training and test identities, splits."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from ..base import Benchmark, BenchmarkSettings, BenchmarkSource, Facts, Sample, Split
from ..batch import MODALITIES
from ..captions.files import attach_captions
from ..common.settings import FilePath
from ..protocol import Protocol
from .cache import Pictures
from .captions import captions
from .difficulty import LEVELS, Level
from .draws import Object
from .world import MOST_CAMERAS, MOST_IMAGES, VERSION, World


class SyntheticSettings(BenchmarkSettings):
    """What can be set for every embedded benchmark."""

    draw: int = Field(0, ge=0)
    """Which world: other draws have other identities, cameras and backdrops, but are as hard."""
    difficulty: Level = "standard"
    train_identities: int = Field(80, ge=2)
    train_images: int = Field(16, ge=2, le=MOST_IMAGES)
    """Samples of each training identity."""
    test_identities: int = Field(80, ge=2)
    test_images: int = Field(8, ge=2, le=MOST_IMAGES)
    """Samples of each test identity."""
    cameras: int = Field(4, ge=2, le=MOST_CAMERAS)
    caption_quality: float = Field(1.0, ge=0, le=1)
    """Probability that what a caption tells of an attribute is true: a control. It is about truth; `data.word_quality` is about
    words that tell nothing."""
    captions: FilePath | None = None
    """Folder of caption files that take the place of the benchmark's own, as `harness captions generate` writes them."""
    background_only: bool = False
    """Whether the pictures show the places without the objects: a control that must be at chance."""
    version: Literal[2] = VERSION
    """Version of the generator: part of the settings so that results of different versions are never taken for the same."""

    @model_validator(mode="after")
    def _own_captions_alone_have_a_quality(self) -> SyntheticSettings:
        if self.captions is not None and self.caption_quality != 1:
            raise ValueError("caption_quality is of the benchmark's own captions; leave it or captions out")
        return self


class SyntheticSource(BenchmarkSource):
    """A benchmark that is made and needs no files."""

    needs_data_root = False
    object: ClassVar[Object]
    protocol: ClassVar[Protocol]

    @classmethod
    def facts(cls, config: Any) -> Facts:
        """Counts as they are set."""
        identities, cameras = config.train_identities, config.cameras
        return Facts(f"synthetic_{cls.object}", cls.object, identities, cameras, config.image_size, cls.protocol)

    @classmethod
    def load(cls, config: Any, data_root: Path | None, cache: Path | None) -> Benchmark:
        """List samples with their captions; images are rendered, or found in the cache, when the first is asked for."""
        train, test = worlds(cls.object, config)
        gallery = _split(test, "test", config, cache)
        return Benchmark(cls.facts(config), _split(train, "train", config, cache), query=gallery, gallery=gallery)


def worlds(object: Object, config: SyntheticSettings) -> tuple[World, World]:
    """The worlds of the training and the test identities: the same cameras, other identities."""
    difficulty = LEVELS[config.difficulty]
    first = -(-config.train_identities // difficulty.group_size) * difficulty.group_size  # no group has members in both

    def world(first: int, identities: int, images: int) -> World:
        return World(
            draw=config.draw,
            first_identity=first,
            identities=identities,
            images=images,
            cameras=config.cameras,
            image_size=config.image_size,
            difficulty=difficulty,
            object=object,
            background_only=config.background_only,
        )

    train = world(0, config.train_identities, config.train_images)
    return train, world(first, config.test_identities, config.test_images)


def _split(world: World, name: str, config: SyntheticSettings, cache: Path | None) -> Split:
    visits = world.visits
    columns = (world.numbers[visits.row], visits.camera, visits.session)
    rows = zip(world.names, *(column.tolist() for column in columns), strict=True)
    samples = [Sample(*row) for row in rows]
    if config.captions is not None:
        samples = attach_captions(samples, Path(config.captions), name, MODALITIES)
    else:
        told = captions(world, np.arange(len(world)), config.caption_quality)
        samples = [replace(sample, captions=each) for sample, each in zip(samples, told, strict=True)]
    return Split(tuple(samples), Pictures(world, cache))
