"""Whether what a suite expects of its rows held: a judgement for each expectation, from intervals over identities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import BaseModel

from benchmarks.common.errors import InputError

from .directions import Direction, Relation
from .manifest import manifest_path, read_manifest
from .rows import BenchmarkRows, Row, SuiteRows, collect, collect_suite
from .statistics import Interval, bootstrap_mean, paired_difference

Verdict = Literal["held", "not held", "not resolved", "not finished"]


@dataclass(frozen=True)
class Judgement:
    """One expectation of one row, and what came out."""

    row: Row
    direction: Direction
    verdict: Verdict
    measured: Interval | None
    """The mAP for `chance`, otherwise the paired difference to the other row, as fractions; None where not finished."""
    chance: float | None
    """Exact mAP of a random ranking, as a fraction; for `chance` alone."""


def verdict(relation: Relation, margin: float, interval: Interval, chance: float | None = None) -> Verdict:
    """Judge an expectation by an interval.

    `above` holds if the whole interval lies above the margin and does not if it lies below it; `below` likewise; `level`
    holds if the interval lies within the margin around 0 and does not if it lies outside. In between, as where the
    interval is not known, it is not resolved. `chance` holds if the interval, widened by the margin, contains chance.

    Args:
        relation: what is expected.
        margin: as a fraction, like the interval.
        interval: of the difference to the other row; for `chance` of the mAP.
        chance: exact mAP of a random ranking; None where the record is older than this figure.
    """
    low, high = interval.low, interval.high
    if np.isnan(low):
        return "not resolved"
    if relation == "chance":
        if chance is None:
            return "not resolved"
        return "held" if low - margin <= chance <= high + margin else "not held"
    if relation == "below":
        low, high = -high, -low
    holds = -margin <= low and high <= margin if relation == "level" else low > margin
    fails = low > margin or high < -margin if relation == "level" else high < margin
    return "held" if holds else "not held" if fails else "not resolved"


def judge(group: BenchmarkRows) -> list[Judgement]:
    """The expectations of all rows on one benchmark, in the order of the table."""
    rows = {row.label: row for row in group.rows}
    return [_judge(row, direction, rows.get(direction.row)) for row in group.rows for direction in row.expected]


def _judge(row: Row, direction: Direction, other: Row | None) -> Judgement:
    values = row.average_precision
    against = other.average_precision if other else None
    if values is None or (direction.row and against is None):
        return Judgement(row, direction, "not finished", None, None)
    chance = None
    if against is None:
        interval = bootstrap_mean(values, np.random.default_rng(0))
        known = [record.metrics.chance_mAP for record in row.records if record.metrics.chance_mAP is not None]
        chance = float(np.mean(known)) if len(known) == len(row.records) else None
    else:
        interval = paired_difference(values, against, np.random.default_rng(0)).interval
    found = verdict(direction.relation, direction.margin / 100, interval, chance)
    return Judgement(row, direction, found, interval, chance)


def measured_text(judgement: Judgement) -> str:
    """What came out in points, as in "+3.1 [1.9, 4.4]" or "1.8 [1.6, 2.1], chance 1.9"."""
    interval = judgement.measured
    if interval is None:
        return ""
    sign = "" if judgement.direction.relation == "chance" else "+"
    bounds = "" if np.isnan(interval.low) else f" [{100 * interval.low:.1f}, {100 * interval.high:.1f}]"
    chance = "" if judgement.chance is None else f", chance {100 * judgement.chance:.1f}"
    return f"{100 * interval.estimate:{sign}.1f}{bounds}{chance}".replace("-", "−")


def verdict_lines(work_dir: Path, suite: str) -> list[str]:
    """One line for each expectation of a suite that was run here.

    Raises:
        InputError: a record is damaged, or rows cannot be compared.
    """
    manifest = read_manifest(manifest_path(work_dir, suite))
    if not any(run.expect for run in manifest.runs):
        return []
    rows = collect_suite(work_dir, manifest)
    return [
        f"{judgement.verdict}: {judgement.row.label} {judgement.direction.words}"
        + (f" ({measured_text(judgement)})" if judgement.measured else "")
        + (f" on {group.benchmark}" if len(rows.benchmarks) > 1 else "")
        for group in rows.benchmarks
        for judgement in judge(group)
    ]


class DirectionRow(BaseModel):
    """One expectation that was judged; figures in points of mAP."""

    run: str
    metric: str
    """`mAP` for chance, otherwise `mAP difference`."""
    expected: float
    """Chance, the least difference with its sign, or 0."""
    tolerance: float
    """The margin of `chance` and `level`; 0 otherwise."""
    measured: float
    within: bool
    """False where the expectation did not hold; what is not resolved does not contradict it."""
    verdict: Verdict
    relation: Relation
    row: str
    words: str
    """What was expected, in words."""
    interval: tuple[float, float] | None
    """None where fewer than two identities count."""
    why: str


class DirectionResult(BaseModel):
    """All judged expectations of a work folder."""

    against: Literal["directions"] = "directions"
    rows: list[DirectionRow]
    passed: bool


def check_directions(work_dir: Path) -> DirectionResult:
    """Judge the expectations of the finished rows of a work folder.

    Raises:
        InputError: there is no suite, or none whose finished rows have expectations.
    """
    rows = [row for suite in collect(work_dir) for group in suite.benchmarks for row in _rows(suite, judge(group))]
    if not rows:
        raise InputError(f"{work_dir}: no finished row has an expectation; `harness run embedded_controls` runs some that have")
    return DirectionResult(rows=rows, passed=all(row.within for row in rows))


def _rows(suite: SuiteRows, judgements: Sequence[Judgement]) -> list[DirectionRow]:
    found = []
    for judgement in judgements:
        direction, interval = judgement.direction, judgement.measured
        if interval is None:
            continue
        relation, margin = direction.relation, direction.margin
        around = relation in {"chance", "level"}
        least = {"chance": 100 * (judgement.chance or 0.0), "above": margin, "below": -margin, "level": 0.0}[relation]
        found.append(
            DirectionRow(
                run=f"{suite.manifest.suite}/{judgement.row.label} on {judgement.row.benchmark}",
                metric="mAP" if relation == "chance" else "mAP difference",
                expected=least,
                tolerance=margin if around else 0.0,
                measured=100 * interval.estimate,
                within=judgement.verdict != "not held",
                verdict=judgement.verdict,
                relation=relation,
                row=direction.row,
                words=direction.words,
                interval=None if np.isnan(interval.low) else (100 * interval.low, 100 * interval.high),
                why=direction.why,
            )
        )
    return found
