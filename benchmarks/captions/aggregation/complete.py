"""Across modalities: what one cannot tell or is unsure of is taken from the one that knows best (NEXT, section IV-B)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ..schema.attribute import Frequency, Schema
from .decided import Candidate, Decided, Decision, Verdict
from .settings import AggregationSettings

ByModality = Mapping[str, Mapping[str, Decided]]
"""Decisions by modality and attribute."""


def complete(schema: Schema, merged: ByModality, settings: AggregationSettings) -> dict[str, dict[str, Decided]]:
    """Recheck the high-frequency attributes of the images of one object at one moment.

    An attribute that is unknown in a modality, or below the stated confidence, takes the known value of the most confident
    other modality; one that is known gives way only to more confidence. How sure an annotator is that something is unknown
    says nothing of a value, so an unknown gives way to every known value. Equally confident modalities count in their order.

    Low-frequency attributes keep the modality's own word, and an attribute that a modality cannot show never enters its set.
    All modalities are completed from what was merged, so their order decides nothing but ties.

    Args:
        schema: which attributes are of high frequency in which modality.
        merged: of the modalities that somebody annotated, in the order RGB, NIR, TIR.
        settings: below which confidence an attribute is rechecked.

    Returns:
        The completed sets of the same modalities; attributes in the order of the schema.
    """
    completed: dict[str, dict[str, Decided]] = {}
    for modality, own in merged.items():
        completed[modality] = {}
        for name, kind in schema.attributes.items():
            decided = own.get(name)
            if kind.frequency.get(modality) is Frequency.HIGH and _unsure(decided, settings):
                others = [sets[name] for other, sets in merged.items() if other != modality and name in sets]
                decided = _recheck(decided, others)
            if decided is not None:
                completed[modality][name] = decided
    return completed


def _unsure(decided: Decided | None, settings: AggregationSettings) -> bool:
    return decided is None or not decided.known or decided.confidence < settings.recheck_below


def _recheck(own: Decided | None, others: list[Decided]) -> Decided | None:
    """The own decision, or that of the other modality that knows best; None where nobody said anything."""
    known = [other for other in others if other.known]
    best = max(known, key=lambda other: other.confidence, default=None)
    if best is not None and own is not None and own.known and best.confidence <= own.confidence:
        best = None
    asked = tuple(_asked(other, best) for other in others)
    before = own.candidates if own is not None else ()
    if best is None:
        return own and replace(own, decision=Decision.RECHECKED, candidates=before + asked)
    overruled = tuple(replace(each, verdict=Verdict.OVERRULED) if each.verdict is Verdict.CHOSEN else each for each in before)
    return replace(best, decision=Decision.COMPLETED, candidates=overruled + asked)


def _asked(other: Decided, best: Decided | None) -> Candidate:
    """What another modality said, and whether it was taken."""
    if other is best:
        verdict = Verdict.CHOSEN
    elif not other.known:
        verdict = Verdict.UNKNOWN
    elif best is not None and other.confidence == best.confidence:
        verdict = Verdict.LATER_AT_TIE
    else:
        verdict = Verdict.LESS_CONFIDENT
    return Candidate(other.value, other.confidence, other.annotator, other.modality, verdict)
