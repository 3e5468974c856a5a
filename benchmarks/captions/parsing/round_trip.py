"""How much of a caption set comes back word for word when its captions are parsed and composed again."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from ..composition.template import compose
from ..sentences import split_sentences
from .parse import parse
from .unparsed import Unparsed

_ARTICLE = re.compile(r"\b[Aa]n?\b")


@dataclass
class RoundTrip:
    """What came back of a caption set, and what did not."""

    total: int = 0
    """Captions."""
    equal: int = 0
    """Those that are composed word for word from what is parsed of them."""
    causes: Counter[str] = field(default_factory=Counter)
    """Captions of the rest by cause."""
    examples: dict[str, str] = field(default_factory=dict)
    """The first caption of each cause."""

    @property
    def share(self) -> float:
        """Share in [0, 1] that came back; 1 where there is no caption."""
        return self.equal / self.total if self.total else 1.0

    def add(self, text: str, cause: str | None) -> None:
        """Count a caption; a cause says why it did not come back."""
        self.total += 1
        if cause is None:
            self.equal += 1
        else:
            self.causes[cause] += 1
            self.examples.setdefault(cause, text)

    def __add__(self, other: RoundTrip) -> RoundTrip:
        return RoundTrip(
            self.total + other.total,
            self.equal + other.equal,
            self.causes + other.causes,
            {**other.examples, **self.examples},
        )


def round_trip(object: str, texts: Iterable[str], modality: str = "RGB") -> RoundTrip:
    """Parse captions and compose them again.

    Args:
        object: "person" or "vehicle".
        texts: the captions.
        modality: for which they are composed; RGB shows every attribute, so that nothing that was parsed is left out.

    Raises:
        InputError: there is no such kind or modality.
    """
    result = RoundTrip()
    for text in texts:
        result.add(text, _cause(object, text, modality))
    return result


def _cause(object: str, text: str, modality: str) -> str | None:
    """Why a caption does not come back; None where it does."""
    try:
        composed = compose(object, modality, parse(object, text))
    except Unparsed as error:
        return error.cause
    if composed == text:
        return None
    if composed.split() == text.split():
        return "spaces"
    before, after = split_sentences(text), split_sentences(composed)
    if len(before) != len(after):
        return "other number of sentences"
    number, one, other = next((n, *pair) for n, pair in enumerate(zip(before, after, strict=True), 1) if len(set(pair)) > 1)
    if _ARTICLE.sub("a", one) == _ARTICLE.sub("a", other):
        return "'a' for 'an', or 'an' for 'a'"
    return f"other wording of sentence {number}"


def lines(result: RoundTrip) -> list[str]:
    """The result in words: the share, then a line for each cause, the most common first."""
    head = f"{result.equal:,} of {result.total:,} captions come back word for word ({result.share:.2%})"
    ordered = sorted(result.causes.items(), key=lambda item: (-item[1], item[0]))
    return [head, *(f"{count:6,}  {cause}, as in {result.examples[cause]!r}" for cause, count in ordered)]
