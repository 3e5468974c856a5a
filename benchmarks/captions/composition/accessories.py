"""The sentence about what a person carries, holds and drags."""

from __future__ import annotations

from collections.abc import Mapping

from . import wording
from .english import listed, with_article

VERBS = ("holding", "carrying", "dragging")
"""Attributes of things, in the order in which a sentence names them."""

BAGS = {"handbag": "handbag", "backpack": "backpack", "luggage": "suitcase"}
"""Attributes of kinds of bags, in the order in which they are denied, and their word."""


def compose_accessories(said: Mapping[str, str], subject: str) -> str:
    """The sentence, or none ('') where nothing is said of it.

    Args:
        said: known values by name of the attribute, and choices of wordings.
        subject: "He", "She" or "The person".
    """
    style = wording.choice(said, wording.CARRYING)
    parts = [f"{verb} {_thing(verb, said[verb], style)}".rstrip() for verb in VERBS if said.get(verb, "none") != "none"]
    parts += [f"carrying {with_article(word)}" for word in _other_bags(said)]
    whole = listed(parts, "and") or _denial(said, style)
    return f"{subject} is {whole}." if whole else ""


def _thing(verb: str, thing: str, style: str) -> str:
    if style == "bare" and verb == "dragging" and thing == "something":
        return ""
    return thing if style == "bare" and verb == "carrying" else with_article(thing)


def _other_bags(said: Mapping[str, str]) -> list[str]:
    """Kinds of bags that are there and that no thing is said to be."""
    things = {said[verb].split()[-1] for verb in VERBS if verb in said}
    return [word for name, word in BAGS.items() if said.get(name) == "yes" and not things & {name, word}]


def _denial(said: Mapping[str, str], style: str) -> str:
    verbs = [verb for verb in VERBS if said.get(verb) == "none"]
    if style in {"none", "a none"} and verbs:
        return f"{verbs[0]} {style}"
    bags = [] if "carrying" in verbs else [word for name, word in BAGS.items() if said.get(name) == "no"]
    if not bags:
        return f"not {listed(verbs, 'or')} anything" if verbs else ""
    if not verbs:
        return f"not carrying a {listed(bags, 'or')}"
    objects = {"dragging": "a suitcase"}
    parts = [f"carrying a {bag}" for bag in bags] + [f"{verb} {objects.get(verb, 'anything')}" for verb in verbs]
    return listed([f"not {part}" for part in parts], "and")
