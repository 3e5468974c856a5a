"""The report on a data set's folder, from all checks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from ..base import Benchmark
from ..common.errors import InputError
from ..folders.problem import Problem
from ..folders.source import FolderSource, caption_folder, role_split
from .captions import check_captions
from .pixels import check_pixels
from .splits import check_splits

Advance = Callable[[int, int], None]
"""Told (done, total) images."""


class Report(BaseModel):
    """What a data set's folder holds and what is wrong with it."""

    benchmark: str
    layout: str
    counts: dict[str, dict[str, int]]
    """Samples, identities and cameras of each role; complete triplets without junk."""
    fingerprint: str
    """Of the split, as records hold it."""
    problems: list[Problem]
    notes: list[str]
    """Traps of the data set, and flaws of the release that nobody can mend."""

    @property
    def passed(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


def verify(name: str, source: type[Any], config: Any, data_root: Path | None, advance: Advance) -> Report:
    """Check a data set's folder: names, pairs, splits, pixels, captions.

    Args:
        name: of the benchmark, for messages.
        source: its class.
        config: its settings.
        data_root: as the user gave it.
        advance: told after each image.

    Raises:
        InputError: the benchmark is made and not read, or the folder is not there.
    """
    if not issubclass(source, FolderSource):
        raise InputError(f"{name} is made, not read from files: there is nothing to verify")
    surveyed = source.survey(config, data_root)
    splits = source.with_queries(surveyed, {role: role_split(each) for role, each in surveyed.roles()})
    root = surveyed.found.root
    found = [
        *surveyed.problems(),
        *check_splits(source, surveyed, splits),
        *check_pixels(surveyed, advance),
        *check_captions(caption_folder(config, root), splits, keep_empty=config.empty_captions == "keep"),
    ]
    benchmark = Benchmark(source.facts(config), splits["train"], splits["query"], splits["gallery"])
    released = [each for each in found if source.is_released(each)]
    return Report(
        benchmark=name,
        layout=surveyed.found.layout.name,
        counts=benchmark.counts,
        fingerprint=benchmark.split_fingerprint,
        problems=[each.below(root) for each in found if each not in released],
        notes=[*source.warnings(surveyed), *(f"in the release itself: {each.below(root).line}" for each in released)],
    )
