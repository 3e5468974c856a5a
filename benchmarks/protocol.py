"""Which gallery entries count for a query."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from .base import Split

JUNK = -1
"""Identity of a picture that shows nobody in full, as Market-1501 has them. Benchmarks leave it out when they are read; in
embeddings from elsewhere it is neither a hit nor a miss of any query, and as a query it is skipped. Distractors (identity 0
there) are no junk: they show nobody who is asked for, and are misses like any other."""


class Protocol(str, Enum):
    """The rule by which gallery entries of the query's own identity are left out.

    A gallery entry with the query's identity *and* the query's camera (or scene) shows nothing that a person would call
    retrieval, so it is neither a hit nor a miss: it is removed before ranking. Entries of other identities always stay.
    """

    CAMERA = "camera"
    """RGBNT201, RGBNT100, Market-MM, WMVeID863 (there the view takes the camera's place)."""
    SCENE = "scene"
    """MSVR310: same identity and same time span."""

    def groups(self, split: Split) -> npt.NDArray[np.int64]:
        """The camera or scene (N,) of each sample, by which the rule removes."""
        return split.cameras if self is Protocol.CAMERA else split.scenes
