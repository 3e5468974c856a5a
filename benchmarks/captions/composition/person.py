"""From attributes of a person to a caption in the style of NEXT-Text on RGBNT201."""

from __future__ import annotations

from collections.abc import Mapping

from ..schema.attribute import UNKNOWN
from ..schema.person import PERSON
from ..schema.values import shown_values
from . import wording
from .accessories import compose_accessories
from .english import article, join, takes_article

Values = Mapping[str, str]

SUBJECTS = {"male": "He", "female": "She"}
"""By gender; anyone else is "The person"."""
GLASSES = {"yes": "wearing glasses", "no": "not wearing glasses"}
HATS = {hat: "not wearing a hat" if hat == "none" else f"wearing a {hat}" for hat in PERSON.attributes["hat"].values}


def compose_person(modality: str, values: Values) -> str:
    """One to six sentences: who is seen and when, clothes, hair and glasses, a hat, what is carried, how clear it is.

    Attributes that are absent, `UNKNOWN` or not shown by the modality are left out, as the published captions do. That
    nothing is held, or no bag carried, is said only where nothing else is held, carried or dragged.

    Args:
        modality: "RGB", "NIR" or "TIR".
        values: by name of the attribute of `PERSON`, or by key of `wording.CHOICES`.

    Raises:
        InputError: a wording is none of the choices.
    """
    wording.check_wording(values)
    said = shown_values(PERSON, modality, values) | {key: values[key] for key in wording.CHOICES if key in values}
    reason = wording.choice(values, wording.UNSEEN)
    if reason != wording.CHOICES[wording.UNSEEN][0]:
        unseen = ("hair_style", "footwear_style", "footwear")
        said |= {name: reason for name in unseen if values.get(name) == UNKNOWN}
    subject = SUBJECTS.get(said.get("gender", ""), "The person")
    sentences = (_opening(said), _clothes(said, subject), _head(said, subject), _hat(said, subject))
    after = (compose_accessories(said, subject), _clarity(said))
    return " ".join(sentence for sentence in (*sentences, *after) if sentence)


def kind_of_person(age: str, gender: str) -> str:
    """Age and gender, each '' where it is not known, as in "adult male"."""
    return join(age, gender, "person" if gender == "non-binary" else "") or "person"


def _opening(said: Values) -> str:
    who = kind_of_person(said.get("age", ""), said.get("gender", ""))
    circumstances = {"view": "from the {}", "capture_time": "during {}", "illumination": "in {} lighting"}
    seen = [words.format(said[name]) for name, words in circumstances.items() if name in said]
    first = article(who) if wording.choice(said, wording.ARTICLE) == "an" else "a"
    return f"{join(first.capitalize(), who, 'seen' if seen else '', *seen)}."


def _clothes(said: Values, subject: str) -> str:
    upper, lower, feet = _garment(said, "upper"), _garment(said, "lower"), _footwear(said)
    worn = " with ".join(garment for garment in (upper, lower) if garment)
    whole = ", paired with ".join(part for part in (worn, feet) if part)
    return f"{subject} is wearing {whole}." if whole else ""


def _garment(said: Values, place: str) -> str:
    """The garment of a place, "upper" or "lower", with its colour; a colour alone is that of a garment."""
    colour, garment = said.get(f"{place}_clothing_colour", ""), said.get(f"{place}_clothing", "")
    if not colour and not garment:
        return ""
    whole = join(colour, garment or f"{place} garment")
    bare = not takes_article(whole) or (place == "lower" and wording.choice(said, wording.LOWER) == "bare")
    return whole if bare else f"{article(whole)} {whole}"


def _footwear(said: Values) -> str:
    style = said.get("footwear_style", "")
    return join(style, said.get("footwear", "footwear" if style else ""))


def _head(said: Values, subject: str) -> str:
    hair = join(said.get("hair_length", ""), said.get("hair_style", ""))
    glasses = GLASSES.get(said.get("glasses", ""), "")
    if not hair:
        return f"{subject} is {glasses}." if glasses else ""
    who = f"{subject.lower()} is " if wording.choice(said, wording.GLASSES) == "clause" else ""
    return f"{hair.capitalize()} hair{f' and {who}{glasses}' if glasses else ''}."


def _hat(said: Values, subject: str) -> str:
    return f"{subject} is {HATS[said['hat']]}." if "hat" in said else ""


def _clarity(said: Values) -> str:
    return f"The image appears {said['target_clarity']}." if "target_clarity" in said else ""
