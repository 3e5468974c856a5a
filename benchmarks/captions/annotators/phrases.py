"""Which words of a model may stand as the value of an open attribute."""

from __future__ import annotations

import re

from ..schema import values

_PLAIN = re.compile(r"[A-Za-z0-9]+(?:[ -][A-Za-z0-9]+)*")

_ORDERS = frozenset(
    ("ignore", "disregard", "forget", "override", "instruction", "instructions", "prompt", "assistant", "respond", "output")
)
"""Words that tell a reader what to do and describe no appearance."""

_UNKNOWN_OTHERWISE = frozenset(
    ("unclear", "uncertain", "unsure", "not sure", "not visible", "not shown", "not clear", "cannot tell", "cannot be seen")
    + ("undetermined", "indeterminate", "indistinguishable", "unidentifiable", "unidentified", "unrecognizable", "unknowable")
)


def is_plain_phrase(text: str) -> bool:
    """Whether a text is a phrase as the schema takes it, of plain letters, digits, spaces and hyphens, and gives no orders."""
    plain = values.is_phrase(text) and _PLAIN.fullmatch(text) is not None
    return plain and not _ORDERS.intersection(re.split("[ -]", text.lower()))


def says_unknown(text: str) -> bool:
    """Whether a phrase says in other words that nothing can be said."""
    return text.lower() in _UNKNOWN_OTHERWISE
