"""Reference figures: what papers print, what the embedded suites gave before, and what is within tolerance."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Literal, TypeVar

import numpy as np
from pydantic import BaseModel, TypeAdapter

from benchmarks.common.errors import InputError

from .records import Record
from .rows import Row, collect

REFERENCES = Path(__file__).parent / "references"

Against = Literal["published", "golden"]
Figure = TypeVar("Figure", bound=BaseModel)

_ROUNDING = 1e-9
"""A figure whose distance is the tolerance itself, as decimals are written, is within it: 86.4 of 86.3 with 0.1."""


class Expectation(BaseModel):
    """One reference figure: a row of a CSV file."""

    source: str
    """Paper and table, or the commit at which a golden figure was measured."""
    suite: str
    """Suite of a golden figure; empty for a published one, which holds in any suite."""
    benchmark: str
    method: str
    variant: str
    metric: str
    """mAP, R1, R5, R10, mINP in percent; params_M; gmacs_attention; gmacs_published."""
    expected: float
    tolerance: float


class CheckRow(BaseModel):
    """One figure that was held against a reference."""

    run: str
    metric: str
    expected: float
    tolerance: float
    measured: float
    within: bool
    source: str


class CheckResult(BaseModel):
    """All figures of a work folder for which there is a reference."""

    against: Against
    rows: list[CheckRow]
    passed: bool


def read_figures(kind: type[Figure], name: str) -> list[Figure]:
    """The rows of a shipped file of figures."""
    with (REFERENCES / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return TypeAdapter(list[kind]).validate_python(list(csv.DictReader(file)))  # type: ignore[valid-type]


def read_references(against: Against) -> list[Expectation]:
    """The shipped reference figures."""
    return read_figures(Expectation, against)


def measured(records: list[Record], metric: str) -> float:
    """A metric of a row: the mean over its seeds, percent for fractions, millions for parameters."""
    if metric == "params_M":
        return records[0].parameters.trainable / 1e6
    if metric.startswith("gmacs_"):
        return float(getattr(records[0].gmacs, metric.removeprefix("gmacs_")))
    return 100 * float(np.mean([getattr(record.metrics, metric) for record in records]))


def check_records(work_dir: Path, against: Against) -> CheckResult:
    """Hold the finished rows of a work folder against reference figures.

    Raises:
        InputError: there is no suite, or no row for which there is a reference.
    """
    references = read_references(against)
    rows = [
        _check(suite.manifest.suite, row, reference)
        for suite in collect(work_dir)
        for row in suite.rows
        for reference in references
        if row.runs and _is_about(reference, suite.manifest.suite, row)
    ]
    if not rows:
        known = sorted({reference.suite or reference.benchmark for reference in references})
        raise InputError(f"{work_dir}: no finished row has a {against} reference; there are some for: {', '.join(known)}")
    return CheckResult(against=against, rows=rows, passed=all(row.within for row in rows))


def _is_about(reference: Expectation, suite: str, row: Row) -> bool:
    run = row.planned[0]
    if run.benchmark_label != run.benchmark:  # a draw or a condition of its own, of which the figure is not
        return False
    if any(record.reranked for record in row.records):  # no reference figure is of a ranking that was re-ordered
        return False
    if run.changed and not reference.suite:
        return False
    same = (reference.benchmark, reference.method, reference.variant) == (run.benchmark, run.method, run.variant)
    return same and reference.suite in {"", suite}


def _check(suite: str, row: Row, reference: Expectation) -> CheckRow:
    value = measured(row.records, reference.metric)
    return CheckRow(
        run=f"{suite}/{row.label} on {row.benchmark}",
        metric=reference.metric,
        expected=reference.expected,
        tolerance=reference.tolerance,
        measured=value,
        within=abs(value - reference.expected) <= reference.tolerance + _ROUNDING,
        source=reference.source,
    )
