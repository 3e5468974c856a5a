"""Contradictions between the captions of one object: modalities that tell different values of one attribute."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..schema.attribute import UNKNOWN
from .collection import CaptionFile

Parse = Callable[[str], Mapping[str, str] | None]
"""Reads the attributes of a text; None where it cannot be read."""

Told = Mapping[str, Mapping[str, str]]
"""Attributes that are told of one item, by modality."""


@dataclass(frozen=True)
class Contradiction:
    """Two or more modalities of one item that tell different known values of an attribute."""

    split: str
    item: str
    attribute: str
    values: Mapping[str, str]
    """By modality, where one is told."""


@dataclass(frozen=True)
class Consistency:
    """What comparing the modalities of each item found."""

    parsed: Mapping[tuple[str, str], int]
    """Captions that could be read, by split and modality."""
    contradictions: tuple[Contradiction, ...]

    def read(self, splits: Sequence[str], modalities: Sequence[str]) -> int:
        """Captions of some splits and modalities that could be read."""
        return sum(self.parsed.get((split, modality), 0) for split in splits for modality in modalities)

    def of(self, splits: Sequence[str], modalities: Sequence[str]) -> list[Contradiction]:
        """Contradictions in some splits that some modalities are part of."""
        return [each for each in self.contradictions if each.split in splits and not set(modalities).isdisjoint(each.values)]


def items_with(contradictions: Sequence[Contradiction]) -> int:
    """Number of items with at least one contradiction."""
    return len({(each.split, each.item) for each in contradictions})


def by_attribute(contradictions: Sequence[Contradiction]) -> dict[str, int]:
    """Number of items that contradict themselves in each attribute, the most frequent first."""
    counts = Counter(each.attribute for each in contradictions)
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


def compare_modalities(files: Sequence[CaptionFile], parse: Parse) -> Consistency:
    """Read every caption of a set and compare what the modalities of each item tell.

    Args:
        files: of one caption set.
        parse: reads the attributes of a text.
    """
    told: dict[str, dict[str, dict[str, Mapping[str, str]]]] = {}
    parsed: Counter[tuple[str, str]] = Counter()
    for file in files:
        for item, text in file.entries:
            attributes = parse(text)
            if attributes is not None:
                parsed[file.split, file.modality] += 1
                told.setdefault(file.split, {}).setdefault(item, {})[file.modality] = attributes
    found = [
        Contradiction(split, item, attribute, values)
        for split, items in told.items()
        for item, of_item in items.items()
        for attribute, values in differing(of_item)
    ]
    return Consistency(dict(parsed), tuple(found))


def differing(told: Told) -> Iterator[tuple[str, dict[str, str]]]:
    """Attributes with more than one known value, each with its values by modality."""
    names = dict.fromkeys(name for attributes in told.values() for name in attributes)
    for name in names:
        values = {modality: attributes[name] for modality, attributes in told.items() if name in attributes}
        known = {modality: value for modality, value in values.items() if value != UNKNOWN}
        if len(set(known.values())) > 1:
            yield name, known
