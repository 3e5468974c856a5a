"""The side: body, cabin with its windows, trim, wheels."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..canvas import Span
from ..draws import Floats
from ..parts import NO_HEAT, Part
from .attributes import Brand, Marking, Region, Rims, Roof, Type, Wear, Windows
from .body import GROUND, WHEELS, Body, column
from .materials import Materials


def underneath(body: Body, stuff: Materials) -> Iterator[Part]:
    """The shadow below the body."""
    dark = stuff.tyre * 0.6
    yield Part(Region.WHEELS, body.along(body.sill - 0.02, GROUND - 0.02, 0.04, 0.97), dark, body.sided)
    yield Part(Region.WHEELS, body.across(body.sill - 0.02, GROUND - 0.025, 0, 0.9), dark, body.ended)


def shell(body: Body, stuff: Materials) -> Iterator[Part]:
    """The body below the windows; where the heat of the engine leaves it is painted again."""
    frame, belt, sill, sided = body.frame, body.belt, body.sill, body.sided
    ahead = frame.track(
        (belt, body.shield[:, -1:] - 0.02), (belt + 0.04, 0.04), (belt + 0.09, 0.0), (sill - 0.02, 0.0), (sill, 0.02)
    )
    behind = frame.track((belt, body.deck), (belt + 0.04, 0.99), (belt + 0.09, 1.0), (sill - 0.02, 1.0), (sill, 0.98))
    yield Part(Region.BODY, body.along(belt, sill, ahead, behind), stuff.body, sided)
    lower = body.along(belt + 0.115, sill, ahead, behind)
    yield Part(Region.BODY, lower, _darker(stuff.body, 0.86), sided)
    hood = body.along(belt, belt + 0.07, ahead, 0.29)
    yield Part(Region.FRONT, hood, stuff.hood, sided)
    yield Part(Region.FRONT, body.along(belt + 0.07, sill, ahead, 0.085), stuff.nose, sided)
    centre, wide = body.nose + body.reach * WHEELS[0], np.abs(body.reach) * (body.radius * 1.5)
    arch = frame.ellipse(GROUND - body.radius * 2.6, GROUND + body.radius * 0.6, centre, wide)
    arch = Span(arch.centre, arch.half, arch.cover * np.asarray(frame.rows < sill, np.float32))
    yield Part(Region.FRONT, arch, stuff.arch, sided)


def cabin(body: Body, stuff: Materials) -> Iterator[Part]:
    """Roof, pillars and windows of the side."""
    roof, belt, sided = body.roof, body.belt, body.sided
    outline = body.along(roof, belt + 0.004, body.shield, body.rear)
    yield Part(Region.CABIN, outline, stuff.top, sided)
    middle, half = (body.shield + body.rear) * 0.5, (body.rear - body.shield) * 0.5
    pane = body.along(roof + 0.03, belt - 0.004, middle - half * body.pane, middle + half * body.pane)
    yield Part(Region.CABIN, pane, stuff.glass, sided)
    flat = sided & (body.vehicles.windows == Windows.FLAT)
    for place in (-0.3, 0.3):
        pillar: Floats = middle + half * place
        yield Part(Region.CABIN, body.along(roof + 0.02, belt, pillar - 0.012, pillar + 0.012), stuff.top, flat)
    hatch = body.along(roof + 0.002, roof + 0.024, middle - half * 0.6, middle + half * 0.3)
    yield Part(Region.CABIN, hatch, stuff.glass * 0.6, sided & (body.vehicles.roof == Roof.SUNROOF))
    mirror = body.along(belt - 0.035, belt + 0.006, body.shield[:, -1:] + 0.03, body.shield[:, -1:] + 0.07)
    yield Part(Region.CABIN, mirror, stuff.body, sided)


def trim(body: Body, stuff: Materials) -> Iterator[Part]:
    """What is laid on the side: chrome of the brand, markings, bumpers, dust, lamps, spoiler."""
    belt, sill, sided, vehicles = body.belt, body.sill, body.sided, body.vehicles
    stripe = body.along(belt + 0.055, belt + 0.095, 0.06, 0.98)
    yield Part(Region.BODY, stripe, stuff.marking, sided & (vehicles.marking == Marking.STRIPE), channels=NO_HEAT)
    sticker = body.along(belt + 0.045, belt + 0.125, 0.46, 0.60)
    yield Part(Region.BODY, sticker, stuff.marking, sided & (vehicles.marking == Marking.STICKER), channels=NO_HEAT)
    skirt = body.along(sill - 0.045, sill, 0.005, 0.995)
    yield Part(Region.BODY, skirt, stuff.plastic, sided & (vehicles.bumpers > 0), channels=NO_HEAT)
    bright = {
        Brand.HONDA: body.along(belt - 0.006, belt + 0.016, 0.32, 0.9),
        Brand.FORD: body.along(belt + 0.1, belt + 0.122, 0.3, 0.72),
        Brand.BUICK: body.along(belt + 0.03, belt + 0.055, 0.27, 0.37),
        Brand.GEELY: body.along(sill - 0.068, sill - 0.046, 0.28, 0.72),
        Brand.MAZDA: body.along(belt + 0.03, belt + 0.05, 0.62, 0.95),
    }
    for value, span in bright.items():
        yield Part(Region.BODY, span, stuff.chrome, sided & (vehicles.brand == value), channels=NO_HEAT)
    gloss = body.along(belt + 0.012, belt + 0.03, 0.3, 0.96)
    yield Part(Region.BODY, gloss, stuff.gloss, sided & (vehicles.wear == Wear.NEW), channels=NO_HEAT)
    worn = sided & (vehicles.wear == Wear.WORN)
    yield Part(Region.BODY, body.along(belt + 0.06, sill - 0.03, 0.63, 0.71), stuff.dust, worn, channels=NO_HEAT)
    used = sided & (vehicles.wear == Wear.USED)
    yield Part(Region.BODY, body.along(sill - 0.022, sill - 0.004, 0.28, 0.7), stuff.dust, used, channels=NO_HEAT)
    yield Part(Region.FRONT, body.along(belt + 0.052, belt + 0.09, 0.0, 0.06), stuff.headlight, sided & ~body.back)
    yield Part(Region.REAR, body.along(belt + 0.04, belt + 0.085, 0.955, 1.0), stuff.taillight, sided & ~body.front)
    yield from _spoiler(body, stuff)


def _spoiler(body: Body, stuff: Materials) -> Iterator[Part]:
    winged = body.sided & ~body.ended & (body.vehicles.spoiler > 0)
    sedan = body.vehicles.type == Type.SEDAN
    yield Part(Region.REAR, body.along(body.belt - 0.03, body.belt - 0.008, 0.87, 0.99), stuff.plastic, winged & sedan)
    edge = body.rear[:, :1]
    high = body.along(body.roof - 0.012, body.roof + 0.016, edge - 0.05, edge + 0.07)
    yield Part(Region.REAR, high, stuff.plastic, winged & ~sedan)


def wheels(body: Body, stuff: Materials) -> Iterator[Part]:
    """Tyres and rims: street tyres are thin on large rims."""
    frame, radius, rims = body.frame, body.radius, body.vehicles.rims
    turn = np.abs(body.reach)
    inner = radius * (np.float32(0.52) + np.float32(0.22) * column(body.vehicles.tires))
    for place in WHEELS:
        hub, level = body.nose + body.reach * np.float32(place), GROUND - radius
        yield Part(Region.WHEELS, frame.ellipse(level - radius, level + radius, hub, radius * turn), stuff.tyre, body.sided)
        yield Part(Region.WHEELS, frame.ellipse(level - inner, level + inner, hub, inner * turn), stuff.rim, body.sided)
        small = radius * 0.3
        dark = frame.ellipse(level - small, level + small, hub, small * turn)
        yield Part(Region.WHEELS, dark, stuff.hub, body.sided & (rims == Rims.SPOKED), channels=NO_HEAT)


def _darker(look: np.ndarray, by: float) -> np.ndarray:
    """A look in the shade: darker, but as warm."""
    result = look * np.float32(by)
    result[4] = look[4]
    return result
