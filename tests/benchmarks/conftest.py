"""Trees of the real data sets, built once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import trees


@dataclass(frozen=True)
class RealTrees:
    """Two data roots with the published file names and small made images; not to be changed."""

    usual: Path
    """RGBNT201, MSVR310, RGBNT100 (`rgbir`), WMVEID863 (`test`) and Market-1501-RGBNT."""
    other: Path
    """The same in their other variants: roots in lower case, MSVR310 without `query3`, RGBNT100 as `rgbirt` and as raw folders,
    WMVeID863 with `gallery`, and Market1501-MM."""


@pytest.fixture(scope="session")
def real_trees(tmp_path_factory, published_captions, published_reference) -> RealTrees:
    """All data sets in all their layouts."""
    usual, other = tmp_path_factory.mktemp("usual"), tmp_path_factory.mktemp("other")
    trees.rgbnt201(usual, published_captions)
    trees.msvr310(usual, published_captions, published_reference)
    trees.rgbnt100(usual, published_reference)
    trees.wmveid863(usual, published_reference)
    trees.market_mm(usual)
    trees.rgbnt100(other, published_reference, form="raw", name="rgbnt100")
    trees.market_mm(other, name="Market1501-MM")
    link(usual / "RGBNT201", other / "rgbnt201", {"train_171": "train_171", "test": "test"})
    link(usual / "MSVR310", other / "msvr310", {name: name for name in ("bounding_box_train", "bounding_box_test")})
    link(usual / "RGBNT100", other / "rgbnt100", {"rgbir": "rgbirt"})
    link(usual / "WMVEID863", other / "wmveid863", {"train": "train", "test": "gallery", "query": "query"})
    return RealTrees(usual, other)


def link(folder: Path, other: Path, names: Mapping[str, str]) -> None:
    """Give folders other names in another place."""
    other.mkdir(exist_ok=True)
    for name, new in names.items():
        (other / new).symlink_to(folder / name)
