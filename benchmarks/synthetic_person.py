"""The embedded benchmark of persons that are made, not filmed, so that everybody can run every comparison at once.

Identities come in groups that share colours and garments and differ in a few attributes each, some of which show in one
modality only (see `docs/embedded.md`). All test images are both query and gallery, as in RGBNT201, and the camera rule applies.
"""

from __future__ import annotations

from .base import BENCHMARKS
from .protocol import Protocol
from .synthetic.source import SyntheticSettings, SyntheticSource


class SyntheticPersonSettings(SyntheticSettings):
    """What can be set for the made persons."""

    image_size: tuple[int, int] = (64, 32)
    """Height and width at which images are rendered, in pixels."""


@BENCHMARKS.register("synthetic_person")
class SyntheticPerson(SyntheticSource):
    """Made persons in three modalities with captions."""

    Config = SyntheticPersonSettings
    object, protocol = "person", Protocol.CAMERA
