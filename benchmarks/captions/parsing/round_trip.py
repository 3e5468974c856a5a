"""How much of a caption set comes back word for word when its captions are parsed and composed again."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..audit.collection import find_sets
from ..composition.template import compose
from ..schema.values import attributes_of
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
    plain: int = 0
    """Those of them that need no choice of wording beside the attributes."""
    causes: Counter[str] = field(default_factory=Counter)
    """Captions of the rest by cause."""
    examples: dict[str, str] = field(default_factory=dict)
    """The first caption of each cause."""

    @property
    def share(self) -> float:
        """Share in [0, 1] that came back; 1 where there is no caption."""
        return self.equal / self.total if self.total else 1.0

    def __add__(self, other: RoundTrip) -> RoundTrip:
        counts = (self.total + other.total, self.equal + other.equal, self.plain + other.plain)
        return RoundTrip(*counts, self.causes + other.causes, {**other.examples, **self.examples})


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
        result.total += 1
        try:
            values = parse(object, text)
            cause = _difference(text, compose(object, modality, values))
        except Unparsed as error:
            cause = error.cause
        if cause:
            result.causes[cause] += 1
            result.examples.setdefault(cause, text)
        else:
            result.equal += 1
            result.plain += values == attributes_of(values)
    return result


def round_trip_of_files(object: str, named: Sequence[Path]) -> dict[Path, RoundTrip]:
    """What comes back of each caption file, composed for the modality that its name says.

    Args:
        object: "person" or "vehicle".
        named: published caption files, and folders that hold some at any depth.

    Raises:
        InputError: there is no such kind, or a file is missing, malformed or of another name.
    """
    files = (file for files in find_sets(named).values() for file in files)
    return {file.path: round_trip(object, file.texts, file.modality) for file in files}


def _difference(text: str, composed: str) -> str:
    """In what a caption and the composed one differ; '' where they do not."""
    if composed == text:
        return ""
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
    back = f"{result.equal:,} of {result.total:,} captions come back word for word ({result.share:.2%})"
    head = f"{back}, {result.plain:,} from attributes alone"
    ordered = sorted(result.causes.items(), key=lambda item: (-item[1], item[0]))
    return [head, *(f"{count:6,}  {cause}, as in {result.examples[cause]!r}" for cause, count in ordered)]
