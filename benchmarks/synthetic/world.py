"""A world: identities, cameras and moments, all drawn from a few numbers and held as tables."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Final

import numpy as np

from ..common.errors import InputError
from .attribute import Attribute
from .difficulty import STANDARD, Difficulty
from .draws import Draws, Ints, Namespace, Object
from .moments import Habit, Nuisances, Visits, draw_nuisances, draw_visits
from .person.attributes import PERSON, People
from .person.identities import draw_people
from .person.poses import Poses, draw_poses
from .vehicle.attributes import VEHICLE, Vehicles
from .vehicle.identities import draw_vehicles
from .vehicle.stances import Stances, draw_stances

VERSION: Final = 2
"""Changes when a pixel or a word of any world changes."""
MOST_CAMERAS, MOST_SESSIONS, MOST_IMAGES = 9, 10, 100
"""What the file names of RGBNT201 have room for."""
_MOST_IDENTITIES: Final[Mapping[Object, int]] = {"person": 10**6, "vehicle": 10**4}
"""What the file names of RGBNT201 and MSVR310 have room for."""
ATTRIBUTES: Final[Mapping[Object, Mapping[str, Attribute]]] = {"person": PERSON, "vehicle": VEHICLE}
_HABITS: Final[Mapping[Object, Habit]] = {
    "person": Habit(frames=2, together=False),
    "vehicle": Habit(frames=1, together=True),
}


@dataclass(frozen=True)
class World:
    """A population that is seen by a network of cameras.

    Two worlds of the same namespace and draw share cameras and backdrops, and an identity looks the same in both. Worlds of
    different namespaces share nothing, worlds of different draws of one namespace neither.

    The samples are rows 0 to N - 1 in the order of their names: by (identity, camera, session, frame), and vehicles, who are
    seen by all cameras together, by (identity, session, camera, frame).
    """

    namespace: Namespace = "benchmark"
    draw: int = 0
    first_identity: int = 0
    identities: int = 80
    images: int = 16
    """Samples of each identity."""
    cameras: int = 4
    sessions: int = 10
    image_size: tuple[int, int] = (64, 32)
    """Height and width in pixels."""
    difficulty: Difficulty = STANDARD
    object: Object = "person"
    background_only: bool = False
    """Whether the pictures show the places without the objects: a control."""

    def __post_init__(self) -> None:
        """Refuse worlds in which a query could be without a match, or a name without room."""
        ranges = {
            "images": (2, MOST_IMAGES),
            "cameras": (2, MOST_CAMERAS),
            "sessions": (1, MOST_SESSIONS),
            "identities": (1, _MOST_IDENTITIES[self.object] - self.first_identity),
        }
        for name, (low, high) in ranges.items():
            if not low <= getattr(self, name) <= high:
                raise InputError(f"synthetic world: {name} is {getattr(self, name)}; give {low} to {high}")
        if _HABITS[self.object].together and (self.images <= self.cameras or self.sessions < 2):
            raise InputError(
                f"synthetic world: {self.images} images by {self.cameras} cameras in {self.sessions} sessions leave a "
                f"{self.object} in one session only; give more images than cameras, and two sessions"
            )
        available = sum(attribute.distinguishes for attribute in ATTRIBUTES[self.object].values())
        if self.difficulty.group_size * self.difficulty.differences > available:
            raise InputError(
                f"synthetic world: {self.difficulty.differences} differences of each of {self.difficulty.group_size} "
                f"identities do not fit into the {available} attributes that tell {self.object}s apart"
            )
        if min(self.image_size) < 16:
            raise InputError(f"synthetic world: image_size is {self.image_size}; give at least 16 pixels each way")

    def __len__(self) -> int:
        return self.identities * self.images

    @property
    def draws(self) -> Draws:
        """The random numbers of this namespace and draw."""
        return Draws(self.object, self.namespace, self.draw)

    @property
    def numbers(self) -> Ints:
        """The number (I,) of each identity, unique in its namespace and draw."""
        return np.arange(self.first_identity, self.first_identity + self.identities)

    @cached_property
    def people(self) -> People:
        """The true attributes of the persons, columns (I,)."""
        return draw_people(self.draws, self.numbers, self.difficulty)

    @cached_property
    def vehicles(self) -> Vehicles:
        """The true attributes of the vehicles, columns (I,)."""
        return draw_vehicles(self.draws, self.numbers, self.difficulty)

    @property
    def attributes(self) -> Mapping[str, Ints]:
        """The true attributes of the identities by name, columns (I,) of positions in the values of `ATTRIBUTES`."""
        return vars(self.people if self.object == "person" else self.vehicles)

    @cached_property
    def visits(self) -> Visits:
        """Identity, camera, session and time of each sample, columns (N,)."""
        habit = _HABITS[self.object]
        return draw_visits(self.draws, self.numbers, self.images, self.cameras, self.sessions, self.difficulty, habit)

    @cached_property
    def poses(self) -> Poses:
        """The pose of the person in each sample, columns (N,)."""
        return draw_poses(self.draws, self.visits.key, self.difficulty)

    @cached_property
    def stances(self) -> Stances:
        """The stance of the vehicle in each sample, columns (N,)."""
        return draw_stances(self.draws, self.numbers, self.visits, self.difficulty, self.image_size)

    @cached_property
    def nuisances(self) -> Nuisances:
        """What disturbs each sample, columns (N, ...)."""
        return draw_nuisances(self.draws, self.visits, self.difficulty)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """File name of each sample: of persons in the manner of RGBNT201, of vehicles in that of MSVR310."""
        visits = self.visits
        columns = (self.numbers[visits.row], visits.camera + 1, visits.session, visits.frame)
        rows = zip(*(column.tolist() for column in columns), strict=True)
        if self.object == "vehicle":
            return tuple(
                f"{identity:04d}_s{session:03d}_v{camera}_{frame:03d}.jpg" for identity, camera, session, frame in rows
            )
        return tuple(f"{identity:06d}_cam{camera}_{session}_{frame:02d}.jpg" for identity, camera, session, frame in rows)

    @property
    def fingerprint(self) -> str:
        """sha256 of everything that the pixels and captions depend on."""
        settings = {field.name: getattr(self, field.name) for field in fields(self)}
        text = json.dumps({"version": VERSION, **settings, "difficulty": self.difficulty.model_dump()}, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()
