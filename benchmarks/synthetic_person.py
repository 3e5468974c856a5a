"""The embedded benchmark: persons that are made, not filmed, so that everybody can run every comparison at once.

Identities come in groups that share colours and garments and differ in a few attributes each, some of which show in one
modality only (see `benchmarks/synthetic/`). All test images are both query and gallery, as in RGBNT201, and the camera rule
applies.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import Field

from .base import BENCHMARKS, Benchmark, BenchmarkSettings, BenchmarkSource, Facts, Sample, Split
from .protocol import Protocol
from .synthetic.cache import Pictures
from .synthetic.captions import captions
from .synthetic.difficulty import STANDARD
from .synthetic.world import MOST_CAMERAS, MOST_IMAGES, VERSION, World


class SyntheticPersonSettings(BenchmarkSettings):
    """What can be set for the embedded benchmark."""

    image_size: tuple[int, int] = (64, 32)
    """Height and width at which images are rendered, in pixels."""
    draw: int = Field(0, ge=0)
    """Which world: other draws have other identities, cameras and backdrops, but are as hard."""
    train_identities: int = Field(80, ge=2)
    train_images: int = Field(16, ge=2, le=MOST_IMAGES)
    """Samples of each training identity."""
    test_identities: int = Field(80, ge=2)
    test_images: int = Field(8, ge=2, le=MOST_IMAGES)
    """Samples of each test identity."""
    cameras: int = Field(4, ge=2, le=MOST_CAMERAS)
    version: Literal[1] = VERSION
    """Version of the generator: part of the settings so that results of different versions are never taken for the same."""


@BENCHMARKS.register("synthetic_person")
class SyntheticPerson(BenchmarkSource):
    """Made persons in three modalities with captions; needs no files."""

    Config = SyntheticPersonSettings
    needs_data_root = False

    @classmethod
    def facts(cls, config: SyntheticPersonSettings) -> Facts:
        """Counts as they are set."""
        identities, cameras = config.train_identities, config.cameras
        return Facts("synthetic_person", "person", identities, cameras, config.image_size, Protocol.CAMERA)

    @classmethod
    def load(cls, config: SyntheticPersonSettings, data_root: Path | None, cache: Path | None) -> Benchmark:
        """List samples and write captions; images are rendered, or found in the cache, when the first is asked for."""
        train, test = worlds(config)
        gallery = _split(test, cache)
        return Benchmark(cls.facts(config), _split(train, cache), query=gallery, gallery=gallery)


def worlds(config: SyntheticPersonSettings) -> tuple[World, World]:
    """The worlds of the training and the test identities: the same cameras, other persons."""
    group = STANDARD.group_size
    first = -(-config.train_identities // group) * group  # no group has members in both
    train, test = (0, config.train_identities, config.train_images), (first, config.test_identities, config.test_images)
    return (
        World("benchmark", config.draw, *train, config.cameras, image_size=config.image_size),
        World("benchmark", config.draw, *test, config.cameras, image_size=config.image_size),
    )


def _split(world: World, cache: Path | None) -> Split:
    visits = world.visits
    columns = (world.numbers[visits.row], visits.camera, visits.session)
    rows = zip(world.names, *(column.tolist() for column in columns), captions(world, np.arange(len(world))), strict=True)
    return Split(tuple(Sample(*row) for row in rows), Pictures(world, cache))
