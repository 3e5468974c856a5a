"""Within a modality: the annotator with the highest confidence wins, attribute by attribute (NEXT, section IV-B)."""

from __future__ import annotations

from collections.abc import Sequence

from ..schema.attribute import UNKNOWN, AttributeSet, Observed, Schema
from .decided import Candidate, Decided, Decision, Verdict
from .settings import AggregationSettings


def merge(schema: Schema, modality: str, answers: Sequence[AttributeSet], settings: AggregationSettings) -> dict[str, Decided]:
    """Merge what annotators say of one image.

    Equal confidence goes to a known value before an unknown one, then to the annotator that stands first.

    Args:
        schema: which attributes there are, and which of them the modality can show: no other is decided.
        modality: of the image.
        answers: of the annotators, in their order; an annotator that failed is left out.
        settings: how an unknown counts.

    Returns:
        By name, in the order of the schema; an attribute of which nobody said anything has no entry.
    """
    merged = {}
    for name in schema.shown_in(modality):
        said = [answer[name] for answer in answers if name in answer]
        if said:
            merged[name] = _most_confident(said, modality, settings)
    return merged


def _most_confident(said: Sequence[Observed], modality: str, settings: AggregationSettings) -> Decided:
    places = range(len(said))
    winner = min(places, key=lambda place: (*_rank(said[place], settings), place))
    best = said[winner]
    candidates = tuple(
        Candidate.of(each, modality, Verdict.CHOSEN if place == winner else _why_not(each, best, settings))
        for place, each in zip(places, said, strict=True)
    )
    return Decided(best.value, best.confidence, best.annotator, modality, Decision.MERGED, candidates)


def _rank(said: Observed, settings: AggregationSettings) -> tuple[float, float]:
    """What is smaller wins."""
    unknown = float(said.value == UNKNOWN)
    return (unknown, -said.confidence) if settings.unknown == "yields" else (-said.confidence, unknown)


def _why_not(said: Observed, best: Observed, settings: AggregationSettings) -> Verdict:
    unknown = said.value == UNKNOWN and best.value != UNKNOWN
    if unknown and settings.unknown == "yields":
        return Verdict.UNKNOWN
    if said.confidence < best.confidence:
        return Verdict.LESS_CONFIDENT
    return Verdict.UNKNOWN_AT_TIE if unknown else Verdict.LATER_AT_TIE
