"""Wordings of captions that attributes do not settle: oddities of the published captions, as options.

Each is a key beside the attributes, "wording.article" for instance. What is left out has the first of its choices, which is
always proper English, so that sets of attributes from elsewhere need none of them.
"""

from __future__ import annotations

from collections.abc import Mapping

from ...common.errors import unknown
from ..schema.values import WORDING

ARTICLE = WORDING + "article"
GLASSES = WORDING + "glasses"
LOWER = WORDING + "lower_clothing"
CARRYING = WORDING + "carrying"
UNSEEN = WORDING + "unknown"

Choices = Mapping[str, tuple[str, ...]]
"""By key, the usual one first."""

CHOICES: Choices = {
    ARTICLE: ("an", "a"),
    GLASSES: ("clause", "participle"),
    LOWER: ("article", "bare"),
    CARRYING: ("proper", "bare", "none", "a none"),
    UNSEEN: (
        *("left out", "unknowable due to blurriness", "none visible", "unidentifiable", "unknowable due to low clarity"),
        "unknowable due to blur",
    ),
}
"""Those of persons.

- article: "An adult" or "A adult".
- glasses: "hair and he is not wearing glasses" or "hair and not wearing glasses".
- lower_clothing: "with a skirt" or "with skirt".
- carrying: "carrying a handbag", "dragging something" and "not carrying anything"; or without article and thing, "carrying
  handbag" and "dragging"; or "carrying none", or "carrying a none".
- unknown: what stands for a style of the hair, or a style or type of the footwear, whose value is `UNKNOWN`.
"""


def choice(values: Mapping[str, str], key: str, choices: Choices = CHOICES) -> str:
    """The choice for a key: that of the values, or the usual one.

    Raises:
        InputError: the values hold another one.
    """
    chosen = values.get(key, choices[key][0])
    if chosen not in choices[key]:
        raise unknown(f"value of {key}", chosen, choices[key])
    return chosen


def check_wording(values: Mapping[str, str], choices: Choices = CHOICES) -> None:
    """Hold the keys of wordings, and what is chosen, against the choices that there are.

    Raises:
        InputError: a key or a choice is none of them.
    """
    for key in values:
        if key.startswith(WORDING):
            if key not in choices:
                raise unknown("wording", key, choices)
            choice(values, key, choices)
