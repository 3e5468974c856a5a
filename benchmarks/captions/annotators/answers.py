"""Reading what a model answered: only what the schema allows is taken over, and what is wrong is said."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from ..schema.attribute import UNKNOWN, AttributeType, Observed
from ..schema.values import LONGEST_PHRASE, MOST_WORDS
from .phrases import is_plain_phrase, says_unknown

MAX_ANSWER = 50_000
"""Characters of the longest answer that is read."""

_SHOWN_PROBLEMS = 5
_SHOWN_NUMBER = 1e9


class InvalidAnswer(Exception):
    """An answer that is not what was asked for.

    Args:
        problems: what is wrong, one line each; no line repeats a text of the answer that is not a short phrase.
    """

    def __init__(self, problems: list[str]) -> None:
        more = f"; and {len(problems) - _SHOWN_PROBLEMS} more" if len(problems) > _SHOWN_PROBLEMS else ""
        super().__init__("; ".join(problems[:_SHOWN_PROBLEMS]) + more)
        self.problems = problems


def read_answer(text: str, asked: Mapping[str, AttributeType], annotator: str, *, whole: bool) -> dict[str, Observed]:
    """The attributes of an answer, in the order in which they were asked for.

    Args:
        text: what the model said; words around its JSON object are let pass.
        asked: attributes by name.
        annotator: who said it.
        whole: whether an attribute that is not answered is a problem; otherwise it is left out.

    Raises:
        InvalidAnswer: no JSON object, an attribute that was not asked for, a value outside a closed list or no short phrase, a
            confidence that is no number in [0, 1], or no attribute at all.
    """
    values = json_object(text)
    problems = [f"{_shown(name)} is no attribute that was asked for" for name in values if name not in asked]
    observed = {}
    for name, kind in asked.items():
        if name in values:
            try:
                observed[name] = _observed(values[name], kind, annotator)
            except InvalidAnswer as error:
                problems += [f"{name}: {problem}" for problem in error.problems]
        elif whole:
            problems.append(f"{name} is missing")
    if not observed and not problems:
        problems.append("no attribute is answered")
    if problems:
        raise InvalidAnswer(problems)
    return observed


def json_object(text: str) -> dict[str, Any]:
    """The JSON object between the first and the last brace.

    Raises:
        InvalidAnswer: there is none, it is malformed, or a key occurs twice in an object.
    """
    if len(text) > MAX_ANSWER:
        raise InvalidAnswer([f"longer than {MAX_ANSWER} characters"])
    start, end = text.find("{"), text.rfind("}")
    if start < 0 or end < start:
        raise InvalidAnswer(["no JSON object"])
    try:
        return dict(json.loads(text[start : end + 1], object_pairs_hook=_unique, parse_constant=_no_constant))
    except (ValueError, RecursionError):
        raise InvalidAnswer(["not valid JSON"]) from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) != len(pairs):
        raise InvalidAnswer(["a key occurs twice in one JSON object"])
    return values


def _no_constant(name: str) -> float:
    raise InvalidAnswer([f"{name} is no number"])


def _observed(entry: Any, kind: AttributeType, annotator: str) -> Observed:
    if not isinstance(entry, dict) or set(entry) != {"value", "confidence"}:
        raise InvalidAnswer(['expected an object with "value" and "confidence" and nothing else'])
    confidence = entry["confidence"]
    if isinstance(confidence, bool) or not isinstance(confidence, int | float) or not 0 <= confidence <= 1:
        raise InvalidAnswer([f"the confidence must be a number from 0 to 1, and is {_shown(confidence)}"])
    return Observed(value=_value(entry["value"], kind), confidence=float(confidence), annotator=annotator)


def _value(value: Any, kind: AttributeType) -> str:
    """A known value as the schema writes it, or a short phrase where the attribute is open."""
    if not isinstance(value, str):
        raise InvalidAnswer([f"the value must be a text, and is {_shown(value)}"])
    known = {name.lower(): name for name in (UNKNOWN, *kind.values)}
    plain = re.sub(" +", " ", value).strip(" ")
    if plain.lower() in known:
        return known[plain.lower()]
    if says_unknown(plain):
        return UNKNOWN
    if not kind.open:
        raise InvalidAnswer([f"{_shown(value)} is not among its values"])
    if not is_plain_phrase(plain):
        limits = f"at most {MOST_WORDS} words and {LONGEST_PHRASE} characters of letters, digits, spaces and hyphens"
        raise InvalidAnswer([f"{_shown(value)} is neither a listed value nor a short phrase ({limits})"])
    return plain


def _shown(value: Any) -> str:
    """A value for a message: short phrases and numbers as they are, anything else by its kind alone."""
    if isinstance(value, str):
        return repr(value) if is_plain_phrase(value) else f"a text of {len(value)} characters"
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _SHOWN_NUMBER:
        return repr(value)
    return {dict: "an object", list: "a list", bool: "true or false", type(None): "null"}.get(type(value), "no such number")
