"""What is carried: bags and what is in the hand."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..parts import Part
from .attributes import Bag, Held, Region
from .body import Body, Column
from .materials import Materials

_STRAP = 0.7


def behind(body: Body, stuff: Materials) -> Iterator[Part]:
    """What the body hides: the sides of a backpack that is seen from the front, a suitcase that is drawn along."""
    frame, bag = body.frame, body.people.bag
    pack = bag == Bag.BACKPACK
    wide = frame.span(0.20, 0.40, body.axis, body.shoulder + 0.028)
    yield Part(Region.CARRIED, wide, stuff.bag, pack & body.front, 0.3)
    case = _beside(body, 0.185) - body.facing * 0.16
    yield Part(Region.CARRIED, frame.span(0.50, 0.74, case, 0.006), stuff.bag * _STRAP, bag == Bag.SUITCASE)
    yield Part(Region.CARRIED, frame.span(0.70, 0.985, case, 0.062), stuff.bag, bag == Bag.SUITCASE, 0.15, 0.1)


def in_front(body: Body, stuff: Materials) -> Iterator[Part]:
    """Bags that lie over the clothes."""
    frame, bag = body.frame, body.people.bag
    pack = bag == Bag.BACKPACK
    trailing = body.axis - body.facing * 0.095
    yield Part(Region.CARRIED, frame.ellipse(0.165, 0.435, trailing, 0.055), stuff.bag, pack & body.turned, 0.25, 0.1)
    yield Part(Region.CARRIED, frame.span(0.185, 0.41, body.axis, 0.078), stuff.bag, pack & body.back, 0.3, 0.1)
    yield Part(Region.CARRIED, frame.span(0.30, 0.315, body.axis, 0.065), stuff.bag * _STRAP, pack & body.back)
    for sign in (-1, 1):
        strap = body.axis + 0.058 * sign
        yield Part(Region.CARRIED, frame.span(0.165, 0.36, strap, 0.012), stuff.bag, pack & ~body.back & ~body.turned)
    slung = bag == Bag.SHOULDER_BAG
    across: Column = body.bag_side * 0.085 * (1 - 0.6 * body.side)
    band = frame.track((0.17, across * -0.7), (0.46, across))
    yield Part(Region.CARRIED, frame.span(0.17, 0.46, band, 0.012), stuff.bag, slung)
    yield Part(Region.CARRIED, frame.span(0.435, 0.545, across, 0.05), stuff.bag, slung, 0.2, 0.1)
    hand = _beside(body, 0.015) + body.hand(-1.0) * body.side
    bottom = frame.track((0.53, 0.035), (0.63, 0.05))
    yield Part(Region.CARRIED, frame.span(0.47, 0.535, hand, 0.012), stuff.bag * _STRAP, bag == Bag.HANDBAG)
    yield Part(Region.CARRIED, frame.span(0.525, 0.635, hand, bottom), stuff.bag, bag == Bag.HANDBAG, 0.2, 0.1)


def held(body: Body, stuff: Materials) -> Iterator[Part]:
    """What is in the other hand: an umbrella that is closed, a phone, a bottle, a book."""
    frame, kind = body.frame, np.where(body.holding, body.people.held, Held.NONE)
    hand, raised = body.hand(1.0), body.raised_hand
    forearm = frame.span(0.325, 0.36, (hand + raised) * 0.5, np.abs(hand - raised) * 0.5 + 0.02)
    yield Part(Region.UPPER, forearm, stuff.skin, body.raised, 0.2)
    yield Part(Region.CARRIED, frame.span(0.30, 0.365, raised, 0.02), stuff.held, kind == Held.PHONE)
    yield Part(Region.CARRIED, frame.span(0.44, 0.53, hand, 0.018), stuff.held, kind == Held.BOTTLE)
    yield Part(Region.CARRIED, frame.span(0.46, 0.86, hand, 0.014), stuff.held, kind == Held.UMBRELLA)
    yield Part(Region.CARRIED, frame.span(0.35, 0.435, raised, 0.036), stuff.held, kind == Held.BOOK)


def _beside(body: Body, distance: float) -> Column:
    """A place on the side where the bag is carried, so far beyond the shoulder; before the body when it is turned."""
    beyond = body.shoulder + 0.025 + distance
    return body.bag_side * beyond * (1 - body.side)
