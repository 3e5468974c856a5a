"""`observations.jsonl`: what each annotator said of each image, or why it did not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from ...common.errors import InputError, unknown
from ...common.settings import Settings, parse
from ..json_lines import LineIndex, read_lines
from ..schema.attribute import AttributeSet, ImageKey, Observed
from ..schema.kinds import schema_of
from ..schema.values import is_value
from .job import CaptionJob

_WHAT = "what annotators said"


class _Said(Settings):
    value: str
    confidence: float = Field(ge=0, le=1)


class _Line(Settings):
    split: Literal["train", "test"]
    modality: Literal["RGB", "NIR", "TIR"]
    item: str
    annotator: str
    status: Literal["done", "failed"]
    attributes: dict[str, _Said] = {}
    reason: str = ""


@dataclass(frozen=True)
class Observation:
    """What one annotator made of one image."""

    key: ImageKey
    annotator: str
    attributes: AttributeSet | None
    """None where it failed."""
    reason: str
    """Why it failed; empty otherwise."""


def read_observations(path: Path, job: CaptionJob) -> Iterator[Observation]:
    """The observations of a job, in the order of the file.

    Raises:
        InputError: the file is missing, or a line is no observation of such an object by an annotator of the job.
    """
    for where, record in read_lines(path, _WHAT):
        yield _observation(where, record, job)


def read_moments(path: Path, job: CaptionJob) -> Iterator[list[Observation]]:
    """The observations of one object at one moment, in all modalities: moment after moment, sorted by (split, item).

    The file is sorted by modality first, so the places of its lines are held, and of what they say one moment at a time.

    Raises:
        InputError: as for `read_observations`, or the file is empty.
    """
    with LineIndex(path, _WHAT, lambda record: (str(record.get("split")), str(record.get("item")))) as index:
        if not index.keys:
            raise InputError(f"{path}: empty; run harness captions generate again, which pays for no answer twice")
        for key in sorted(index.keys):
            yield [_observation(where, record, job) for where, record in index.records(key)]


def _observation(where: str, record: Mapping[str, Any], job: CaptionJob) -> Observation:
    line, schema = parse(_Line, record, where), schema_of(job.object)
    for name, each in line.attributes.items():
        if name not in schema.attributes:
            raise unknown(f"attribute of a {schema.object}", name, schema.attributes, where)
        if not is_value(schema.attributes[name], each.value):
            raise InputError(f"{where}: {each.value!r} is no value of {name}")
    if line.annotator not in (names := [asked.name for asked in job.annotators]):
        raise unknown("annotator of this job", line.annotator, names, where)
    if line.status == "failed" and not line.reason:
        raise InputError(f"{where}: failed without a reason")
    said = {
        name: Observed(value=each.value, confidence=each.confidence, annotator=line.annotator)
        for name, each in line.attributes.items()
    }
    key = ImageKey(line.split, line.modality, line.item)
    return Observation(key, line.annotator, said if line.status == "done" else None, line.reason)
