"""RGBNT100 (Li et al., AAAI 2020): 100 vehicles, 8 cameras, 25 frames of each (vehicle, camera) pair.

Two forms. Composite: `RGBNT100/rgbir/{bounding_box_train,query,bounding_box_test}/IIII_cCCCC_FFF.jpg` (the folder is
`rgbirt` elsewhere), strips of 768 x 128 pixels with RGB, NIR and TIR side by side. Raw: `RGBNT100/{R,N,T}/<id>/`. Both give
the same split: odd identities train, even ones test, and five frames of each test pair are queries.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from .base import BENCHMARKS, Sample
from .folders.arrangement import ModalityFirst, Strips
from .folders.counts import Counts
from .folders.layout import Layout
from .folders.names import NameForm
from .folders.source import FolderSettings, FolderSource
from .folders.survey import Naming
from .protocol import Protocol

_NAMES = "Table I, and the published protocol manifest"
QUERY_FRAMES = (0, 5, 10, 15, 20)
"""Frames of each (identity, camera) pair that are queries."""


class Rgbnt100Settings(FolderSettings):
    """What can be set for RGBNT100."""

    image_size: tuple[int, int] = (128, 256)


@BENCHMARKS.register("rgbnt100")
class Rgbnt100(FolderSource):
    """RGBNT100: 50 training vehicles, 8 cameras, as composite strips or as raw folders."""

    Config = Rgbnt100Settings
    benchmark, object, protocol = "rgbnt100", "vehicle", Protocol.CAMERA
    roots = ("RGBNT100",)
    naming = Naming(
        NameForm(
            re.compile(r"(?P<identity>0(?:50[1-9]|5[1-9]\d|600))_c000(?P<camera>[1-8])_(?P<frame>\d{3})\.jpg"),
            "IIII_cCCCC_FFF.jpg with identity 0501 to 0600 and camera 0001 to 0008",
            "0502_c0001_010.jpg",
            first_camera=1,
        )
    )
    published = {
        "train": (Counts(8675, 50, 8, _NAMES),),
        "query": (Counts(1715, 50, 8, _NAMES),),
        "gallery": (Counts(8575, 50, 8, _NAMES),),
    }

    @classmethod
    def layouts(cls, config: Rgbnt100Settings) -> tuple[Layout, ...]:
        """The composite under its two names, then the raw form."""
        composite = tuple(
            Layout(name, Strips(), f"{name}/bounding_box_train", f"{name}/bounding_box_test", f"{name}/query")
            for name in ("rgbir", "rgbirt")
        )
        return (*composite, Layout("raw", ModalityFirst(("R", "N", "T"))))

    @classmethod
    def in_training(cls, identity: int) -> bool:
        """Odd identities train."""
        return identity % 2 == 1

    @classmethod
    def is_query(cls, gallery: Sequence[Sample]) -> list[bool]:
        """Five frames of each (identity, camera) pair; that is the published list of 1,715."""
        frames = (cls.naming.form.pattern.fullmatch(sample.name) for sample in gallery)
        return [match is not None and int(match["frame"]) in QUERY_FRAMES for match in frames]
