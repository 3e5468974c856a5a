"""The key of an endpoint: read from the environment, sent to the endpoint, and never shown."""

from __future__ import annotations

import os
import re
from urllib.parse import unquote

from ...common.errors import InputError
from .settings import EndpointSettings

_TELLING = 8
"""Characters of a key in a row that are taken for the key."""

_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")


class Key:
    """A key, or the lack of one; neither its text form nor its representation shows it."""

    def __init__(self, value: str | None) -> None:
        self._value = value

    def reveal(self) -> str | None:
        """The key itself, for the client of the endpoint alone."""
        return self._value

    def is_in(self, text: str) -> bool:
        """Whether a text repeats the key or a good part of it, be it plain or escaped as in JSON or an address."""
        if not self._value:
            return False
        length = min(_TELLING, len(self._value))
        parts = {self._value[start : start + length] for start in range(len(self._value) - length + 1)}
        forms = (text, unquote(text), _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text))
        return any(part in form for form in forms for part in parts)


def read_key(settings: EndpointSettings) -> Key:
    """The key that the settings name.

    Raises:
        InputError: the environment variable is not set, or holds what cannot be sent.
    """
    if settings.key_env is None:
        return Key(None)
    value = os.environ.get(settings.key_env, "").strip()
    if not value:
        raise InputError(
            f"annotator {settings.name!r}: the environment variable {settings.key_env}, named by key_env, is not set"
        )
    if not (value.isascii() and value.isprintable() and " " not in value):
        raise InputError(
            f"annotator {settings.name!r}: the environment variable {settings.key_env} holds no key: "
            "a key is one word of printable ASCII characters"
        )
    return Key(value)
