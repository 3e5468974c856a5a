"""The head: hair by length and style, face, glasses, cap."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from ..draws import Floats
from ..parts import Part
from .attributes import Hair, Region
from .body import Body
from .materials import Materials


def hair_behind(body: Body, stuff: Materials) -> Iterator[Part]:
    """Hair that falls over the back, drawn before neck and face, which it does not hide from the front."""
    frame, people = body.frame, body.people
    end = np.where((people.hair_length == Hair.LONG)[:, None], np.float32(0.275), np.float32(0.17))
    centre = body.axis - body.facing * 0.022
    half = _curl(body, frame.track((0.03, 0.056), (0.14, 0.062), (0.27, 0.052)) * body.head)
    yield Part(Region.HEAD, frame.span(0.05, end, centre, half), stuff.hair, people.hair_length > Hair.SHORT, 0.25)


def head(body: Body, stuff: Materials) -> Iterator[Part]:
    """Neck, skull, face and what is worn on them."""
    frame, people = body.frame, body.people
    forward = body.axis + body.facing * 0.012
    yield Part(
        Region.HEAD, frame.span(0.11, 0.172, body.axis, 0.027 * body.girth), stuff.skin * 0.93, ~_covered_neck(body), 0.2
    )
    skull = frame.ellipse(-0.014, 0.128, forward, (0.053 + 0.006 * body.side) * body.head)
    skull = replace(skull, half=_curl(body, skull.half / frame.size) * frame.size)
    yield Part(Region.HEAD, skull, stuff.hair, body.everyone, 0.25, 0.1)
    line = forward + body.facing * 0.016
    half = (0.044 - 0.006 * body.side) * body.head
    yield Part(Region.HEAD, frame.ellipse(0.024, 0.138 + 0.008 * body.head, line, half), stuff.skin, ~body.back, 0.25, 0.08)
    nape = frame.span(0.098, 0.13, body.axis, 0.03)
    yield Part(Region.HEAD, nape, stuff.skin * 0.93, body.back & (people.hair_length == Hair.SHORT), 0.2)
    yield from _features(body, stuff, line)
    yield from _cap(body, stuff, forward)


def _features(body: Body, stuff: Materials, line: Floats) -> Iterator[Part]:
    """Eyes and mouth as shadows of the skin, glasses as a dark bar that stays cold."""
    frame, seen = body.frame, ~body.back
    shadow = stuff.skin * np.array([0.62, 0.58, 0.58, 0.8, 0.97], np.float32)[:, None]
    ahead = line + body.facing * 0.008
    glasses = body.people.glasses > 0
    yield Part(Region.HEAD, frame.span(0.062, 0.074, ahead, 0.027), shadow, seen & ~glasses)
    yield Part(Region.HEAD, frame.span(0.106, 0.114, ahead, 0.014), shadow, seen)
    yield Part(Region.HEAD, frame.span(0.053, 0.088, ahead, 0.042), stuff.glasses, seen & glasses)


def _cap(body: Body, stuff: Materials, line: Floats) -> Iterator[Part]:
    frame, worn = body.frame, body.people.hat > 0
    crown = frame.ellipse(-0.034, 0.088, line, 0.063 * body.head)
    above = np.asarray(frame.rows < 0.040, np.float32)
    crown = replace(crown, cover=crown.cover * above)
    yield Part(Region.HEAD, crown, stuff.cap, worn, 0.3, 0.1)
    brim = line + body.facing * 0.045
    yield Part(Region.HEAD, frame.span(0.034, 0.050, brim, 0.052), stuff.cap * 0.75, worn & ~body.back)


def _covered_neck(body: Body) -> np.ndarray:
    return np.asarray(body.back & (body.people.hair_length > Hair.SHORT))


def _curl(body: Body, half: Floats) -> Floats:
    """Outline of the hair: curls are wider, and wave."""
    phase = body.frame.rows * 28
    wave = np.abs(phase - np.floor(phase) - 0.5)
    curly = (body.people.hair_style > 0)[:, None].astype(np.float32)
    return half + curly * (half > 0) * (0.004 + 0.022 * wave)
