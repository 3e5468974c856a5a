"""What a file name tells of a sample."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Fields:
    """What was read from a file name."""

    identity: int
    camera: int
    """From 0."""
    scene: int


@dataclass(frozen=True)
class NameForm:
    """How the file names of a data set read.

    Attributes:
        pattern: has the groups `identity` and `camera`, and `scene` where names tell it.
        shown: the pattern for people.
        example: a real name.
        first_camera: the number of the first camera.
    """

    pattern: re.Pattern[str]
    shown: str
    example: str
    first_camera: int = 0

    def read(self, name: str) -> Fields | None:
        """The fields of a file name (without folders); None where it is another form."""
        match = self.pattern.fullmatch(name)
        if match is None:
            return None
        scene = match.groupdict().get("scene")
        return Fields(int(match["identity"]), int(match["camera"]) - self.first_camera, int(scene or 0))

    @property
    def expected(self) -> str:
        """What a name should be."""
        return f"the name does not read {self.shown}, as in {self.example}; rename or remove it"
