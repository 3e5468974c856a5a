"""The wording of captions of vehicles: from what is told to sentences, in the manner of NEXT-Text."""

from __future__ import annotations

from ...batch import Caption
from ..telling import Told, join

_ODD_TONES = {("brownish", "brown"): "deep brown", ("bluish", "blue"): "deep blue"}
"""Tones of what has that colour already."""


def compose(told: Told) -> Caption:
    """Two to seven sentences."""
    optional = [_surface(told), _lamps(told), _roof(told), _heat(told), *_fittings(told)]
    rest = [sentence for sentence in optional if sentence] or ["The vehicle is mostly hidden."]
    return (_opening(told), *rest)


def _opening(told: Told) -> str:
    words = told.words
    colour, tone = words.get("colour", ""), words.get("tone", "")
    paint = _ODD_TONES.get((tone, colour), join(tone, colour)) if colour else ""
    what = join(paint, words.get("brand", ""), words.get("type", "") or "vehicle")
    light = f" in {told.light[1]} {told.light[0]} light" if told.light else ""
    article = "An" if what[0] in "aeiouS" else "A"  # an SUV
    return f"{article} {what} viewed from the {told.view}{light} (image appears {'blurry' if told.blurry else 'clear'})."


def _surface(told: Told) -> str:
    """Body and windows."""
    words = told.words
    body = []
    if "wear" in words:
        body.append(f"{words['wear']} wear")
    if words.get("paint"):
        body.append(f"{words['paint']} paint")
    if words.get("body_heat"):
        body.append(f"a {words['body_heat']} body")
    if words.get("marking"):
        body.append(f"a {words['marking']}")
    panes = join(words.get("window_tint", ""), words.get("window_film", ""), words.get("windows", ""))
    windows = f"{panes} windows" if panes else ""
    if body:
        return f"It shows {_listed(body)}{f' with {windows}' if windows else ''}."
    return f"It has {windows}." if windows else ""


def _lamps(told: Told) -> str:
    words = told.words
    seen = [f"{words[name]} {name}" for name in ("headlights", "taillights") if name in words]
    if "grille" in words:
        seen.append(f"a {words['grille']} grille")
    if "bumpers" in words:
        seen.append(f"{words['bumpers']} bumpers")
    if "exhaust" in words:
        seen.append(f"{words['exhaust']} exhaust pipes")
    return f"It features {_listed(seen)}." if seen else ""


def _roof(told: Told) -> str:
    words = told.words
    roof = join(words.get("roof_colour", ""), words.get("roof", ""), "roof") if "roof" in words else ""
    tires = join(words.get("wheel_heat", ""), words["tires"], "tires") if "tires" in words else ""
    rims = join(words["rims"], "rims") if "rims" in words else ""
    if not tires and "wheel_heat" in words:
        tires = f"{words['wheel_heat']} wheels"
    below = " on ".join(part for part in (tires, rims) if part)
    if roof:
        return f"The {roof} sits above {below}." if below else f"It has a {roof}."
    return f"It stands on {below}." if below else ""


def _heat(told: Told) -> str:
    words = told.words
    engine = f"Heat leaves at the {words['engine_heat']}" if "engine_heat" in words else ""
    cabin = f"{words['cabin_heat']} cabin" if "cabin_heat" in words else ""
    if engine:
        return f"{engine} before a {cabin}." if cabin else f"{engine}."
    return f"The cabin is {words['cabin_heat']}." if cabin else ""


def _fittings(told: Told) -> list[str]:
    """What is there or is not; spoiler and rack in one sentence where both are told."""
    words = told.words
    said = [f"License plate {words['plate']}."] if "plate" in words else []
    spoiler, rack = words.get("spoiler"), words.get("roof_rack")
    if spoiler and spoiler == rack:
        return [*said, f"Spoiler and roof rack {spoiler.replace('is', 'are', 1)}."]
    if spoiler and rack:
        there, missing = ("Spoiler", "roof rack") if spoiler == "is present" else ("Roof rack", "spoiler")
        return [*said, f"{there} is present, {missing} is not."]
    said += [f"Spoiler {spoiler}."] if spoiler else []
    return said + ([f"Roof rack {rack}."] if rack else [])


def _listed(things: list[str]) -> str:
    """Things with commas and a last "and"."""
    return things[0] if len(things) == 1 else f"{', '.join(things[:-1])} and {things[-1]}"
