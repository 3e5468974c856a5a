"""Checks of caption files against the images that are there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from ..base import Role, Sample, Split
from ..batch import MODALITIES
from ..captions.files import caption_path, item_of, read_entries, repeated
from ..common.errors import InputError
from ..folders.problem import Problem, problem


def check_captions(folder: Path | None, splits: Mapping[Role, Split], *, keep_empty: bool) -> list[Problem]:
    """Missing, extra and repeated captions of every file, and empty ones where they are not to be kept.

    Nothing where there is no folder of captions.
    """
    if folder is None:
        return []
    samples = {"train": splits["train"].samples, "test": (*splits["query"].samples, *splits["gallery"].samples)}
    return [
        found
        for name, of_split in samples.items()
        for modality in MODALITIES
        for found in _check(caption_path(folder, name, modality), of_split, keep_empty)
    ]


def _check(path: Path, samples: Sequence[Sample], keep_empty: bool) -> Iterator[Problem]:
    try:
        entries = read_entries(path)
    except InputError as error:
        yield problem("caption_file", path, str(error).removeprefix(f"{path}: "))
        return
    items = [item for item, _ in entries]
    known, listed = {item_of(sample) for sample in samples}, set(items)
    for item in repeated(items):
        yield problem(
            "duplicate_caption",
            path,
            f"the item {item!r} occurs more than once; every image has one caption: remove the others",
        )
    for item, text in entries:
        if not text.strip() and not keep_empty:
            yield problem("empty_caption", path, f'the caption of {item!r} is empty; write one, or "unknown"')
    for item in sorted(known - listed):
        yield problem(
            "missing_caption", path, f"no caption for the image {item!r}; add it, or name another folder (benchmark.captions)"
        )
    for item in sorted(listed - known):
        yield problem("extra_caption", path, f"the caption of {item!r} matches no image; remove it, or copy the image")
