"""The embedded benchmark of vehicles that are made, not filmed: the sister of `synthetic_person`.

Identities come in groups that share type, brand and colour and differ in a few attributes each, some of which show in one
modality only (see `docs/embedded.md`). All test images are both query and gallery, as in MSVR310, and the scene rule applies: a
vehicle must be found in another session, often at another time of day, and as warm or cold as it then is.
"""

from __future__ import annotations

from .base import BENCHMARKS
from .protocol import Protocol
from .synthetic.source import SyntheticSettings, SyntheticSource


class SyntheticVehicleSettings(SyntheticSettings):
    """What can be set for the made vehicles."""

    image_size: tuple[int, int] = (32, 64)
    """Height and width at which images are rendered, in pixels."""


@BENCHMARKS.register("synthetic_vehicle")
class SyntheticVehicle(SyntheticSource):
    """Made vehicles in three modalities with captions."""

    Config = SyntheticVehicleSettings
    object, protocol = "vehicle", Protocol.SCENE
