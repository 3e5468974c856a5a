"""Small trees of each data set in its own names, and what the tests of folders do with them."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
import trees
from PIL import Image

from benchmarks.base import BENCHMARKS
from benchmarks.common.errors import InputError
from benchmarks.market_mm import MarketMm
from benchmarks.msvr310 import Msvr310
from benchmarks.rgbnt100 import Rgbnt100
from benchmarks.rgbnt201 import Rgbnt201
from benchmarks.wmveid863 import Wmveid863

SOURCES = (Rgbnt201, MarketMm, Msvr310, Rgbnt100, Wmveid863)
RGB_NI_TI = ("RGB", "NI", "TI")
VIS_NI_TH = ("vis", "ni", "th")

PERSONS = {
    "train_171": [
        f"{identity:06d}_cam{camera}_0_{frame:02d}.jpg" for identity in (1, 2, 3) for camera in (1, 2) for frame in (0, 4)
    ],
    "test": [f"{identity:06d}_cam{camera}_0_{frame:02d}.jpg" for identity in (7, 8) for camera in (1, 2) for frame in (1, 3)],
}
SCENES = {
    "bounding_box_train": [f"{identity:04d}_s{scene:03d}_v{scene % 8}_000.jpg" for identity in (1, 2, 3) for scene in (4, 5)],
    "bounding_box_test": [
        f"{i:04d}_s{s:03d}_v{v}_{v:03d}.jpg" for i, s in ((10, 1), (10, 2), (11, 1), (12, 3), (12, 8)) for v in (0, 5)
    ],
    "query3": [f"{i:04d}_s{s:03d}_v{v}_{v:03d}.jpg" for i, s in ((10, 1), (10, 2), (12, 3), (12, 8)) for v in (0, 5)],
}
STRIPS = {
    "bounding_box_train": [
        f"{identity:04d}_c{camera:04d}_{frame:03d}.jpg" for identity in (501, 503) for camera in (1, 8) for frame in (0, 5, 7)
    ],
    "bounding_box_test": [
        f"{identity:04d}_c{camera:04d}_{frame:03d}.jpg" for identity in (502, 600) for camera in (2, 3) for frame in (0, 5, 7)
    ],
    "query": [
        f"{identity:04d}_c{camera:04d}_{frame:03d}.jpg" for identity in (502, 600) for camera in (2, 3) for frame in (0, 5)
    ],
}
VIEWS = {
    "train": [f"{identity:04d}_v{view}_n0_s999_001.jpg" for identity in (1, 2, 3) for view in (0, 7)],
    "test": [f"{identity:04d}_v{view}_n9_s031_002.jpg" for identity in (4, 5) for view in (1, 3)],
    "query": [f"{identity:04d}_v{view}_n9_s031_002.jpg" for identity in (4, 5) for view in (1,)],
}


def small(source, root):
    """Build a small tree of a data set below a data root; the folder of the data set."""
    folder = root / source.roots[0]
    if source is Rgbnt201:
        for role, names in PERSONS.items():
            trees.triplets(folder / role, names, RGB_NI_TI, "person")
    elif source is MarketMm:
        trees.market_mm(root)
    elif source is Rgbnt100:
        for role, names in STRIPS.items():
            for name in names:
                trees.put(folder / "rgbir" / role / name, "strip", int(name[:4]), 0, role)
    else:
        for role, names in (SCENES if source is Msvr310 else VIEWS).items():
            trees.by_identity(folder / role, names, VIS_NI_TH, role)
    return folder


def paint(path, colour, size=(4, 8), mode="RGB"):
    """Write an image of one colour that loses nothing; its name may say JPEG."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, colour).save(path, format="png")
    return path


def load(source, data_root, cache=None, **settings):
    return source.load(source.Config.model_validate(settings), data_root, cache)


def refused(act, *arguments, **settings):
    """The one line with which something is refused."""
    with pytest.raises(InputError) as error:
        act(*arguments, **settings)
    assert "\n" not in str(error.value)
    return str(error.value)


def names(split):
    return [sample.name for sample in split.samples]


def remarks(benchmark):
    """The remarks but for the one on counts, which a small tree always has."""
    return [line for line in benchmark.remarks if "published: " not in line]


def matches(query, gallery, group):
    """Positives (Q,) and removed gallery entries (Q,) of each query, where `group` is a field of a sample."""
    of_identity = Counter(sample.identity for sample in gallery.samples)
    of_both = Counter((sample.identity, getattr(sample, group)) for sample in gallery.samples)
    removed = np.array([of_both[sample.identity, getattr(sample, group)] for sample in query.samples])
    return np.array([of_identity[sample.identity] for sample in query.samples]) - removed, removed


def registered(source):
    return BENCHMARKS.get(source.benchmark) is source
