"""Plain text for pdfLaTeX with the base classes alone."""

from __future__ import annotations

import re
import unicodedata

_TEXT = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "`": "{`}",
    '"': "''",
    "“": "``",
    "”": "''",
    "‘": "`",
    "’": "'",
    "–": "--",
    "—": "---",
    "…": r"\ldots{}",
}

_MATHS = {
    "†": r"^\dagger",
    "‡": r"^\ddagger",
    "§": r"^\mathsection",
    "±": r"\pm",
    "−": "-",
    "×": r"\times",
    "·": r"\cdot",
    "✓": r"\surd",
    "✔": r"\surd",
    "✗": r"\times",
    "✘": r"\times",
    "→": r"\to",
    "≤": r"\le",
    "≥": r"\ge",
    "≈": r"\approx",
    "∞": r"\infty",
    "°": r"^\circ",
    "µ": r"\mu",
    **dict(zip("αβγδεζηθικλμνξπρστυφχψω", (rf"\{name}" for name in (
        "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu", "nu", "xi",
        "pi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega",
    )), strict=True)),
    **dict(zip("ΓΔΘΛΞΠΣΥΦΨΩ", (rf"\{name}" for name in (
        "Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi", "Sigma", "Upsilon", "Phi", "Psi", "Omega",
    )), strict=True)),
}  # fmt: skip

_SIGNS = {**_TEXT, **{sign: f"${command}$" for sign, command in _MATHS.items()}}

_LETTERS = "ßæÆœŒøØłŁ"
_ACCENTS = "\u0300\u0301\u0302\u0303\u0304\u0306\u0307\u0308\u030a\u030b\u030c\u0327"
"""Letters and combining accents that the default font encoding sets."""


def escape(text: str) -> str:
    """Text on one line: signs as commands, accented Latin letters as they are, other scripts by their code points."""
    line = "".join(_SIGNS.get(sign) or _plain(sign) for sign in re.sub("-(?=-)", "-\0", " ".join(text.split())))
    return line.replace("\0", "{}")  # two hyphens of the user's are two hyphens, not a dash


def _plain(sign: str) -> str:
    parts = unicodedata.normalize("NFD", sign)
    if sign in _LETTERS or (parts[0].isascii() and set(parts[1:]) <= set(_ACCENTS)):
        return sign
    simpler = [part for part in unicodedata.normalize("NFKD", sign) if not unicodedata.combining(part)]
    return f"[U+{ord(sign):04X}]" if simpler == [sign] else "".join(_SIGNS.get(part) or _plain(part) for part in simpler)
