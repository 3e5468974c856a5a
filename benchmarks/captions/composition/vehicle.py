"""Captions of vehicles from their attributes, in the style of NEXT-Text on MSVR310."""

from __future__ import annotations

from collections.abc import Mapping

from ..schema.values import WORDING, shown_values
from ..schema.vehicle import VEHICLE
from . import wording
from .english import article

GRILLE_JOINT = WORDING + "grille"
WORDINGS: wording.Choices = {GRILLE_JOINT: ("complemented by", "and")}
"""Wordings that the attributes do not settle, as options beside them: the choices by key, the usual one first.

How the grille follows the lamps is the only one: of the captions that name headlights, no taillights and a grille, three in ten
have "and", whatever else they say.
"""

FITTINGS = {
    "mirrors": "Side mirrors are {}.",
    "plate": "License plate is {}.",
    "spoiler": "Spoiler is {}.",
    "roof_rack": "Roof rack is {}.",
    "exhaust": "Exhaust system features {} pipes.",
}
"""A sentence for each, in the published order."""


def compose_vehicle(modality: str, values: Mapping[str, str]) -> str:
    """The caption that states the values, in one to nine sentences; what is absent or unknown is left out.

    Args:
        modality: RGB, NIR or TIR; what it cannot show is left out.
        values: by name of an attribute of `VEHICLE` (`template.compose` checks these) or of an option of `WORDINGS`.

    Raises:
        InputError: an option of wording, or its choice, is none of `WORDINGS`.
    """
    words = _stated(modality, values)
    fittings = [sentence.format(words[name]) for name, sentence in FITTINGS.items() if name in words]
    return " ".join(filter(None, (_opening(words), _surface(words), _lamps(words), _roof(words), *fittings)))


def _stated(modality: str, values: Mapping[str, str]) -> dict[str, str]:
    """What is known and the modality shows, and a choice for each option of wording."""
    wording.check_wording(values, WORDINGS)
    return shown_values(VEHICLE, modality, values) | {key: wording.choice(values, key, WORDINGS) for key in WORDINGS}


def _opening(words: Mapping[str, str]) -> str:
    what = _with_article(" ".join([*_known(words, "colour", "brand"), words.get("type", "vehicle")]))
    view = f" viewed from the {words['view']}" if "view" in words else ""
    light = _part(words, "light", "illumination", "capture_time")
    clarity = f" (image appears {words['target_clarity']})" if "target_clarity" in words else ""
    return f"A{what[1:]}{view}{f' in {light}' if light else ''}{clarity}."


def _surface(words: Mapping[str, str]) -> str:
    windows = _windows(words)
    if "wear" not in words:
        return f"The vehicle has {windows}." if windows else ""
    beside = _part(words, "bumpers", "bumpers") if _bumpers_beside_wear(words) else windows
    return f"The vehicle shows {words['wear']} wear{f' with {beside}' if beside else ''}."


def _lamps(words: Mapping[str, str]) -> str:
    subject = "It" if _surface(words) else "The vehicle"
    lamps, grille = _lamp_parts(words), _grille(words)
    if grille and words[GRILLE_JOINT] == "and":
        lamps, grille = [*lamps, grille], ""
    elif _roof_joins_lamps(words):
        grille = _with_article(_roof_above(words))
    features = ", complemented by ".join(filter(None, (" and ".join(lamps), grille)))
    return f"{subject} features {features}." if features else ""


def _roof(words: Mapping[str, str]) -> str:
    roof, below = _part(words, "roof", "roof_surface", "roof"), _below(words)
    if _roof_joins_lamps(words):
        return ""
    if below:
        return f"The {roof or 'roof'} sits above {below}."
    return f"The vehicle has {_with_article(roof)}." if roof else ""


def _roof_joins_lamps(words: Mapping[str, str]) -> bool:
    """Whether the roof stands in the place of the grille: where none is known, nor both kinds of lamps are."""
    return bool(_known(words, "roof_surface", "roof")) and not _grille(words) and len(_lamp_parts(words)) < 2


def _roof_above(words: Mapping[str, str]) -> str:
    """The roof as a part of the sentence of the lamps; a flat one mostly sits there, the others do not."""
    verb = "sitting " if words.get("roof") == "flat" else ""
    below = _below(words)
    return f"{_part(words, 'roof', 'roof_surface', 'roof')}{f' {verb}above {below}' if below else ''}"


def _below(words: Mapping[str, str]) -> str:
    """What the roof sits above."""
    tires = _part(words, "tires", "tire_wear", "tire_size", "tires")
    bumpers = "" if _bumpers_beside_wear(words) else _part(words, "bumpers", "bumpers")
    return " with ".join(filter(None, (tires, bumpers)))


def _bumpers_beside_wear(words: Mapping[str, str]) -> bool:
    """Whether the bumpers stand in the place of the windows: where nothing is known of these."""
    return "wear" in words and not _windows(words)


def _windows(words: Mapping[str, str]) -> str:
    return _part(words, "windows", "window_tint", "windows")


def _lamp_parts(words: Mapping[str, str]) -> list[str]:
    head = _part(words, "headlights", "headlights_lit", "headlights")
    return [part for part in (head, _part(words, "taillights", "taillights")) if part]


def _grille(words: Mapping[str, str]) -> str:
    edges = f" with {words['grille_edges']} edges" if "grille_edges" in words else ""
    grille = f"{_part(words, 'grille', 'grille') or 'grille'}{edges}"
    return "" if grille == "grille" else _with_article(grille)


def _part(words: Mapping[str, str], noun: str, *names: str) -> str:
    """A noun after what is known of it; nothing where nothing is."""
    known = _known(words, *names)
    return " ".join([*known, noun]) if known else ""


def _known(words: Mapping[str, str], *names: str) -> list[str]:
    return [words[name] for name in names if name in words]


def _with_article(noun: str) -> str:
    return f"{article(noun)} {noun}"
