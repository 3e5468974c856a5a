"""Posed bodies: where joints and outlines of a block of persons are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..canvas import Frame
from ..draws import Bools, Floats, Ints
from .attributes import Gender, Held, People, Upper
from .poses import Poses, View

Column = Floats
"""(B, 1), one value for each picture; lengths in heights of the person."""

_HEM = np.array([0.515, 0.53, 0.525, 0.53, 0.54, 0.63, 0.72], np.float32)
_SLEEVE = np.array([0.30, 0.47, 0.47, 0.47, 0.475, 0.48, 0.30], np.float32)
_BULK = np.array([0.0, 0.002, 0.006, 0.009, 0.012, 0.017, 0.002], np.float32)
_GIRTH = np.array([0.84, 1.0, 1.2], np.float32)
SHOULDER, WAIST, HIP, CROTCH, KNEE, ANKLE = 0.185, 0.40, 0.48, 0.53, 0.73, 0.945


@dataclass(frozen=True)
class Body:
    """B persons in their poses."""

    people: People
    view: Ints
    frame: Frame
    side: Column
    """How far the person is turned to the side, in [0, 1]."""
    facing: Column
    """Which way the person looks across the picture: -1 left, 1 right, scaled by `side`."""
    stride: Column
    """Which foot is in front and how far, in [-1, 1]."""
    lean: Column
    holding: Bools

    @cached_property
    def girth(self) -> Column:
        """Breadth of the body, 1 on average."""
        return column(_GIRTH[self.people.build]) * (1 - 0.08 * self.young)

    @cached_property
    def young(self) -> Column:
        """1 for teenagers, 0 for adults."""
        return column(self.people.age)

    @cached_property
    def head(self) -> Column:
        """Breadth of the head, 1 for adults: a teenager's is larger against the body, whose height fills the picture alike."""
        return 1 + 0.16 * self.young

    @cached_property
    def bulk(self) -> Column:
        """What the upper garment adds on each side."""
        return column(_BULK[self.people.upper])

    @cached_property
    def female(self) -> Column:
        """1 for women, 0 for men."""
        return column(self.people.gender == Gender.FEMALE)

    @cached_property
    def shoulder(self) -> Column:
        """Half the width of the shoulders, less from the side."""
        frontal = 0.110 - 0.018 * self.female
        return frontal * (0.6 + 0.4 * self.girth) * (1 - 0.42 * self.side)

    @cached_property
    def hem(self) -> Column:
        """Where the upper garment ends."""
        return column(_HEM[self.people.upper])

    @cached_property
    def sleeve(self) -> Column:
        """Where the sleeves end."""
        return column(_SLEEVE[self.people.upper])

    @cached_property
    def axis(self) -> Floats:
        """(B, H) middle of the trunk: it leans."""
        return self.frame.track((0.0, self.lean), (CROTCH, self.lean * 0))

    @cached_property
    def front(self) -> Bools:
        """(B,) seen from the front."""
        return np.asarray(self.view == View.FRONT)

    @cached_property
    def back(self) -> Bools:
        """(B,) seen from the back."""
        return np.asarray(self.view == View.BACK)

    @cached_property
    def turned(self) -> Bools:
        """(B,) seen from the side."""
        return np.asarray(self.view >= View.LEFT)

    @cached_property
    def bag_side(self) -> Column:
        """On which side of the picture a bag is carried: the person's right hand, so it changes sides with the view."""
        return column(np.where(self.back, 1, -1))

    @cached_property
    def dressed(self) -> Bools:
        """(B,) in a dress."""
        return np.asarray(self.people.upper == Upper.DRESS)

    @cached_property
    def everyone(self) -> Bools:
        """(B,) True."""
        return np.ones(len(self.view), np.bool_)

    def foot(self, sign: float) -> Column:
        """Distance of a foot from the middle; the signs 1 and -1 are the two feet."""
        apart = 0.05 * (1 - self.side)
        return (apart + self.stride * (0.012 + 0.105 * self.side)) * sign

    def lift(self, sign: float) -> Column:
        """How much a foot is lifted off the ground."""
        return np.maximum(-sign * self.stride, 0) * 0.035

    def hand(self, sign: float) -> Column:
        """Distance of a hand from the middle: arms swing against the legs."""
        hang = (self.shoulder + 0.03 + self.bulk) * (1 - 0.75 * self.side)
        return (hang - 0.10 * self.stride * self.side) * sign

    @cached_property
    def raised(self) -> Bools:
        """(B,) holding something up, for which the second arm is bent."""
        return np.asarray(self.holding & ((self.people.held == Held.PHONE) | (self.people.held == Held.BOOK)))

    @cached_property
    def raised_hand(self) -> Column:
        """Where that hand is."""
        return self.hand(1) * 0.6 + self.facing * 0.07


def pose(people: People, poses: Poses, rows: Ints, shape: tuple[int, int]) -> Body:
    """The bodies of a block.

    Args:
        people: the attributes of the persons shown, one row for each picture.
        poses: of all samples of the world.
        rows: (B,) the samples of the block.
        shape: height and width of the pictures.
    """
    height, width = shape
    size = column(poses.height[rows] * height)
    top = column(poses.top[rows] * height)
    middle = np.arange(height, dtype=np.float32) + 0.5
    frame = Frame((middle - top) / size, size, column(poses.across[rows] * width))
    view, yaw = poses.view[rows], poses.yaw[rows]
    turned = view >= View.LEFT
    side = np.where(turned, np.float32(1) - np.float32(0.25) * yaw, np.float32(0.25) * yaw)
    # a slight turn of the front or back goes to either side, which the sign of the stride decides
    right = np.where(turned, view == View.RIGHT, poses.stride[rows] > 0)
    facing = np.where(right, side, -side)
    return Body(
        people,
        view,
        frame,
        column(side),
        column(facing),
        column(poses.stride[rows]),
        column(poses.lean[rows]),
        poses.holding[rows],
    )


def column(values: Floats | Bools | Ints) -> Column:
    """Values (B,) as a column (B, 1)."""
    return np.asarray(values, np.float32)[:, None]
