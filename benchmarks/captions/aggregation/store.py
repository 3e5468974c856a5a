"""`aggregated.jsonl`: what was decided of every image, with everything that each decision was made from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ...common.settings import Settings, parse
from ..json_lines import read_lines, write_sorted
from ..schema.attribute import ImageKey
from .decided import Aggregated, Candidate, Decided, Decision, Verdict

FILE = "aggregated.jsonl"


class _Candidate(Settings):
    value: str
    confidence: float
    annotator: str
    modality: str
    verdict: Verdict


class _Decided(Settings):
    value: str
    confidence: float
    annotator: str
    modality: str
    decision: Decision
    candidates: tuple[_Candidate, ...]


class _Line(Settings):
    split: str
    modality: str
    item: str
    attributes: dict[str, _Decided]
    left_out: dict[str, tuple[_Candidate, ...]] = {}


def write_aggregated(path: Path, images: Iterable[tuple[ImageKey, Aggregated]]) -> None:
    """Write what was decided, sorted by (split, modality, item); images may come in any order, and are held one at a time."""
    write_sorted(path, ((key, aggregated_record(key, image)) for key, image in images))


def aggregated_record(key: ImageKey, image: Aggregated) -> dict[str, Any]:
    """One line of the file."""
    attributes = {
        name: {**vars(decided), "decision": decided.decision.value, "candidates": _candidates(decided.candidates)}
        for name, decided in image.attributes.items()
    }
    record = {**vars(key), "attributes": attributes}
    if image.left_out:
        record["left_out"] = {name: _candidates(said) for name, said in image.left_out.items()}
    return record


def _candidates(candidates: Sequence[Candidate]) -> list[dict[str, Any]]:
    return [{**vars(candidate), "verdict": candidate.verdict.value} for candidate in candidates]


def read_aggregated(path: Path, item: str | None = None) -> Iterator[tuple[ImageKey, Aggregated]]:
    """What was decided of each image, in the order of the file.

    Args:
        path: of the file.
        item: file name of the images to read; None for all.

    Raises:
        InputError: the file is missing, or a line of it is no such record.
    """
    for where, record in read_lines(path, "what was aggregated"):
        if item is not None and record.get("item") != item:
            continue
        line = parse(_Line, record, where)
        left_out = {name: tuple(_plain(each) for each in said) for name, said in line.left_out.items()}
        yield ImageKey(line.split, line.modality, line.item), Aggregated(_decided(line.attributes), left_out)


def _decided(attributes: Mapping[str, _Decided]) -> dict[str, Decided]:
    return {
        name: Decided(
            each.value,
            each.confidence,
            each.annotator,
            each.modality,
            each.decision,
            tuple(_plain(candidate) for candidate in each.candidates),
        )
        for name, each in attributes.items()
    }


def _plain(said: _Candidate) -> Candidate:
    return Candidate(said.value, said.confidence, said.annotator, said.modality, said.verdict)
