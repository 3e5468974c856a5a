"""What is counted in a caption file; the tallies of several files add up."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from ..sentences import split_sentences
from .collection import CaptionFile
from .words import plain, says_unknown_published, says_unknown_strict, words

CONTEXT = 77
"""Tokens that CLIP's text tower reads, start and end among them; what follows is cut."""

TokenLengths = Callable[[Sequence[str]], Sequence[int]]
"""Number of CLIP tokens of each text with start and end: a model's matter, so it is given to this floor."""


@dataclass(frozen=True)
class Tally:
    """Counts over captions."""

    captions: int
    words: int
    """Between spaces, punctuation left on."""
    sentences: int
    empty: int
    """Captions without a word."""
    vocabulary: frozenset[str]
    """Different words in small letters, without the punctuation around them."""
    published: int
    """Captions that say none, unknown or unclear by the published definition; see `words`."""
    strict: int
    """The same by the strict one."""
    over_context: int
    """Captions that CLIP's text tower would cut."""
    longest: int
    """Most tokens of a caption."""
    duplicates: int
    """Captions whose text the file has had before: texts that several items share, less one for each."""
    repeated_items: int
    """Entries whose item the file has had before."""
    missing: int
    """Captions that are not there: items that another modality of the split has, counted for each file that lacks them."""

    def __add__(self, other: Tally) -> Tally:
        """Counts over the captions of both."""
        sums = {name: getattr(self, name) + getattr(other, name) for name in _ADDED}
        vocabulary, longest = self.vocabulary | other.vocabulary, max(self.longest, other.longest)
        return Tally(**sums, vocabulary=vocabulary, longest=longest)

    def share(self, count: int) -> float:
        """A count as a share of all captions in [0, 1]; 0 where there are none."""
        return count / self.captions if self.captions else 0.0


_ADDED = tuple(name for name in Tally.__dataclass_fields__ if name not in {"vocabulary", "longest"})


def tally(file: CaptionFile, expected: Collection[str], token_lengths: TokenLengths) -> Tally:
    """Count in one file.

    Args:
        file: the captions.
        expected: items that the split has in any modality.
        token_lengths: counts CLIP's tokens.
    """
    texts, items = file.texts, file.items
    lengths = token_lengths(texts)
    return Tally(
        captions=len(texts),
        words=sum(len(words(text)) for text in texts),
        sentences=sum(len(split_sentences(text)) for text in texts),
        empty=sum(not words(text) for text in texts),
        vocabulary=frozenset(map(plain, (word for text in texts for word in words(text)))) - {""},
        published=sum(map(says_unknown_published, texts)),
        strict=sum(map(says_unknown_strict, texts)),
        over_context=sum(length > CONTEXT for length in lengths),
        longest=max(lengths, default=0),
        duplicates=len(texts) - len(set(texts)),
        repeated_items=len(items) - len(set(items)),
        missing=len(set(expected) - set(items)),
    )
