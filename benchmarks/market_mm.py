"""Market-MM: Market-1501 (Zheng et al., ICCV 2015) with synthetic near-infrared and thermal images beside the RGB ones.

Two public names of one tree: `Market-1501-RGBNT/` and `Market1501-MM/`, with `{train,query,gallery}/{RGB,NI,TI}/` and
Market's own file names. Junk (identity -1) is left out; distractors (identity 0) stay in the gallery.
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

_MARKET = "Market-1501, whose images these are"


class MarketMmSettings(FolderSettings):
    """What can be set for Market-MM."""

    image_size: tuple[int, int] = (256, 128)


@BENCHMARKS.register("market_mm")
class MarketMm(FolderSource):
    """Market-1501 with synthetic NIR and TIR: 751 training identities, 6 cameras, 15,913 gallery images without junk."""

    Config = MarketMmSettings
    benchmark, object, protocol = "market_mm", "person", Protocol.CAMERA
    roots = ("Market-1501-RGBNT", "Market1501-MM")
    naming = Naming(
        NameForm(
            re.compile(r"(?P<identity>-1|\d{4})_c(?P<camera>[1-6])s\d+_\d+_\d+\.jpg"),
            "PPPP_cCsS_FFFFFF_BB.jpg",
            "0002_c1s1_000451_03.jpg",
            first_camera=1,
        )
    )
    published = {
        "train": (Counts(12936, 751, 6, _MARKET),),
        "query": (Counts(3368, 750, 6, _MARKET),),
        "gallery": (Counts(15913, 751, 6, f"{_MARKET}: 750 identities and the distractors, without junk"),),
    }

    @classmethod
    def layouts(cls, config: MarketMmSettings) -> tuple[Layout, ...]:
        """One variant."""
        return (Layout("folders", ByModality(("RGB", "NI", "TI")), "train", gallery="gallery", query="query"),)
