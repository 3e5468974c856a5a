"""What difference a table can resolve: noise of seeds and of identities, and how far training had come.

Three sources of variance are kept apart, after Bouthillier et al., "Accounting for variance in machine learning benchmarks"
(MLSys 2021): the seed of a training run, the identities of the test set, and, where a suite has several draws of a
benchmark, the draw (`harness.draws`). All figures are of mAP as a fraction in [0, 1].
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student_t

from .records import Record
from .rows import BenchmarkRows, Row
from .statistics import Interval, QueryValues, bootstrap_mean, paired_difference

SIGNIFICANCE, POWER = 0.05, 0.80
"""Of the two-sided test behind a detectable difference."""

SEED_COUNTS = (3, 5, 10, 20)
"""Numbers of seeds for which a detectable difference is given."""


@dataclass(frozen=True)
class Deviation:
    """A sample standard deviation."""

    value: float
    """NaN without degrees of freedom."""
    degrees: int


@dataclass(frozen=True)
class Pooled:
    """Standard deviations of several rows as one: the root of the mean variance, weighted by degrees of freedom."""

    value: float
    """NaN where no row has two seeds."""
    low: float
    """Of the row with the least."""
    high: float
    """Of the row with the most."""
    degrees: int


@dataclass(frozen=True)
class LateGain:
    """What a row gained late in training, on the split of its learning curve."""

    gain: float
    """mAP at the end minus mAP at `epoch`, averaged over seeds."""
    epoch: int
    """The last evaluated epoch at or before 70 % of the training."""
    epochs: int


@dataclass(frozen=True)
class RowResolution:
    """How sure one row is; NaN where something cannot be known."""

    row: Row
    seed: Deviation
    """Of mAP over seeds."""
    paired: Deviation
    """Of the difference to the reference over shared seeds."""
    half_width: float
    """Half the identity-level interval of mAP, seeds fixed."""
    paired_half_width: float
    """Half the identity-level interval of the difference to the reference, seeds fixed."""
    late: LateGain | None
    """None where there is no learning curve that says it."""


@dataclass(frozen=True)
class Resolution:
    """How sure the table of a benchmark is."""

    rows: tuple[RowResolution, ...]
    """The finished ones, in the order of the table."""
    seed: Pooled
    paired: Pooled
    """Over all rows but the reference. They share its runs, so that `degrees` is at most what is known."""
    half_width: float
    """Median over rows."""
    paired_half_width: float
    """Median over rows."""


def resolution(group: BenchmarkRows) -> Resolution | None:
    """What the table of a benchmark can resolve; None with fewer than two finished rows, or where no row has two seeds."""
    if len(group.finished) < 2 or all(len(row.runs) < 2 for row in group.finished):
        return None
    rows = tuple(_of_row(row, group.reference) for row in group.finished)
    return Resolution(
        rows=rows,
        seed=pooled(row.seed for row in rows),
        paired=pooled(row.paired for row in rows),
        half_width=_median([row.half_width for row in rows]),
        paired_half_width=_median([row.paired_half_width for row in rows]),
    )


def _of_row(row: Row, reference: Row | None) -> RowResolution:
    return RowResolution(
        row=row,
        seed=deviation([record.metrics.mAP for record in row.records]),
        paired=deviation(list(seed_differences(row, reference).values())),
        half_width=_half(_identity_interval(row, None)),
        paired_half_width=_half(_identity_interval(row, reference)) if _is_other(row, reference) else math.nan,
        late=late_gain(row.records),
    )


def deviation(values: Sequence[float]) -> Deviation:
    """Sample standard deviation (n - 1)."""
    if len(values) < 2:
        return Deviation(math.nan, 0)
    return Deviation(float(np.std(values, ddof=1)), len(values) - 1)


def pooled(deviations: Iterable[Deviation]) -> Pooled:
    """Standard deviations as one; those without degrees of freedom are left out."""
    known = [each for each in deviations if each.degrees]
    if not known:
        return Pooled(math.nan, math.nan, math.nan, 0)
    degrees = sum(each.degrees for each in known)
    variance = sum(each.degrees * each.value**2 for each in known) / degrees
    values = [each.value for each in known]
    return Pooled(math.sqrt(variance), min(values), max(values), degrees)


def seed_differences(row: Row, reference: Row | None) -> dict[int, float]:
    """Difference of mAP to the reference by shared seed.

    Empty for the reference itself. A run that both rows share has no difference to measure and is left out.
    """
    if reference is None:
        return {}
    others = {record.seed: record for record in reference.records}
    return {
        record.seed: record.metrics.mAP - others[record.seed].metrics.mAP
        for record in row.records
        if record.seed in others and others[record.seed].id != record.id
    }


def detectable(paired: float, seeds: int) -> float:
    """Smallest true difference that a paired t test over seeds finds with the stated power.

    (t_{1 - a/2, n - 1} + t_{power, n - 1}) s / sqrt(n), with a = 0.05 two-sided and a power of 0.80: the usual formula of
    sample sizes with quantiles of t for those of the normal. The power that the test then has is 0.77 at 3 seeds, 0.79 at 5
    and 0.80 from 10 on (noncentral t). It is about other seeds on the same split, not about other identities.

    Args:
        paired: standard deviation over seeds of the difference.
        seeds: n, at least 2.
    """
    return _quantiles(seeds - 1) * paired / math.sqrt(seeds)


def detectable_over_draws(draw: float, paired: float, draws: int, seeds: int) -> float:
    """The same for the mean over several draws of a benchmark, tested over draws.

    (t_{1 - a/2, d - 1} + t_{power, d - 1}) sqrt(s_draw^2 / d + s_seed^2 / (d n)): the test is one of d values, the means over
    seeds in each draw, whose variance is s_draw^2 + s_seed^2 / n.

    Args:
        draw: standard deviation of the true difference over draws.
        paired: standard deviation of the difference over seeds within a draw.
        draws: d, at least 2.
        seeds: n in each draw, at least 1.
    """
    return _quantiles(draws - 1) * math.sqrt(draw**2 / draws + paired**2 / (draws * seeds))


def _quantiles(degrees: int) -> float:
    return float(student_t.ppf(1 - SIGNIFICANCE / 2, degrees) + student_t.ppf(POWER, degrees))


def late_gain(records: Sequence[Record]) -> LateGain | None:
    """What the runs of a row gained between the last evaluated epoch at or before 70 % of the training and its end.

    Returns:
        None where a run lacks a learning curve with both points, or the runs differ in their epochs.
    """
    points = [_late_points(record) for record in records]
    found = [point for point in points if point is not None]
    if not found or len(found) < len(points) or len({(epoch, epochs) for _, epoch, epochs in found}) > 1:
        return None
    _, epoch, epochs = found[0]
    return LateGain(float(np.mean([gain for gain, _, _ in found])), epoch, epochs)


def _late_points(record: Record) -> tuple[float, int, int] | None:
    """Gain, epoch and epochs of one run."""
    epochs = max((entry.epoch for entry in record.history), default=0)
    curve = {entry.epoch: entry.metrics.mAP for entry in record.history if entry.metrics is not None}
    before = [epoch for epoch in curve if 10 * epoch <= 7 * epochs]
    if not before or epochs not in curve:
        return None
    return curve[epochs] - curve[max(before)], max(before), epochs


def _is_other(row: Row, reference: Row | None) -> bool:
    return reference is not None and bool(reference.runs) and row.label != reference.label


def _identity_interval(row: Row, reference: Row | None) -> Interval:
    """Interval of mAP, or of the difference to the reference, from resampled identities alone: seeds are averaged first."""
    rng, values = np.random.default_rng(0), _seed_averaged(row)
    return (
        bootstrap_mean(values, rng) if reference is None else paired_difference(values, _seed_averaged(reference), rng).interval
    )


def _seed_averaged(row: Row) -> QueryValues:
    averaged = np.mean([run.queries.average_precision for run in row.runs], axis=0, keepdims=True)
    return QueryValues(row.label, (0,), averaged, row.runs[0].queries.identity)


def _half(interval: Interval) -> float:
    return (interval.high - interval.low) / 2


def _median(values: Sequence[float]) -> float:
    known = [value for value in values if not math.isnan(value)]
    return float(np.median(known)) if known else math.nan
