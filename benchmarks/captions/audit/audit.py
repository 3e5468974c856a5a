"""The audit of a caption set: tallies by file, by modality and over all, and what they come to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from operator import add
from typing import Any

from ..files import FILE_SUFFIX, SPLITS
from .collection import CaptionFile
from .contradictions import Consistency, Parse, by_attribute, compare_modalities, items_with
from .tally import Tally, TokenLengths, tally

ALL = "all"


@dataclass(frozen=True)
class Audit:
    """One caption set."""

    source: str
    tallies: dict[tuple[str, str], Tally]
    """By split and modality of each file."""
    consistency: Consistency | None
    """None where nothing could read the captions."""

    @cached_property
    def modalities(self) -> list[str]:
        """Modalities that the set has, in the usual order."""
        return [name for name in FILE_SUFFIX if any(name == modality for _, modality in self.tallies)]

    @cached_property
    def splits(self) -> list[str]:
        """Splits that the set has, training first."""
        return [name for name in SPLITS if any(name == split for split, _ in self.tallies)]

    def over(self, split: str, modality: str) -> Tally:
        """The tally of a split and modality, either of which may be `all`."""
        chosen = [found for place, found in self.tallies.items() if split in {ALL, place[0]} and modality in {ALL, place[1]}]
        return reduce(add, chosen)

    def document(self, split: str, modality: str) -> dict[str, Any]:
        """What is known of a split and modality as plain values; rates are shares in [0, 1]."""
        found = self.over(split, modality)
        return {
            "source": self.source,
            "split": split,
            "modality": modality,
            "captions": found.captions,
            "words": found.words,
            "mean_words": found.share(found.words),
            "vocabulary": len(found.vocabulary),
            "mean_sentences": found.share(found.sentences),
            "empty": found.empty,
            "unknown_rate": {"published": found.share(found.published), "strict": found.share(found.strict)},
            "over_77_tokens": found.share(found.over_context),
            "longest_tokens": found.longest,
            "duplicates": found.duplicates,
            "repeated_items": found.repeated_items,
            "missing": found.missing,
            **self._consistency(split, modality, found.captions),
        }

    def _consistency(self, split: str, modality: str, captions: int) -> dict[str, Any]:
        """Captions that could be read and items that contradict themselves; None where nothing could."""
        if self.consistency is None:
            return {"parsed": None, "contradictions": None, "contradicting_attributes": None}
        splits = SPLITS if split == ALL else (split,)
        modalities = self.modalities if modality == ALL else (modality,)
        found = self.consistency.of(splits, modalities)
        return {
            "parsed": self.consistency.read(splits, modalities) / captions if captions else 0.0,
            "contradictions": items_with(found),
            "contradicting_attributes": by_attribute(found),
        }

    def documents(self) -> list[dict[str, Any]]:
        """One for each file, and one over all, which holds those of each modality and of each split."""
        files = [self.document(*place) for place in self.tallies]
        parts = {
            "modalities": {name: self.document(ALL, name) for name in self.modalities},
            "splits": {name: self.document(name, ALL) for name in self.splits},
        }
        return [*files, {**self.document(ALL, ALL), **parts}]


def audit(source: str, files: Sequence[CaptionFile], token_lengths: TokenLengths, parse: Parse | None) -> Audit:
    """Audit one caption set.

    Args:
        source: its folder.
        files: its files.
        token_lengths: counts CLIP's tokens.
        parse: reads the attributes of a text; None to look for no contradictions.
    """
    items = {split: {item for file in files if file.split == split for item in file.items} for split in SPLITS}
    tallies = {(file.split, file.modality): tally(file, items[file.split], token_lengths) for file in files}
    return Audit(source, tallies, compare_modalities(files, parse) if parse else None)
