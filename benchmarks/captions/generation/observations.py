"""`observations.jsonl`: what each annotator said of each image, or why it did not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import Field

from ...common.errors import InputError, unknown
from ...common.settings import Settings, parse
from ..json_lines import read_lines
from ..schema.attribute import AttributeSet, ImageKey, Observed, Schema


class _Said(Settings):
    value: str
    confidence: float = Field(ge=0, le=1)


class _Line(Settings):
    split: str
    modality: str
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


def read_observations(path: Path, schema: Schema) -> Iterator[Observation]:
    """The observations of a job, in the order of the file.

    Raises:
        InputError: the file is missing, or a line is no observation of such an object.
    """
    for where, record in read_lines(path, "what annotators said"):
        line = parse(_Line, record, where)
        if strange := [name for name in line.attributes if name not in schema.attributes]:
            raise unknown(f"attribute of a {schema.object}", strange[0], schema.attributes, where)
        if line.status == "failed" and not line.reason:
            raise InputError(f"{where}: failed without a reason")
        said = {
            name: Observed(value=each.value, confidence=each.confidence, annotator=line.annotator)
            for name, each in line.attributes.items()
        }
        key = ImageKey(line.split, line.modality, line.item)
        yield Observation(key, line.annotator, said if line.status == "done" else None, line.reason)
