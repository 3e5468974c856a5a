"""The difference between two rows of a work folder, with a paired interval."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from pydantic import BaseModel

from benchmarks.common.errors import InputError, unknown

from .rows import Row, collect
from .statistics import paired_difference


class Comparison(BaseModel):
    """Difference in mAP, as a fraction, of row `a` minus row `b`."""

    a: str
    b: str
    metric: str = "mAP"
    difference: float
    interval: tuple[float, float]
    level: float
    unit: str = "identity"
    queries_won: int
    queries_lost: int
    seeds: int
    """Seeds of the row with fewer."""
    paired_seeds: bool


def compare_rows(work_dir: Path, a: str, b: str) -> Comparison:
    """Compare two rows on the first benchmark where both are finished.

    Args:
        work_dir: a work folder with suites.
        a: label of a row, or its `method` or `method:variant`.
        b: the other row.

    Raises:
        InputError: a row is unknown or not finished, or the two are on no common benchmark.
    """
    rows = [row for suite in collect(work_dir) for row in suite.rows]
    for first in _rows_called(a, rows, work_dir):
        for second in _rows_called(b, rows, work_dir):
            if (first.benchmark_name, first.benchmark) == (second.benchmark_name, second.benchmark):
                return _compare(first, second, a, b)
    raise InputError(f"{work_dir}: {a!r} and {b!r} have no finished run on the same benchmark; `harness run` finishes them")


def _rows_called(name: str, rows: Sequence[Row], work_dir: Path) -> list[Row]:
    """Finished rows of a label or, where no row has that label, of a method or variant."""
    called = [row for row in rows if row.label == name] or [row for row in rows if row.planned[0].name == name]
    if not called:
        raise unknown("row", name, {known for row in rows for known in (row.label, row.planned[0].name)}, str(work_dir))
    return [row for row in called if row.runs]


def _compare(first: Row, second: Row, a: str, b: str) -> Comparison:
    values, others = first.average_precision, second.average_precision
    if values is None or others is None:
        raise InputError(f"{a!r} or {b!r} has no finished run")
    paired = paired_difference(values, others, np.random.default_rng(0))
    interval = paired.interval
    return Comparison(
        a=a,
        b=b,
        difference=interval.estimate,
        interval=(interval.low, interval.high),
        level=interval.level,
        queries_won=paired.won,
        queries_lost=paired.lost,
        seeds=min(len(values.seeds), len(others.seeds)),
        paired_seeds=paired.paired_seeds,
    )
