"""What the tables and figures say of tests under conditions: metrics by condition over the seeds of a row."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from benchmarks.conditions import Condition, Degradation
from harness.records import Metrics, Record
from harness.rows import BenchmarkRows, Row
from harness.statistics import SeedSummary, seed_summary

from .formats import plus_minus, signed
from .measures import MetricName
from .table import Cell

ValueOf = Callable[[Record], float]
"""A figure of one run as a fraction; NaN where the run lacks it."""


def conditions(group: BenchmarkRows) -> list[Condition]:
    """All conditions under which some run of a benchmark was tested, in the order of the records."""
    texts = dict.fromkeys(text for record in group.records for text in record.conditions)
    return [Condition.model_validate(text) for text in texts]


def missing(found: Iterable[Condition]) -> list[Condition]:
    """Those in which modalities are missing and nothing else is wrong."""
    return [condition for condition in found if condition.missing and not condition.degraded]


def degradations(found: Iterable[Condition]) -> list[Degradation]:
    """The single degradations among the conditions in which nothing else is wrong."""
    return [condition.degraded[0] for condition in found if len(condition.degraded) == 1 and not condition.missing]


def rows_under(group: BenchmarkRows, wanted: Sequence[Condition]) -> list[Row]:
    """Rows with a run that was tested under one of the conditions."""
    texts = {condition.text for condition in wanted}
    return [row for row in group.finished if any(texts & set(record.conditions) for record in row.records)]


def value(record: Record, wanted: Sequence[Condition], name: MetricName) -> float:
    """The mean of a metric over conditions; NaN where the run lacks one of them, or there is none."""
    found: list[Metrics | None] = [record.conditions.get(condition.text) for condition in wanted]
    if not found or None in found:
        return math.nan
    return float(np.mean([getattr(metrics, name) for metrics in found]))


def change(record: Record, wanted: Sequence[Condition], name: MetricName = "mAP") -> float:
    """The same less the metric of the run's own test."""
    return value(record, wanted, name) - float(getattr(record.metrics, name))


def over_seeds(row: Row, of: ValueOf) -> SeedSummary:
    """A figure over those seeds of a row that have it."""
    return seed_summary([found for found in map(of, row.records) if not math.isnan(found)])


def cell(row: Row, of: ValueOf) -> Cell:
    """A figure in percent over seeds; a dash where no seed has it."""
    summary = over_seeds(row, of)
    return Cell(plus_minus(summary), value=100 * summary.mean) if summary.seeds else Cell()


def change_cell(row: Row, of: ValueOf) -> Cell:
    """A difference in percent points, the mean over seeds; a dash where no seed has it."""
    mean = over_seeds(row, of).mean
    return Cell() if math.isnan(mean) else Cell(signed(mean), value=100 * mean)
