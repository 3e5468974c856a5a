"""What a caption states beyond the attributes that it was written from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ..parsing.parse import parse
from ..parsing.unparsed import Unparsed
from ..schema.attribute import UNKNOWN, AttributeType, Group, Schema
from ..schema.colours import HUES
from ..schema.values import attributes_of

COLOURS = (
    *HUES,
    *("crimson", "scarlet", "magenta", "golden", "ivory", "bronze", "cyan", "indigo", "lilac", "lavender", "charcoal"),
)
"""Words of colours that count as a statement, whether or not the schema knows them."""

_FUNCTION_WORDS = frozenset(("no", "yes", "none", "on", "off", "something", "object", "used", "present", "not present", "top"))
"""Values that stand in any English text in other senses."""

_SPELLINGS = {"grey": "gray", "colour": "color", "coloured": "colored", "tyre": "tire"}
_NEGATIONS = frozenset(("no", "not", "none", "nothing", "without", "nor", "never", "neither"))
_ABSENT, _PRESENT = frozenset(("no", "none", "not present")), frozenset(("yes", "present"))
_JOINING = frozenset(("and", "with", "over", "or", "above", "below"))

Tokens = tuple[str, ...]


def unfounded(text: str, schema: Schema, values: Mapping[str, str], template: str) -> list[str]:
    """What a text states and the values do not, one line each; empty where it keeps to them.

    Told are known values and colours that belong to none of the values, things that are denied or affirmed against them, and a
    colour that stands before a garment or part of another colour. Statements in words that the schema does not know, and
    colours that follow their noun, are not found.

    Args:
        text: of the caption.
        schema: whose known values are looked for.
        values: what may be stated, by name of the attribute.
        template: the caption of the template composer for the same values; its words are allowed.
    """
    stated = [_tokens(value) for name, value in values.items() if name in schema.attributes and value != UNKNOWN]
    claims = _claims(schema)
    longest = max(map(len, claims))
    said, allowed = _phrases(_sentences(text), longest), _phrases([*stated, *_sentences(template)], longest)
    strange = {" ".join(claim) for claim in claims if claim in said and claim not in allowed}
    problems = [f"it states {claim!r}, which is none of the attributes" for claim in sorted(strange)]
    # Where attributes contradict each other, a backpack beside "carrying none" say, the template decides what may be said.
    granted = set(_turned(template, schema, values))
    return problems + [problem for problem in dict.fromkeys(_turned(text, schema, values)) if problem not in granted]


def read_back(text: str, schema: Schema, values: Mapping[str, str], template: str) -> list[str]:
    """What the parser of the published style reads in a text and the values do not say, one line each.

    Nothing is told of a text in another style; see `unfounded`, which reads any.

    Args:
        text: of the caption.
        schema: of the attributes.
        values: what may be stated, by name of the attribute.
        template: the caption of the template composer for the same values; what it reads as may be stated too.
    """
    granted = _parsed(schema, template)
    return [
        f"it reads as {name} {value!r}, "
        + (f"and it is {values[name]!r}" if name in values else "which is none of the attributes")
        for name, value in _parsed(schema, text).items()
        if value not in {values.get(name), granted.get(name)}
    ]


def _parsed(schema: Schema, text: str) -> dict[str, str]:
    try:
        read = attributes_of(parse(schema.object, text))
    except Unparsed:
        return {}
    return {name: value for name, value in read.items() if value != UNKNOWN}


def _turned(text: str, schema: Schema, values: Mapping[str, str]) -> Iterator[str]:
    """What a text turns round: things that are there or not, and colours."""
    sentences = _sentences(text)
    for name, value in values.items():
        if name in schema.attributes:
            yield from _wrong_polarity(schema.attributes[name], value, sentences)
            yield from _wrong_colour(name, value, values, text)


def _sentences(text: str) -> list[Tokens]:
    return [_tokens(sentence) for sentence in re.split(r"[.!?;]", text)]


def _phrases(sentences: Iterable[Tokens], longest: int) -> set[Tokens]:
    """Everything of up to so many words that stands in sentences."""
    return {
        sentence[start : start + length]
        for sentence in sentences
        for start in range(len(sentence))
        for length in range(1, longest + 1)
    }


def _tokens(text: str) -> Tokens:
    """Words in lower case, in one spelling and without the s of a plural; hyphens part words."""
    words = re.findall(r"[^\W_]+", text.lower())
    singular = (word[:-1] if word.endswith("s") and not word.endswith("ss") and len(word) > 3 else word for word in words)
    return tuple(_SPELLINGS.get(word, word) for word in singular)


def _claims(schema: Schema) -> set[Tokens]:
    """Everything that counts as a statement: known values, colours, and names of things that are worn, carried or built on."""
    kinds = schema.attributes.values()
    words = {value for kind in kinds for value in kind.values if value not in _FUNCTION_WORDS and value != UNKNOWN}
    things = {_thing(kind) for kind in kinds if kind.group in {Group.ACCESSORIES, Group.PARTS}}
    return {_tokens(word) for word in words | things | set(COLOURS)}


def _thing(kind: AttributeType) -> str:
    return kind.name.replace("_", " ")


def _places(phrase: Tokens, tokens: Tokens) -> list[int]:
    """Where a phrase begins among the tokens."""
    length = len(phrase)
    return [start for start in range(len(tokens) - length + 1) if tokens[start : start + length] == phrase]


def _wrong_polarity(kind: AttributeType, value: str, sentences: Iterable[Tokens]) -> Iterator[str]:
    """A thing that is absent and said to be there, or the other way round."""
    thing = _tokens(_thing(kind))
    for sentence in sentences:
        for place in _places(thing, sentence):
            if value in _ABSENT and not _NEGATIONS & set(sentence):
                yield f"it states {_thing(kind)!r}, which is not there"
            if value in _PRESENT and _NEGATIONS & set(sentence[max(0, place - 2) : place]):
                yield f"it denies {_thing(kind)!r}, which is there"


def _wrong_colour(name: str, value: str, values: Mapping[str, str], text: str) -> Iterator[str]:
    """A colour before what an attribute names that is not the one of its own attribute of colour."""
    own = values.get(f"{name}_colour")
    if own is None or value == UNKNOWN:
        return
    noun, own_words = _tokens(value), set(_tokens(own))
    for clause in re.split(r"[.,;!?]", text):
        tokens = _tokens(clause)
        for place in _places(noun, tokens):
            for word in _before(tokens[:place]):
                if word in COLOURS and word not in own_words:
                    yield f"it calls the {value} {word}, and {name} is {own}"


def _before(tokens: Sequence[str]) -> Iterator[str]:
    """The words right before a noun, back to the last joining word and three at most."""
    for word in reversed(tokens[-3:]):
        if word in _JOINING:
            return
        yield word
