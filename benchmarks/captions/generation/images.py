"""The images of a benchmark that are annotated."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PIL import Image

from ...base import Benchmark, Split
from ...common.errors import InputError
from ..files import item_of, repeated
from ..schema.attribute import ImageKey


@dataclass(frozen=True)
class JobImage:
    """One image of one modality."""

    key: ImageKey
    split: Split
    position: int
    """Of the sample in the split."""
    place: int
    """Of the modality."""

    def read(self) -> bytes:
        """The bytes of its file; of an image that is made, or lies in a strip beside others, those of a PNG file.

        Raises:
            InputError: the file cannot be read.
        """
        files = self.split.files(self.position)
        if len(files) > 1:
            try:
                return files[self.place].read_bytes()
            except OSError as error:
                raise InputError(f"{files[self.place]}: cannot be read ({error.strerror})") from None
        buffer = io.BytesIO()
        Image.fromarray(self.split.read(self.position)[self.place]).save(buffer, "PNG")
        return buffer.getvalue()


def job_images(benchmark: Benchmark, splits: Sequence[str], limit: int | None = None) -> list[JobImage]:
    """The images of all modalities, sorted by (split, modality, item).

    Args:
        benchmark: any that is loaded.
        splits: of "train" and "test"; the test split has the images of gallery and queries, each once.
        limit: take the first samples of each split alone, in the order of their file names.

    Raises:
        InputError: two samples of a split have one file name, so that caption files cannot tell them apart.
    """
    roles: Mapping[str, tuple[Split, ...]] = {"train": (benchmark.train,), "test": (benchmark.gallery, benchmark.query)}
    found = []
    for name in splits:
        samples = _samples(name, roles[name])
        for item in sorted(samples)[:limit]:
            split, position = samples[item]
            found += [
                JobImage(ImageKey(name, modality, item), split, position, place)
                for place, modality in enumerate(benchmark.facts.modalities)
            ]
    return sorted(found, key=lambda image: image.key)


def _samples(name: str, splits: Sequence[Split]) -> dict[str, tuple[Split, int]]:
    """Split and position of each item; a query that is in the gallery too counts once."""
    found: dict[str, tuple[Split, int]] = {}
    for split in splits:
        items = [item_of(sample) for sample in split.samples]
        if twice := repeated(items):
            raise InputError(f"two images of the {name} split are named {twice[0]!r}, so that captions cannot tell them apart")
        for position, item in enumerate(items):
            found.setdefault(item, (split, position))
    return found
