"""What a method logs about its experts, read by name.

`kept/E1/RGB` is the share of RGB tokens that semantic expert 1 keeps (TMSE), `flips/E1/RGB` the share of them that another
caption would change, `structure/E2/TIR` the mean routing weight of structure expert 2 over TIR tokens (CSSE). Anything else
is listed under its own name.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from harness.rows import Row
from harness.statistics import SeedSummary, seed_summary

MODALITIES = ("RGB", "NIR", "TIR")

Place = tuple[int, str]
"""Number of an expert and a modality."""

_NAME = re.compile(r"(kept|flips|structure)/E(\d+)/(\w+)")


@dataclass(frozen=True)
class ExpertLoad:
    """The monitors of one row over the test split, over its seeds."""

    tokens: int
    """Tokens of one modality; 0 where it is not known."""
    kept: dict[Place, SeedSummary] = field(default_factory=dict)
    """Share of tokens that a semantic expert keeps, in [0, 1]."""
    flips: dict[Place, SeedSummary] = field(default_factory=dict)
    """Share of tokens whose mask another caption would change, in [0, 1]."""
    structure: dict[Place, SeedSummary] = field(default_factory=dict)
    """Mean routing weight of a structure expert, in [0, 1]."""
    other: dict[str, SeedSummary] = field(default_factory=dict)


def parse(name: str) -> tuple[str, Place] | None:
    """Read the name of a monitor: `kept`, `flips` or `structure`, and the place; None where it is not about an expert."""
    found = _NAME.fullmatch(name)
    return (found[1], (int(found[2]), found[3])) if found else None


def expert_load(row: Row) -> ExpertLoad | None:
    """The monitors of a row; None where it logged nothing."""
    values: dict[str, list[float]] = {}
    for record in row.records:
        for name, value in record.monitors.items():
            values.setdefault(name, []).append(value)
    if not values:
        return None
    load = ExpertLoad(grid_tokens(row))
    for name, measured in values.items():
        parsed, summary = parse(name), seed_summary(measured)
        if parsed is None:
            load.other[name] = summary
        else:
            kind, place = parsed
            {"kept": load.kept, "flips": load.flips, "structure": load.structure}[kind][place] = summary
    return load


def epoch_load(monitors: Mapping[str, float]) -> dict[Place, float]:
    """Share of tokens kept by expert and modality, of one epoch."""
    parsed = {name: parse(name) for name in monitors}
    return {found[1]: monitors[name] for name, found in parsed.items() if found is not None and found[0] == "kept"}


def experts(places: Collection[Place]) -> list[int]:
    """Numbers of the experts of some places."""
    return sorted({expert for expert, _ in places})


def modalities(places: Collection[Place]) -> list[str]:
    """Modalities of some places, in the usual order, others after them."""
    return sorted({modality for _, modality in places}, key=_modality_order)


def place_order(place: Place) -> tuple[int, tuple[int, str]]:
    """Where a place stands among others: by expert, then by modality in the usual order."""
    return place[0], _modality_order(place[1])


def grid_tokens(row: Row) -> int:
    """Tokens of one modality; 0 where no run says so."""
    return max((record.patches for record in row.records), default=0)


def _modality_order(modality: str) -> tuple[int, str]:
    return MODALITIES.index(modality) if modality in MODALITIES else len(MODALITIES), modality
