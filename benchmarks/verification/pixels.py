"""Checks of image files: whether they decode, what they are, and whether training and test share any."""

from __future__ import annotations

import hashlib
import io
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from ..base import Role
from ..folders.arrangement import Strips
from ..folders.images import DAMAGE, MODES, damage, mode_message
from ..folders.problem import Problem, problem
from ..folders.survey import Survey

SMALLEST = 8
"""Pixels of the shorter side below which there is nothing to recognise."""
_ONE_SIZE = 0.99
"""Where this share of a data set's images has one size, an image of another size is a mistake."""
_ENOUGH = 100
"""Images from which on that is asked."""


@dataclass(frozen=True)
class FileFacts:
    """What was found of one image file."""

    role: Role
    sample: str
    path: Path
    digest: str = ""
    """Of the file's bytes."""
    mode: str = ""
    size: tuple[int, int] = (0, 0)
    """Width and height."""
    error: str = ""


def check_pixels(surveyed: Survey, advance: Callable[[int, int], None]) -> list[Problem]:
    """Decode every image of every complete triplet.

    Args:
        surveyed: the folder.
        advance: told (done, total) after each file.
    """
    files = [
        (role, sample.name, path)
        for role, each in surveyed.roles()
        for sample, key in zip(each.samples, each.keys, strict=True)
        for path in each.arrangement.files(each.folder, key)
    ]
    facts = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # Pillow and hashlib work outside the interpreter's lock
        for done, found in enumerate(pool.map(lambda file: _facts(*file), files, chunksize=32), start=1):
            facts.append(found)
            advance(done, len(files))
    readable = [each for each in facts if not each.error]
    strips = isinstance(surveyed.gallery.arrangement, Strips)
    return [
        *(
            problem("unreadable_image", each.path, f"not a readable image ({each.error}); copy it again")
            for each in facts
            if each.error
        ),
        *(problem("wrong_mode", each.path, mode_message(each.mode)) for each in readable if each.mode not in MODES),
        *_sizes(readable, strips),
        *_same_images(readable),
        *_overlap(readable),
    ]


def _facts(role: Role, sample: str, path: Path) -> FileFacts:
    try:
        content = path.read_bytes()
        if not content:
            return FileFacts(role, sample, path, error="the file is empty")
        with Image.open(io.BytesIO(content)) as image:
            image.load()
            return FileFacts(role, sample, path, hashlib.blake2b(content).hexdigest(), image.mode, image.size)
    except DAMAGE as error:
        return FileFacts(role, sample, path, error=damage(error))


def _sizes(facts: Sequence[FileFacts], strips: bool) -> Iterator[Problem]:
    usual, times = Counter(each.size for each in facts).most_common(1)[0] if facts else ((0, 0), 0)
    alike = len(facts) >= _ENOUGH and times >= _ONE_SIZE * len(facts)
    for each in facts:
        width, height = each.size
        shown = f"{width} x {height} pixels"
        if strips and width != 6 * height:
            text = f"{shown}; a strip of three tiles, each twice as wide as high, is 768 x 128: RGB, NIR, TIR side by side"
            yield problem("wrong_size", each.path, text)
        elif min(height, width // 3 if strips else width) < SMALLEST:
            yield problem("wrong_size", each.path, f"{shown}: too small to hold an object; copy it again")
        elif alike and each.size != usual:
            text = f"{shown}, where {times:,} of {len(facts):,} images are {usual[0]} x {usual[1]}; copy it again"
            yield problem("wrong_size", each.path, text)


def _same_images(facts: Sequence[FileFacts]) -> Iterator[Problem]:
    """Modalities of a triplet that hold the same file."""
    seen: dict[tuple[str, str, str], Path] = {}
    for each in facts:
        other = seen.setdefault((each.role, each.sample, each.digest), each.path)
        if other != each.path:
            text = f"the same bytes as {other.parent.name}/{other.name}: one modality was copied over another; copy it again"
            yield problem("same_image", each.path, text)


def _overlap(facts: Sequence[FileFacts]) -> Iterator[Problem]:
    """Files at test whose bytes are also in training."""
    train = {each.digest: each for each in facts if each.role == "train"}
    for each in facts:
        if each.role != "train" and each.digest in train:
            yield problem(
                "image_overlap",
                each.path,
                f"the same bytes as the training image {train[each.digest].sample}; copy the right one",
            )
