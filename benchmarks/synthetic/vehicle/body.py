"""Vehicles in their stances: where their ends, sides, cabins and wheels are in the pictures.

A picture shows an end (front or back), a side, or on a diagonal both next to each other. Places along a side run from 0 at the
nose to 1 at the tail; places on an end run from -1 to 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..canvas import Frame, Span
from ..draws import Bools, Floats, Ints
from .attributes import Roof, Vehicles
from .stances import TALL, Stances, View

Column = Floats
"""(B, 1), one value for each picture; lengths in lengths of the vehicle."""
GROUND = TALL

_ROOF = np.array([0.105, 0.035, 0.085, 0.040, 0.075], np.float32)
_BELT = np.array([0.220, 0.180, 0.210, 0.190, 0.195], np.float32)
_SILL = np.array([0.400, 0.380, 0.400, 0.400, 0.370], np.float32)
_RADIUS = np.array([0.072, 0.082, 0.070, 0.070, 0.084], np.float32)
_SHIELD_BASE = np.array([0.30, 0.27, 0.27, 0.15, 0.27], np.float32)
_SHIELD_TOP = np.array([0.43, 0.38, 0.39, 0.29, 0.35], np.float32)
_REAR_TOP = np.array([0.73, 0.90, 0.85, 0.95, 0.59], np.float32)
_REAR_BASE = np.array([0.88, 0.97, 0.97, 0.985, 0.62], np.float32)
_DECK = np.array([0.96, 0.98, 0.975, 0.985, 0.99], np.float32)
_BACKWARD = np.array([-0.09, 0.02, -0.02], np.float32)
_CROWN = np.array([0.60, 0.84, 0.74], np.float32)
WHEELS = (0.18, 0.80)
"""Where the axles are along the side."""


@dataclass(frozen=True)
class Body:
    """B vehicles in their stances."""

    vehicles: Vehicles
    view: Ints
    frame: Frame
    end: Column
    """Middle of the end that is seen."""
    half: Column
    """Half its width; 0 where none is seen."""
    nose: Column
    """Where the nose is, for those of whom a side is seen."""
    reach: Column
    """From the nose to the tail, with its sign; 0 where no side is seen."""

    @cached_property
    def front(self) -> Bools:
        """(B,) showing the front."""
        return np.isin(self.view, (View.FRONT, View.FRONT_LEFT, View.FRONT_RIGHT))

    @cached_property
    def back(self) -> Bools:
        """(B,) showing the back."""
        return np.isin(self.view, (View.BACK, View.BACK_LEFT, View.BACK_RIGHT))

    @cached_property
    def ended(self) -> Bools:
        """(B,) showing front or back."""
        return self.front | self.back

    @cached_property
    def sided(self) -> Bools:
        """(B,) showing a side."""
        return np.asarray(self.view >= View.LEFT)

    @cached_property
    def everyone(self) -> Bools:
        """(B,) True."""
        return np.ones(len(self.view), np.bool_)

    @cached_property
    def roof(self) -> Column:
        """Height of the roof, from the top down."""
        return column(_ROOF[self.vehicles.type])

    @cached_property
    def belt(self) -> Column:
        """Height of the lower edge of the windows."""
        return column(_BELT[self.vehicles.type])

    @cached_property
    def sill(self) -> Column:
        """Height of the lower edge of the body."""
        return column(_SILL[self.vehicles.type])

    @cached_property
    def radius(self) -> Column:
        """Radius of the wheels."""
        return column(_RADIUS[self.vehicles.type])

    @cached_property
    def crown(self) -> Column:
        """Width of the roof, seen from an end, where that of the end is 1: roofs that slope are narrower."""
        return column(_CROWN[self.vehicles.roof])

    @cached_property
    def shield(self) -> Floats:
        """(B, H) where along the side the windshield is."""
        return self._slope(_SHIELD_TOP[self.vehicles.type], _SHIELD_BASE[self.vehicles.type])

    @cached_property
    def rear(self) -> Floats:
        """(B, H) where along the side the rear window is."""
        kind = self.vehicles.type
        return self._slope(_REAR_TOP[kind] + _BACKWARD[self.vehicles.roof], _REAR_BASE[kind])

    @cached_property
    def deck(self) -> Column:
        """Where along the side the body ends at the height of the windows."""
        return column(_DECK[self.vehicles.type])

    @cached_property
    def ramp(self) -> Floats:
        """(B, H) how far the cabin stands behind the end that is seen, across the picture."""
        behind = np.where(self.front[:, None], self.shield, self.rear - 1)
        return np.asarray(np.where(self.ended[:, None], self.reach * behind, 0), np.float32)

    @cached_property
    def cabin(self) -> Floats:
        """(B, H) half the width of the cabin, seen from an end."""
        # on a diagonal the cabin's own side closes the gap
        top = np.where(self.sided[:, None], np.float32(0.95), self.crown)
        return self.half * self.frame.track((self.roof, top), (self.belt, np.maximum(top, np.float32(0.93))))

    @cached_property
    def pane(self) -> Floats:
        """(B, H) width of windows, where that of the cabin is 1: curved ones narrow to their upper edge."""
        top = self.roof + 0.03
        low = np.clip((self.frame.rows - top) / (self.belt - top), 0, 1)
        rounded = np.sqrt(np.maximum(1 - (1 - low) * (1 - low) * 0.82, 0))
        return np.where(column(self.vehicles.windows) > 0, np.float32(0.92), rounded * 0.9)

    def _slope(self, top: Floats, base: Floats) -> Floats:
        sunk = np.float32(0.03) * (self.vehicles.roof == Roof.SLOPED)
        return self.frame.track(
            (self.roof, column(top)), (self.roof + column(sunk) + 0.004, column(top)), (self.belt, column(base))
        )

    def along(
        self, top: Column | Floats | float, bottom: Column | Floats | float, ahead: Floats | float, behind: Floats | float
    ) -> Span:
        """A span of the side between two heights and two places along it, each (B, 1) or (B, H)."""
        centre = self.nose + self.reach * ((ahead + behind) * np.float32(0.5))
        return self.frame.span(top, bottom, centre, np.abs(self.reach) * ((behind - ahead) * np.float32(0.5)))

    def across(self, top: Column | float, bottom: Column | float, place: float, half: Floats | float) -> Span:
        """A span of the end between two heights, around a place on it; `half` where half the end's width is 1."""
        return self.frame.span(top, bottom, self.end + self.half * np.float32(place), self.half * half)


def stand(vehicles: Vehicles, stances: Stances, rows: Ints, shape: tuple[int, int]) -> Body:
    """The vehicles of a block.

    Args:
        vehicles: the attributes of the vehicles shown, one row for each picture.
        stances: of all samples of the world.
        rows: (B,) the samples of the block.
        shape: height and width of the pictures.
    """
    height, width = shape
    size = column(stances.size[rows] * width)
    top = column(stances.top[rows] * height)
    middle = np.arange(height, dtype=np.float32) + 0.5
    frame = Frame((middle - top) / size, size, column(stances.across[rows] * width))
    return Body(vehicles, stances.view[rows], frame, *_layout(stances.view[rows], stances.yaw[rows]))


def _layout(view: Ints, yaw: Floats) -> tuple[Column, Column, Column, Column]:
    """Middle and half width of the end, nose and reach of the side."""
    diagonal, square = view >= View.FRONT_LEFT, view <= View.BACK
    half = np.where(square, np.float32(0.32) - np.float32(0.03) * yaw, np.float32(0.16) + np.float32(0.05) * yaw)
    half = np.where(square | diagonal, half, 0).astype(np.float32)
    whole = np.where(diagonal, np.float32(0.94), np.float32(1) - np.float32(0.08) * yaw)
    length = np.where(square, 0, whole - 2 * half).astype(np.float32)
    # the nearer end, front or back, is on this side of the picture
    near = np.where(view % 2 == 0, np.float32(-1), np.float32(1))
    end = np.where(diagonal, near * (whole * np.float32(0.5) - half), 0).astype(np.float32)
    joint = near * (whole * np.float32(0.5) - 2 * half)
    backwards = (view == View.BACK_LEFT) | (view == View.BACK_RIGHT)
    nose = np.where(square, 0, np.where(backwards, joint - near * length, joint)).astype(np.float32)
    reach = np.where(backwards, near * length, -near * length).astype(np.float32)
    return column(end), column(half), column(nose), column(reach)


def column(values: Floats | Bools | Ints) -> Column:
    """Values (B,) as a column (B, 1)."""
    return np.asarray(values, np.float32)[:, None]
