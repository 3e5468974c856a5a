"""`harness captions explain`: the decisions on one image."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.captions.aggregation.decided import Aggregated
from benchmarks.captions.aggregation.store import FILE, aggregated_record, read_aggregated
from benchmarks.captions.schema.attribute import ImageKey
from benchmarks.common.errors import InputError, closest

Images = Sequence[tuple[ImageKey, Aggregated]]


def find_images(folder: Path, name: str, modality: str | None) -> Images:
    """The images of a name, in their order.

    Args:
        folder: of the job.
        name: file name, the same in all modalities.
        modality: this one alone; None for all.

    Raises:
        InputError: the folder holds no job, or no such image.
    """
    found = [pair for pair in read_aggregated(folder / FILE, name) if modality in {None, pair[0].modality}]
    if not found:
        names = sorted({key.item for key, _ in read_aggregated(folder / FILE) if modality in {None, key.modality}})
        near = closest(name, names) or names[:1]
        hint = f"did you mean {' or '.join(repr(each) for each in near)}?" if near else "it is empty"
        raise InputError(f"{folder / FILE}: no image {name!r}{f' in {modality}' if modality else ''}; {hint}")
    return found


def explain_document(images: Images) -> list[dict[str, Any]]:
    """The same as plain values."""
    return [aggregated_record(key, image) for key, image in images]
