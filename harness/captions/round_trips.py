"""`harness captions round-trip`: what comes back of caption files that are parsed and composed again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.captions.parsing.round_trip import RoundTrip, lines

RoundTrips = Mapping[Path, RoundTrip]
"""By file, as the user named it."""


def round_trip_document(found: RoundTrips) -> dict[str, Any]:
    """A plain document for each file, and one over all."""
    return {"files": {str(path): _document(result) for path, result in found.items()}, "all": _document(_all(found))}


def round_trip_lines(found: RoundTrips) -> list[str]:
    """A line for each file, then the whole with its causes."""
    return [*(f"{path}: {lines(result)[0]}" for path, result in found.items()), *lines(_all(found))]


def _all(found: RoundTrips) -> RoundTrip:
    return sum(found.values(), RoundTrip())


def _document(result: RoundTrip) -> dict[str, Any]:
    return {
        "captions": result.total,
        "word_for_word": result.equal,
        "from_attributes_alone": result.plain,
        "share": result.share,
        "causes": dict(sorted(result.causes.items(), key=lambda item: (-item[1], item[0]))),
    }
