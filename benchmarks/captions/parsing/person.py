"""From captions of persons in the style of NEXT-Text back to attributes."""

from __future__ import annotations

import re

from ..composition import wording
from ..composition.english import article
from ..composition.person import GLASSES, HATS, SUBJECTS, kind_of_person
from ..schema.person import PERSON
from ..sentences import split_sentences
from .accessories import parse_accessories
from .clothes import parse_clothes
from .unparsed import Unparsed
from .words import REASON, any_of, stated

_KINDS = {
    kind_of_person(age, gender): {name: value for name, value in (("age", age), ("gender", gender)) if value}
    for age in ("", *PERSON.attributes["age"].values)
    for gender in ("", *PERSON.attributes["gender"].values)
}
_OPENING = re.compile(
    rf"(?P<article>An?) (?P<kind>.+?)(?: seen(?: from the (?P<view>{any_of('view')}))?"
    rf"(?: during (?P<capture_time>{any_of('capture_time')}))?(?: in (?P<illumination>{any_of('illumination')}) lighting)?)?\."
)
_HEAD = re.compile(r"(?P<hair>.+) hair(?: and (?P<who>(?:he|she|the person) is )?(?P<glasses>(?:not )?wearing glasses))?")
_HAIR = re.compile(
    rf"(?P<hair_length>{any_of('hair_length')})?(?:(?:^|(?<=\w) )(?P<hair_style>{any_of('hair_style')}|{REASON}))?"
)
_CLARITY = re.compile(rf"The image appears (?P<target_clarity>{any_of('target_clarity')})\.")


def parse_person(text: str) -> dict[str, str]:
    """Attributes that a caption states, by name, and choices of wordings where they are not the usual ones.

    A value that the caption says could not be seen is `UNKNOWN`. Composing the attributes gives the caption back, but for
    spaces and the order of what is carried.

    Raises:
        Unparsed: a sentence is not in the published style.
    """
    if "[" in text:
        raise Unparsed(text, "place of the template left unfilled")
    opening, *sentences = split_sentences(text) or ("",)
    try:
        values = _opening(opening)
        subject = SUBJECTS.get(values.get("gender", ""), "The person")
        steps = iter((_clothes, _head, _hat, _accessories, _clarity))
        for sentence in sentences:
            found = next((found for step in steps if (found := step(sentence, subject))), None)
            if found is None:
                raise Unparsed(sentence, _misfit(sentence, subject))
            _settle(values, found, sentence)
    except Unparsed as error:
        raise Unparsed(text, error.cause) from None
    return values


def _settle(values: dict[str, str], found: dict[str, str], sentence: str) -> None:
    """Add what a sentence states."""
    if any(values.get(name, value) != value for name, value in found.items()):
        raise Unparsed(sentence, "two reasons why something could not be seen")
    values.update(found)


def _misfit(sentence: str, subject: str) -> str:
    """Why a sentence is none of those that may follow."""
    pronoun = re.match(r"(?:He|She|The person) is ", sentence)
    return "pronoun that does not fit the gender" if pronoun and pronoun[0] != f"{subject} is " else "sentence out of place"


def _opening(sentence: str) -> dict[str, str]:
    match = _OPENING.fullmatch(sentence)
    if not match or match["kind"] not in _KINDS:
        raise Unparsed(sentence, "opening of another form")
    found = match.groupdict()
    used, kind = found.pop("article").lower(), found.pop("kind")
    values = {**_KINDS[kind], **stated(found)}
    return values if used == article(kind) else {**values, wording.ARTICLE: used}


def _after(sentence: str, subject: str) -> str:
    """What follows the subject and "is"; '' for a sentence of another form."""
    beginning = f"{subject} is "
    return sentence[len(beginning) : -1] if sentence.startswith(beginning) and sentence.endswith(".") else ""


def _clothes(sentence: str, subject: str) -> dict[str, str]:
    rest = _after(sentence, subject)
    if not rest.startswith("wearing ") or "glasses" in rest or rest in HATS.values():
        return {}
    return parse_clothes(rest.removeprefix("wearing "))


def _head(sentence: str, subject: str) -> dict[str, str]:
    """Hair and glasses, or glasses alone."""
    states = {words: state for state, words in GLASSES.items()}
    rest = _after(sentence, subject)
    if "glasses" in rest and rest not in states:
        raise Unparsed(sentence, "glasses together with something else")
    if rest:
        return {"glasses": states[rest]} if rest in states else {}
    match = _HEAD.fullmatch(sentence.removesuffix("."))
    if not match:
        if "hair" in sentence:
            raise Unparsed(sentence, "hair together with something else than glasses")
        return {}
    hair = _HAIR.fullmatch(match["hair"].lower())
    if not hair:
        raise Unparsed(sentence, "hair of no known length or style")
    values = stated(hair.groupdict())
    if match["glasses"]:
        values["glasses"] = states[match["glasses"]]
        if not match["who"]:
            values[wording.GLASSES] = "participle"
        elif match["who"] != f"{subject.lower()} is ":
            raise Unparsed(sentence, "pronoun that does not fit the gender")
    return values


def _hat(sentence: str, subject: str) -> dict[str, str]:
    rest = _after(sentence, subject)
    return next(({"hat": hat} for hat, words in HATS.items() if words == rest), {})


def _accessories(sentence: str, subject: str) -> dict[str, str]:
    rest = _after(sentence, subject)
    return parse_accessories(rest) if rest else {}


def _clarity(sentence: str, _: str) -> dict[str, str]:
    match = _CLARITY.fullmatch(sentence)
    return stated(match.groupdict()) if match else {}
