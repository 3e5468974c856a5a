"""Reading what a person carries, holds and drags."""

from __future__ import annotations

import re

from ..composition import wording
from ..composition.accessories import BAGS, VERBS
from ..composition.english import with_article
from ..schema.values import is_phrase
from .unparsed import Unparsed

_VERBS = "|".join(VERBS)
_NEXT_CLAUSE = re.compile(rf"(?:,? and |, )(?=(?:not )?(?:{_VERBS})\b)")
_NONE = re.compile(rf"(?P<verb>{_VERBS}) (?P<style>none|a none)")
_NOT_ANYTHING = re.compile(rf"not (?P<verbs>(?:{_VERBS})(?:,? (?:or )?(?:{_VERBS}))*) anything")
_THING = re.compile(rf"(?P<verb>{_VERBS})(?: (?P<thing>.+))?")
_BAG_NAMES = {word: name for name, word in BAGS.items()}


def parse_accessories(text: str) -> dict[str, str]:
    """Attributes that a sentence states after its subject and "is", as in "carrying a backpack".

    Raises:
        Unparsed: the published style has no such wording.
    """
    if match := _NONE.fullmatch(text):
        return {match["verb"]: "none", wording.CARRYING: match["style"]}
    if match := _NOT_ANYTHING.fullmatch(text):
        return dict.fromkeys(re.findall(_VERBS, match["verbs"]), "none")
    values: dict[str, str] = {}
    clauses = _NEXT_CLAUSE.split(text)
    for clause in clauses:
        values |= _denied(clause.removeprefix("not ")) if clause.startswith("not ") else _thing(clause)
    verbs = [clause.split()[0] for clause in clauses if not clause.startswith("not ")]
    if [VERBS.index(verb) for verb in verbs] != sorted({VERBS.index(verb) for verb in verbs}):
        raise Unparsed(text, "things in another order")
    return values


def _denied(clause: str) -> dict[str, str]:
    """Attributes of what is denied, as in "carrying a handbag, backpack, or suitcase"."""
    if clause in {"dragging a suitcase", "holding anything", "carrying anything"}:
        return {clause.split(maxsplit=1)[0]: "none"}
    bags = re.split(r", or | or |, ", clause.removeprefix("carrying a "))
    if clause.startswith("carrying a ") and all(bag in _BAG_NAMES for bag in bags):
        return {_BAG_NAMES[bag]: "no" for bag in bags}
    raise Unparsed(clause, "'none' denied" if clause.endswith("none") else "something else than bags denied")


def _thing(clause: str) -> dict[str, str]:
    """The attribute of a thing, as in "carrying a backpack"."""
    match = _THING.fullmatch(clause)
    if not match:
        raise Unparsed(clause, "no carrying, holding or dragging where it belongs")
    verb, whole = match["verb"], match["thing"] or ""
    if verb == "dragging" and not whole:
        return {verb: "something", wording.CARRYING: "bare"}
    thing = re.sub(r"^an? ", "", whole)
    if not whole or re.search(rf"\b(?:none|nothing|{_VERBS})\b", thing):
        raise Unparsed(clause, "a verb or 'none' in the place of a thing")
    if not is_phrase(thing):
        raise Unparsed(clause, "a thing in more than a short phrase")
    if whole == with_article(thing):
        return {verb: thing}
    if whole == thing and verb == "carrying":
        return {verb: thing, wording.CARRYING: "bare"}
    raise Unparsed(clause, "article before a thing")
