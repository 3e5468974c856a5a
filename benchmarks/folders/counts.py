"""Published counts of a data set, and what differs from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..base import Role, Split
from .problem import Problem, problem


@dataclass(frozen=True)
class Counts:
    """Published counts of a role; None where no source gives one."""

    samples: int
    identities: int | None
    cameras: int | None
    source: str
    """Where the counts are from."""


def count_problems(published: Mapping[Role, Sequence[Counts]], splits: Mapping[Role, Split]) -> Iterator[Problem]:
    """Counts of each role that no source gives."""
    for role, known in published.items():
        split = splits[role]
        have = {
            "samples": len(split),
            "identities": len(set(split.identities.tolist())),
            "cameras": len(set(split.cameras.tolist())),
        }
        for what, count in have.items():
            expected: dict[int, Counts] = {value: counts for counts in known if (value := getattr(counts, what)) is not None}
            if expected and count not in expected:
                shown = " or ".join(f"{value:,} ({counts.source})" for value, counts in expected.items())
                yield problem(
                    "count",
                    role,
                    f"{count:,} {what}; published: {shown}: another version, or a part of it; compare with the release",
                )
