"""RGBNT201 (Zheng et al., AAAI 2021): 201 persons, 4 cameras, three aligned modalities in three folders.

Layout, as the public code of the field reads it: `RGBNT201/{train_171,test}/{RGB,NI,TI}/PPPPPP_camC_X_FF.jpg`, the same
file name in the three folders. All 836 test images are both query and gallery.
"""

from __future__ import annotations

import re

from .base import BENCHMARKS
from .folders.arrangement import ByModality
from .folders.counts import Counts
from .folders.layout import Layout
from .folders.names import NameForm
from .folders.source import FolderSettings, FolderSource
from .folders.survey import Naming
from .protocol import Protocol

FOLDERS = ("RGB", "NI", "TI")

_NAMES = "file names of the published captions"


class Rgbnt201Settings(FolderSettings):
    """What can be set for RGBNT201 and for folders in its layout."""

    image_size: tuple[int, int] = (256, 128)
    train_folder: str = "train_171"


@BENCHMARKS.register("rgbnt201")
class Rgbnt201(FolderSource):
    """RGBNT201 with the 171 training identities (141 train + 30 validation) that all public code trains on."""

    Config = Rgbnt201Settings
    benchmark, object, protocol = "rgbnt201", "person", Protocol.CAMERA
    roots = ("RGBNT201",)
    naming = Naming(
        NameForm(
            re.compile(r"(?P<identity>\d{6})_cam(?P<camera>[1-9])_(?P<scene>\d)_\d+\.jpg"),
            "PPPPPP_camC_X_FF.jpg",
            "000273_cam1_0_02.jpg",
            first_camera=1,
        )
    )
    published = {
        "train": (Counts(3951, 171, 4, _NAMES),),
        "query": (Counts(836, 30, 2, _NAMES),),
        "gallery": (Counts(836, 30, 2, _NAMES),),
    }

    @classmethod
    def layouts(cls, config: Rgbnt201Settings) -> tuple[Layout, ...]:
        """One variant; the training folder can be another one."""
        return (Layout("folders", ByModality(FOLDERS), config.train_folder, gallery="test", query="test"),)
