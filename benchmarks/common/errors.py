"""Mistakes of a user, told in one line."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class InputError(Exception):
    """What the user gave cannot be used.

    The message is one line that says what is wrong, where, and what would be right. The command line prints it without a
    traceback and exits with status 2.
    """


class ImageError(InputError):
    """An image file cannot be used; a run may leave it out."""


def closest(name: str, options: Iterable[str], count: int = 3) -> list[str]:
    """The options nearest to a mistyped name, best first; empty where none is near."""
    by_folded = {option.lower(): option for option in sorted(options)}
    return [by_folded[match] for match in difflib.get_close_matches(name.lower(), by_folded, n=count, cutoff=0.5)]


def unknown(kind: str, name: str, options: Iterable[str], where: str = "") -> InputError:
    """An error for a name that is not among the options, with the closest ones, or all of them where none is near.

    Args:
        kind: what was looked for, as in "method" or "key".
        name: the name that was given.
        options: the names that exist.
        where: the file or place of the name; left out where it is the command line.
    """
    options = sorted(options)
    near = closest(name, options)
    hint = f"did you mean {' or '.join(repr(option) for option in near)}?" if near else f"one of: {', '.join(options)}"
    return InputError(f"{where + ': ' if where else ''}unknown {kind} {name!r}; {hint}")
