"""MSVR310 (Zheng et al., Information Fusion 2023): 310 vehicles, 8 views, 31 scenes (spans of time), one folder an identity.

Layout: `MSVR310/{bounding_box_train,bounding_box_test,query3}/<id>/{vis,ni,th}/IIII_sSSS_vV_NNN.jpg`, the root also in
lower case. Queries are the test images of the identities that occur in two scenes or more, and a gallery image of the
query's identity *and scene* does not count.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from .base import BENCHMARKS, Sample
from .folders.arrangement import ByIdentity
from .folders.counts import Counts
from .folders.layout import Layout
from .folders.names import NameForm
from .folders.source import FolderSettings, FolderSource
from .folders.survey import Naming
from .protocol import Protocol

_NAMES = "file names of the published captions and the published rank lists"


class Msvr310Settings(FolderSettings):
    """What can be set for MSVR310."""

    image_size: tuple[int, int] = (128, 256)


@BENCHMARKS.register("msvr310")
class Msvr310(FolderSource):
    """MSVR310: 155 training vehicles, 8 views, ranked by the scene rule."""

    Config = Msvr310Settings
    benchmark, object, protocol = "msvr310", "vehicle", Protocol.SCENE
    roots = ("MSVR310",)
    naming = Naming(
        NameForm(
            re.compile(r"(?P<identity>\d{4})_s(?P<scene>\d{3})_v(?P<camera>[0-7])_\d{3}\.jpg"),
            "IIII_sSSS_vV_NNN.jpg",
            "0002_s002_v0_000.jpg",
        ),
        folder_in_name=True,
    )
    published = {
        "train": (Counts(1032, 155, 8, _NAMES),),
        "query": (Counts(591, 52, 8, _NAMES),),
        "gallery": (Counts(1055, 155, 8, _NAMES),),
    }

    @classmethod
    def layouts(cls, config: Msvr310Settings) -> tuple[Layout, ...]:
        """One variant; the folder of queries may be missing."""
        files = ByIdentity(("vis", "ni", "th"))
        return (Layout("folders", files, "bounding_box_train", gallery="bounding_box_test", query="query3"),)

    @classmethod
    def is_query(cls, gallery: Sequence[Sample]) -> list[bool]:
        """The identity occurs in at least two scenes; that is the published list of 591, in its order."""
        scenes: dict[int, set[int]] = {}
        for sample in gallery:
            scenes.setdefault(sample.identity, set()).add(sample.scene)
        return [len(scenes[sample.identity]) > 1 for sample in gallery]
