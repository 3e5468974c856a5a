"""Both steps of the aggregation, for the images of one object at one moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..schema.attribute import AttributeSet, Schema
from .complete import complete
from .decided import Aggregated, Candidate, Verdict
from .merge import merge
from .settings import AggregationSettings


def aggregate(
    schema: Schema, answers: Mapping[str, Sequence[AttributeSet]], settings: AggregationSettings
) -> dict[str, Aggregated]:
    """Merge what annotators say within each modality, then complete the modalities from each other.

    Args:
        schema: of the kind of objects.
        answers: by modality, in the order RGB, NIR, TIR: what each annotator says, in the order of the annotators. A
            modality that no annotator answered for is left out: nothing is decided of it.
        settings: of the aggregation.

    Returns:
        What is decided of each modality.
    """
    heard = {modality: said for modality, said in answers.items() if said}
    merged = {modality: merge(schema, modality, said, settings) for modality, said in heard.items()}
    completed = complete(schema, merged, settings)
    return {modality: Aggregated(completed[modality], _left_out(schema, modality, said)) for modality, said in heard.items()}


def _left_out(schema: Schema, modality: str, answers: Sequence[AttributeSet]) -> dict[str, tuple[Candidate, ...]]:
    left_out = {}
    for name, kind in schema.attributes.items():
        said = [answer[name] for answer in answers if name in answer]
        if said and modality not in kind.frequency:
            left_out[name] = tuple(Candidate.of(each, modality, Verdict.NOT_SHOWN) for each in said)
    return left_out
