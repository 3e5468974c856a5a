"""The body: legs, trunk, arms, each part a shape with an appearance, in the order in which they are laid over each other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from ..draws import Floats
from ..parts import NO_HEAT, Part
from .attributes import Footwear, Lower, Pattern, Region, Upper
from .body import ANKLE, CROTCH, HIP, KNEE, SHOULDER, WAIST, Body, Column, column
from .materials import Materials


def leg(body: Body, stuff: Materials, sign: float) -> Iterator[Part]:
    """A leg with its foot: skin, trousers over it, shoe."""
    people, frame, foot, lift = body.people, body.frame, body.foot(sign), body.lift(sign)
    ground = 1 - lift
    hip = (0.6 * sign) * 0.062 * (1 - body.side)
    knee = hip * 0.5 + foot * 0.5 + body.facing * lift * 1.5
    line = frame.track((CROTCH - 0.03, hip), (KNEE, knee), (ANKLE, foot))
    girth = 0.5 + 0.5 * body.girth
    bare = frame.track((HIP, 0.056 * girth), (KNEE, 0.036 * girth), (0.80, 0.035 * girth), (ANKLE, 0.021))
    yield Part(Region.LOWER, frame.span(HIP, ground, line, bare), stuff.skin, body.everyone, 0.3, 0.1)
    jeans = column(people.lower == Lower.JEANS)
    loose: Column = 0.012 - 0.007 * jeans
    end = np.where(column(people.lower == Lower.SHORTS) > 0, np.float32(0.69), np.float32(0.955) - lift)
    cloth = frame.track((HIP, 0.060 * girth), (KNEE, 0.038 * girth + loose), (ANKLE, 0.024 + loose * 1.2))
    yield Part(Region.LOWER, frame.span(HIP - 0.04, end, line, cloth), stuff.lower, people.lower != Lower.SKIRT, 0.35, 0.12)
    yield from _shoe(body, stuff, foot, lift)


def _shoe(body: Body, stuff: Materials, foot: Column, lift: Column) -> Iterator[Part]:
    kind, frame = body.people.footwear, body.frame
    ground = 1 - lift
    toe = foot + body.facing * 0.026
    half = 0.034 + 0.024 * body.side
    shaft = np.where(column(kind == Footwear.BOOTS) > 0, np.float32(0.85), np.float32(0.945)) - lift
    yield Part(Region.FEET, frame.span(shaft, ground, foot, 0.034), stuff.shoes, kind == Footwear.BOOTS, 0.2)
    closed = kind != Footwear.SANDALS
    yield Part(Region.FEET, frame.span(ground - 0.052, ground, toe, half), stuff.shoes, closed, 0.2)
    yield Part(Region.FEET, frame.span(ground - 0.012, ground, toe, half), stuff.shoes, ~closed, 0.0)
    yield Part(Region.FEET, frame.span(ground - 0.040, ground - 0.030, foot, half * 0.8), stuff.shoes, ~closed, 0.0)
    yield Part(Region.FEET, frame.span(ground - 0.018, ground, toe, half), stuff.sole, kind == Footwear.ATHLETIC_SNEAKERS)


def skirt(body: Body, stuff: Materials) -> Iterator[Part]:
    """A skirt, which widens to its hem."""
    frame, girth = body.frame, 0.5 + 0.5 * body.girth
    flare = (0.125 - 0.02 * body.side) * girth
    shape = frame.track((WAIST, body.shoulder * 0.85), (0.70, flare))
    yield Part(
        Region.LOWER, frame.span(WAIST + 0.04, 0.70, body.axis, shape), stuff.lower, body.people.lower == Lower.SKIRT, 0.3, 0.1
    )


def trunk(body: Body, stuff: Materials) -> Iterator[Part]:
    """Neck and upper garment, with its pattern and its opening."""
    people, frame = body.people, body.frame
    outline = _outline(body)
    yield Part(Region.UPPER, frame.span(SHOULDER - 0.03, body.hem, body.axis, outline), stuff.upper, body.everyone, 0.35, 0.12)
    phase = (frame.rows - SHOULDER) * 13
    wave = np.abs(phase - np.floor(phase) - 0.5)
    stripes = np.clip((wave - 0.25) * (frame.size * 0.1) + 0.5, 0, 1)
    banded = frame.span(SHOULDER, body.hem, body.axis, outline)
    banded = replace(banded, cover=banded.cover * stripes)
    yield Part(Region.UPPER, banded, stuff.trim, people.upper_pattern == Pattern.STRIPED, 0.35, 0.12, NO_HEAT)
    printed = (people.upper_pattern == Pattern.PRINTED) & body.front
    yield Part(
        Region.UPPER, frame.ellipse(0.235, 0.355, body.axis, body.shoulder * 0.62), stuff.trim, printed, 0.1, 0.0, NO_HEAT
    )
    yield from _opening(body, stuff)


def _outline(body: Body) -> Floats:
    """(B, H) half the width of the upper garment."""
    narrow = 1 - 0.35 * body.side
    waist = (0.084 - 0.020 * body.female) * body.girth * narrow
    hip = (0.087 + 0.012 * body.female) * (0.4 + 0.6 * body.girth) * narrow
    hem = hip + 0.022 * column(body.dressed) + 0.006 * column(body.people.upper == Upper.COAT)
    bulk = body.bulk
    return body.frame.track(
        (SHOULDER - 0.03, 0.045),
        (SHOULDER + 0.012, body.shoulder + bulk),
        (0.28, body.shoulder * 0.94 + bulk),
        (WAIST, waist + bulk),
        (HIP + 0.02, hip + bulk),
        (0.72, hem + bulk),
    )


def _opening(body: Body, stuff: Materials) -> Iterator[Part]:
    """What tells garments apart at the neck: a zip, an open front, a hood, a row of buttons."""
    frame, kind = body.frame, body.people.upper
    ahead = body.axis + body.facing * 0.03
    opens = frame.track((SHOULDER, 0.032), (0.50, 0.012))
    yield Part(
        Region.UPPER, frame.span(SHOULDER - 0.02, body.hem, ahead, opens), stuff.trim, (kind == Upper.JACKET) & body.front
    )
    yield Part(Region.UPPER, frame.span(SHOULDER, body.hem, ahead, 0.006), stuff.trim, (kind == Upper.COAT) & body.front)
    yield Part(Region.UPPER, frame.span(SHOULDER, body.hem, ahead, 0.004), stuff.trim, (kind == Upper.SHIRT) & body.front)
    behind = body.axis - body.facing * 0.05
    hood = frame.ellipse(0.125, 0.225, behind, 0.062)
    yield Part(Region.UPPER, hood, stuff.upper * 0.8, (kind == Upper.HOODIE) & ~body.front, 0.2)
    collar = frame.span(0.135, 0.165, body.axis, 0.046)
    yield Part(Region.UPPER, collar, stuff.upper * 0.9, (kind >= Upper.HOODIE) & (kind <= Upper.COAT), 0.2)


def arm(body: Body, stuff: Materials, sign: float) -> Iterator[Part]:
    """An arm: skin, the sleeve over it, the hand."""
    frame = body.frame
    shoulder = body.shoulder * (1 - body.side * 0.9) * (0.95 * sign) + body.lean * 0.6
    hand = body.hand(sign)
    elbow = (shoulder + hand) * 0.5 + sign * 0.012
    line = frame.track((SHOULDER, shoulder), (0.335, elbow), (0.48, hand))
    girth = 0.6 + 0.4 * body.girth
    bare = frame.track((SHOULDER, 0.029 * girth), (0.335, 0.024 * girth), (0.47, 0.017), (0.50, 0.021))
    bent = column(body.raised & (sign > 0)) > 0
    wrist, cuff = np.where(bent, np.float32(0.35), np.float32(0.515)), np.where(bent, np.float32(0.35), body.sleeve)
    yield Part(Region.UPPER, frame.span(SHOULDER, wrist, line, bare), stuff.skin, body.everyone, 0.3, 0.1)
    cloth = frame.track((SHOULDER, 0.031 * girth), (0.47, 0.023 * girth)) + body.bulk * 0.7
    dark = stuff.upper * 0.86  # arms lie in the shade of the trunk, which sets them off
    dark[4] = stuff.upper[4] - 0.04
    yield Part(
        Region.UPPER, frame.span(SHOULDER - 0.008, np.minimum(cuff, body.sleeve), line, cloth), dark, body.everyone, 0.35, 0.12
    )
