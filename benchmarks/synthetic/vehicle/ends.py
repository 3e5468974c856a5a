"""The front and the back: hood, windshield, grille and lamps, or lid, rear window, lamps and exhaust."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..draws import Bools, Ints
from ..parts import NO_HEAT, Part
from .attributes import Brand, Exhaust, Grille, Lamp, Marking, Region, Roof, Type, Wear
from .body import GROUND, Body, Column
from .materials import Materials

_HOOD = 0.055
"""Height of the hood, seen from the front."""


def cabin(body: Body, stuff: Materials) -> Iterator[Part]:
    """Roof, pillars and window above the end."""
    frame, middle, ended = body.frame, body.end + body.ramp, body.ended
    yield Part(Region.CABIN, frame.span(body.roof, body.belt + 0.01, middle, body.cabin), stuff.top, ended, 0.15)
    pane = frame.span(body.roof + 0.032, body.belt, middle, body.cabin * body.pane)
    yield Part(Region.CABIN, pane, stuff.glass, ended, 0.1)
    hatch = frame.span(body.roof + 0.004, body.roof + 0.026, middle, body.cabin * 0.62)
    yield Part(Region.CABIN, hatch, stuff.glass * 0.6, ended & (body.vehicles.roof == Roof.SUNROOF))
    for sign in (-1, 1):
        arm = frame.ellipse(body.belt - 0.035, body.belt + 0.01, middle + body.half * (0.97 * sign), 0.025)
        yield Part(Region.CABIN, arm, stuff.body, ended)


def shell(body: Body, stuff: Materials) -> Iterator[Part]:
    """The end itself, below the windows, with what it shows of front and back alike."""
    frame, marking = body.frame, body.vehicles.marking
    deck = body.belt + _HOOD
    for sign in (-1, 1):
        yield Part(Region.WHEELS, body.across(body.sill - 0.05, GROUND, 0.78 * sign, 0.17), stuff.tyre, body.ended)
    outline = frame.track((deck - 0.02, 0.96), (deck + 0.03, 1.0), (body.sill - 0.03, 1.0), (body.sill, 0.93))
    yield Part(Region.FRONT, body.across(deck - 0.012, body.sill, 0, outline), stuff.nose, body.front, 0.12)
    yield Part(Region.REAR, body.across(body.belt, body.sill, 0, outline), stuff.body, body.back, 0.12)
    for sign in (-1, 1):
        corner = body.across(body.sill - 0.075, body.sill, 0.8 * sign, 0.16)
        yield Part(Region.FRONT, corner, stuff.arch, body.front)
    lid = frame.span(
        body.belt, deck, body.end + body.ramp * _remaining(body, deck), body.half * frame.track((body.belt, 0.9), (deck, 0.97))
    )
    yield Part(Region.FRONT, lid, stuff.hood, body.front, 0.2)
    for region, gate in ((Region.FRONT, body.front), (Region.REAR, body.back)):
        striped = gate & (marking == Marking.STRIPE)
        yield Part(region, body.across(body.belt, body.sill, 0, 0.13), stuff.marking, striped, channels=NO_HEAT)
        sticker = body.across(deck + 0.05, deck + 0.105, 0.52, 0.16)
        yield Part(region, sticker, stuff.marking, gate & (marking == Marking.STICKER), channels=NO_HEAT)
        plastic = gate & (body.vehicles.bumpers > 0)
        yield Part(region, body.across(body.sill - 0.055, body.sill, 0, outline), stuff.plastic, plastic, channels=NO_HEAT)
        dirty = gate & (body.vehicles.wear == Wear.WORN)
        yield Part(region, body.across(body.sill - 0.10, body.sill - 0.03, -0.5, 0.3), stuff.dust, dirty, channels=NO_HEAT)
        shine = body.across(deck - 0.014, deck + 0.002, 0, 0.85)
        yield Part(region, shine, stuff.gloss, gate & (body.vehicles.wear == Wear.NEW), channels=NO_HEAT)
        used = body.across(body.sill - 0.018, body.sill - 0.002, 0, 0.7)
        yield Part(region, used, stuff.dust, gate & (body.vehicles.wear == Wear.USED), channels=NO_HEAT)
        plate = body.across(body.sill - 0.082, body.sill - 0.042, 0, 0.24)
        yield Part(region, plate, stuff.plate, gate & (body.vehicles.plate == 0))


def _remaining(body: Body, deck: Column) -> np.ndarray:
    """(B, H) 1 at the windshield and 0 at the edge of the hood."""
    return body.frame.track((body.belt, 1), (deck, 0))


def face(body: Body, stuff: Materials) -> Iterator[Part]:
    """Grille, emblem and headlights."""
    frame, kind, front = body.frame, body.vehicles.grille, body.front
    line = body.belt + _HOOD + 0.025
    wide = body.across(line - 0.008, line + 0.034, 0, 0.42)
    yield Part(Region.FRONT, wide, stuff.grille, front & (kind == Grille.HORIZONTAL))
    hexagon = frame.track((line - 0.025, 0.2), (line + 0.02, 0.36), (line + 0.065, 0.2))
    yield Part(
        Region.FRONT, body.across(line - 0.025, line + 0.065, 0, hexagon), stuff.grille, front & (kind == Grille.HEXAGONAL)
    )
    for place in (-0.22, 0.0, 0.22):
        bar = body.across(line - 0.025, line + 0.055, place, 0.07)
        yield Part(Region.FRONT, bar, stuff.grille, front & (kind == Grille.VERTICAL))
    yield from _emblem(body, stuff, Region.FRONT, front, line + 0.012)
    for sign in (-1, 1):
        yield from _lamp(body, stuff.headlight, Region.FRONT, (front, body.vehicles.headlights), (sign, 0.68), line)


def tail(body: Body, stuff: Materials) -> Iterator[Part]:
    """Taillights, emblem, spoiler and exhaust pipes."""
    back, exhaust, kind = body.back, body.vehicles.exhaust, body.vehicles.type
    line = body.belt + 0.06
    yield Part(Region.REAR, body.across(line - 0.012, line + 0.016, 0, 0.45), stuff.body * 0.8, back)
    yield from _emblem(body, stuff, Region.REAR, back, line)
    for sign in (-1, 1):
        yield from _lamp(body, stuff.taillight, Region.REAR, (back, body.vehicles.taillights), (sign, 0.72), line)
        piped = back & ((exhaust == Exhaust.DUAL) | ((exhaust == Exhaust.SINGLE) & (sign < 0)))
        pipe = body.frame.ellipse(body.sill - 0.022, body.sill + 0.026, body.end + body.half * (0.52 * sign), 0.03)
        yield Part(Region.REAR, pipe, stuff.pipe, piped)
    winged = back & (body.vehicles.spoiler > 0)
    low = body.across(body.belt - 0.034, body.belt - 0.006, 0, 0.88)
    yield Part(Region.REAR, low, stuff.plastic, winged & (kind == Type.SEDAN))
    high = body.frame.span(body.roof - 0.02, body.roof + 0.01, body.end + body.ramp, body.half * (body.crown + 0.14))
    yield Part(Region.REAR, high, stuff.plastic, winged & (kind != Type.SEDAN))


def _lamp(
    body: Body, look: np.ndarray, region: Region, which: tuple[Bools, Ints], place: tuple[int, float], line: Column
) -> Iterator[Part]:
    """One lamp in each of its shapes: on one side of an end, and around a height."""
    (gate, shape), (sign, where) = which, place
    frame, middle = body.frame, body.end + body.half * (where * sign)
    wedge = frame.track((line - 0.03, 0.05), (line + 0.024, 0.27)) * body.half
    outward = frame.track((line - 0.03, 0.22), (line + 0.024, 0.0)) * body.half * sign
    yield Part(region, frame.span(line - 0.03, line + 0.024, middle + outward, wedge), look, gate & (shape == Lamp.ANGULAR))
    box = frame.span(line - 0.027, line + 0.027, middle, body.half * 0.22)
    yield Part(region, box, look, gate & (shape == Lamp.RECTANGULAR))
    oval = frame.ellipse(line - 0.02, line + 0.02, middle, body.half * 0.3)
    yield Part(region, oval, look, gate & (shape == Lamp.OVAL))
    disc = frame.ellipse(line - 0.036, line + 0.042, middle, body.half * 0.14)
    yield Part(region, disc, look, gate & (shape == Lamp.ROUND))


def _emblem(body: Body, stuff: Materials, region: Region, gate: Bools, line: Column) -> Iterator[Part]:
    """What tells brands apart: a badge, and how chrome is laid around it."""
    frame, middle, brand = body.frame, body.end, body.vehicles.brand
    badges = {
        Brand.VOLKSWAGEN: frame.ellipse(line - 0.03, line + 0.03, middle, 0.03),
        Brand.HONDA: body.across(line - 0.028, line - 0.008, 0, 0.4),
        Brand.FORD: frame.ellipse(line - 0.02, line + 0.02, middle, 0.055),
        Brand.BUICK: body.across(line - 0.036, line + 0.05, 0, 0.06),
        Brand.GEELY: body.across(line + 0.026, line + 0.046, 0, 0.4),
        Brand.MAZDA: body.across(line - 0.01, line + 0.012, 0, 0.42),
    }
    for value, badge in badges.items():
        yield Part(region, badge, stuff.chrome, gate & (brand == value), channels=NO_HEAT)


def rack(body: Body, stuff: Materials) -> Iterator[Part]:
    """A roof rack: rails above the roof, from every view."""
    carried, frame = body.vehicles.roof_rack > 0, body.frame
    rails = body.along(body.roof - 0.034, body.roof - 0.014, body.shield + 0.03, body.rear - 0.03)
    yield Part(Region.CABIN, rails, stuff.rack, carried & body.sided)
    middle = body.end + body.ramp
    bar = frame.span(body.roof - 0.034, body.roof - 0.016, middle, body.half * body.crown)
    yield Part(Region.CABIN, bar, stuff.rack, carried & body.ended & ~body.sided)
