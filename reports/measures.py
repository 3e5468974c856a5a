"""What the tables, figures and summaries say of a row: one place, so that they say the same."""

from __future__ import annotations

from typing import Literal

import numpy as np

from harness.rows import Row
from harness.statistics import Interval, PairedDifference, SeedSummary, bootstrap_mean, paired_difference, seed_summary

MetricName = Literal["mAP", "R1", "R5", "R10", "mINP"]

METRICS: tuple[MetricName, ...] = ("mAP", "R1", "R5", "R10", "mINP")


def metric(row: Row, name: MetricName) -> SeedSummary:
    """A metric over the finished seeds of a row, as a fraction."""
    return seed_summary([getattr(record.metrics, name) for record in row.records])


def interval(row: Row) -> Interval | None:
    """Interval of a row's mAP; None where no run is finished."""
    values = row.average_precision
    return None if values is None else bootstrap_mean(values, _generator())


def is_same(row: Row, other: Row) -> bool:
    """Whether two rows of a suite are one."""
    return (row.label, row.benchmark) == (other.label, other.benchmark)


def difference(row: Row, reference: Row | None) -> PairedDifference | None:
    """Difference of a row's mAP to that of the reference; None where one of them is not finished, or they are the same."""
    if reference is None or is_same(row, reference):
        return None
    first, second = row.average_precision, reference.average_precision
    if first is None or second is None:
        return None
    return paired_difference(first, second, _generator())


def chosen_on_test(row: Row) -> bool:
    """Whether the tested epoch of any run was chosen on the test set."""
    return any(record.epoch_rule == "best-on-test" for record in row.records)


def reranked(row: Row) -> bool:
    """Whether the ranking of any run was re-ordered by k-reciprocal neighbours."""
    return any(record.reranked for record in row.records)


def _generator() -> np.random.Generator:
    """A fresh generator for each figure, so that none depends on which others are computed."""
    return np.random.default_rng(0)
