"""WMVeID863 (Zheng et al., Information Fusion 2024): 863 vehicles, 8 views, one folder an identity.

Layout: `WMVEID863/{train,test,query}/<id>/{vis,ni,th}/IIII_vV_nN_sSSS_FFF.jpg`, with `gallery` in the place of `test`
elsewhere. The folder is the identity: seven name prefixes occur on both sides of the split. The view stands in the camera's
place. Which images are queries is the user's folder's to say, as no list is public.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

from .base import BENCHMARKS
from .folders.arrangement import ByIdentity
from .folders.counts import Counts
from .folders.layout import Layout
from .folders.names import NameForm
from .folders.problem import Problem
from .folders.source import FolderSettings, FolderSource
from .folders.survey import Naming, Survey
from .protocol import Protocol

_PAPER, _NAMES = "the paper's text", "file names of the published captions that have all modalities"

SHARED_PREFIXES = frozenset({325, 331, 397, 406, 451, 471, 862})
"""Name prefixes that the released data have in training and at test; 325 and 331 are one vehicle each."""


class Wmveid863Settings(FolderSettings):
    """What can be set for WMVeID863."""

    image_size: tuple[int, int] = (128, 256)
    incomplete: Literal["refuse", "skip"] = "skip"
    """The release itself lacks files of a few triplets; those that are left out are listed in the record."""


_INCOMPLETE = frozenset(
    {
        "0865_0865_vis_v1_n0_03.jpg",
        "0865_v1_n0_s999_002.jpg",
        "0406_v1_n0_s999_004.jpg",
        "0476_v0_n0_s999_001.jpg",
        "0476_v1_n0_s999_002.jpg",
        "0476_v1_n0_s999_003.jpg",
    }
)
"""Triplets for which the published caption lists lack a modality."""


@BENCHMARKS.register("wmveid863")
class Wmveid863(FolderSource):
    """WMVeID863: 603 training vehicles, 8 views, queries from the user's own folder."""

    Config = Wmveid863Settings
    benchmark, object, protocol = "wmveid863", "vehicle", Protocol.CAMERA
    roots = ("WMVEID863", "WMVeID863")
    naming = Naming(
        NameForm(
            # The optional parts are those of one released name, 0865_0865_vis_v1_n0_03.jpg.
            re.compile(r"(?:0865_)?(?P<identity>\d{4})(?:_vis)?_v(?P<camera>[0-7])_n\d(?:_s(?P<scene>\d{3}))?_\d{2,3}\.jpg"),
            "IIII_vV_nN_sSSS_FFF.jpg",
            "0001_v0_n0_s999_001.jpg",
        ),
        folder_is_identity=True,
        folder_in_name=True,
    )
    published = {
        "train": (Counts(3482, 603, 8, _PAPER), Counts(3481, 603, 8, _NAMES)),
        "query": (Counts(959, None, None, _PAPER),),
        "gallery": (Counts(1226, 260, 8, _PAPER), Counts(1228, None, 8, _NAMES)),
    }

    @classmethod
    def layouts(cls, config: Wmveid863Settings) -> tuple[Layout, ...]:
        """The two names of the gallery's folder."""
        files = ByIdentity(("vis", "ni", "th"))
        return tuple(Layout(gallery, files, "train", gallery=gallery, query="query") for gallery in ("test", "gallery"))

    @classmethod
    def is_released(cls, found: Problem) -> bool:
        """Triplets that lack a file, prefixes on both sides, and queries whose vehicle was seen from one view alone."""
        name = Path(found.path).name
        if found.kind == "query_without_match":
            return True
        if found.kind == "missing_counterpart":
            return name in _INCOMPLETE
        return found.kind in {"identity_overlap", "name_overlap"} and name[:4].isdecimal() and int(name[:4]) in SHARED_PREFIXES

    @classmethod
    def warnings(cls, surveyed: Survey) -> list[str]:
        """What must not be trained on together."""
        names = [Path(sample.name).name for role in (surveyed.train, surveyed.gallery) for sample in role.samples]
        shared = sum("_n9_" in name for name in names)
        text = f"{shared:,} triplets (n9) are those of MSVR310, its test split among them"
        return [f"{text}: never train on one and test on the other"] * bool(shared)
