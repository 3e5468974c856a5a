"""How sure a figure is: spread over seeds, identity-level bootstrap intervals, paired differences.

Queries of one identity share a person or a vehicle, its clothes and its gallery, so they are not independent: resampling
queries gives intervals that are too narrow. Identities are resampled instead (a cluster bootstrap), and the seeds of a row
with them. The seed part of an interval is understated where there are two or three seeds, as every bootstrap of so few
values is; so a table gives the standard deviation over seeds beside it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmarks.common.errors import InputError

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

LEVEL = 0.95
RESAMPLES = 2_000

_SAME = 1e-12
"""Average precisions nearer than this are a tie: the mean over seeds rounds."""


@dataclass(frozen=True, eq=False)
class QueryValues:
    """A metric per query, for the seeds of one row.

    Raises:
        ValueError: the shapes do not fit each other, or the seeds skip different queries.
    """

    name: str
    """The row, for messages."""
    seeds: tuple[int, ...]
    """(S,)."""
    values: FloatArray
    """(S, Q); NaN for a skipped query."""
    identity: IntArray
    """(Q,) identity of the query."""

    def __post_init__(self) -> None:
        expected = (len(self.seeds), len(self.identity))
        if self.values.shape != expected or not self.seeds:
            raise ValueError(f"{self.name}: values have shape {self.values.shape}, the seeds and identities {expected}")
        if (np.isnan(self.values) != np.isnan(self.values[0])).any():
            raise ValueError(f"{self.name}: the seeds {self.seeds} skip different queries")

    @property
    def skipped(self) -> npt.NDArray[np.bool_]:
        """(Q,) whether a query is skipped."""
        return np.isnan(self.values[0])

    @property
    def mean(self) -> float:
        """Mean over the queries that count, then over seeds; NaN where all are skipped."""
        return float(self.values[:, ~self.skipped].mean()) if not self.skipped.all() else math.nan


@dataclass(frozen=True)
class Interval:
    """An estimate with a percentile interval; the bounds are NaN where fewer than two identities have a query."""

    estimate: float
    low: float
    high: float
    level: float

    @property
    def excludes_zero(self) -> bool:
        """Whether the interval lies on one side of 0; False where it is not known."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class PairedDifference:
    """First row minus second row, over the same queries."""

    interval: Interval
    won: int
    """Queries on which the first row is better, averaged over seeds."""
    lost: int
    tied: int
    paired_seeds: bool
    """Whether both rows have the same seeds, so that seeds were resampled together."""


@dataclass(frozen=True)
class SeedSummary:
    """A metric over seeds."""

    mean: float
    """NaN where there is no seed."""
    deviation: float
    """Sample standard deviation (n - 1); NaN for fewer than two seeds."""
    seeds: int


def seed_summary(values: Sequence[float]) -> SeedSummary:
    """Mean and sample standard deviation over seeds."""
    count = len(values)
    mean = float(np.mean(values)) if count else math.nan
    return SeedSummary(mean, float(np.std(values, ddof=1)) if count > 1 else math.nan, count)


def resample_counts(rng: np.random.Generator, items: int, resamples: int) -> IntArray:
    """How often each item is in each resample with replacement.

    Returns:
        (resamples, items); each row sums to `items`.
    """
    drawn = rng.integers(items, size=(resamples, items))
    flat = drawn + items * np.arange(resamples)[:, None]
    return np.bincount(flat.ravel(), minlength=resamples * items).reshape(resamples, items)


def bootstrap_mean(row: QueryValues, rng: np.random.Generator, level: float = LEVEL, resamples: int = RESAMPLES) -> Interval:
    """Mean over queries with a percentile interval, from resampled identities and resampled seeds.

    Args:
        row: the values.
        rng: draws identities first, then seeds.
        level: share of resamples inside the interval, in (0, 1).
        resamples: number of resamples.
    """
    sums, sizes = _by_identity(row)
    if len(sizes) < 2:
        return Interval(row.mean, math.nan, math.nan, level)
    identities = resample_counts(rng, len(sizes), resamples)
    seeds = resample_counts(rng, len(row.seeds), resamples)
    return _percentiles(row.mean, _resampled_means(seeds, identities, sums, sizes), level)


def paired_difference(
    first: QueryValues, second: QueryValues, rng: np.random.Generator, level: float = LEVEL, resamples: int = RESAMPLES
) -> PairedDifference:
    """First row minus second row, with a percentile interval over the same resampled identities.

    Seeds are resampled together where both rows have the same seeds in the same order, otherwise independently.

    Args:
        first: one row.
        second: another row over the same queries.
        rng: draws identities first, then seeds of the first row, then, unless paired, seeds of the second.
        level: share of resamples inside the interval, in (0, 1).
        resamples: number of resamples.

    Raises:
        InputError: the rows are not over the same queries.
    """
    _check_same_queries(first, second)
    paired = first.seeds == second.seeds
    difference = first.mean - second.mean
    (sums, sizes), (other_sums, _) = _by_identity(first), _by_identity(second)
    if len(sizes) < 2:
        interval = Interval(difference, math.nan, math.nan, level)
    else:
        identities = resample_counts(rng, len(sizes), resamples)
        seeds = resample_counts(rng, len(first.seeds), resamples)
        other_seeds = seeds if paired else resample_counts(rng, len(second.seeds), resamples)
        means = _resampled_means(seeds, identities, sums, sizes)
        other_means = _resampled_means(other_seeds, identities, other_sums, sizes)
        interval = _percentiles(difference, means - other_means, level)
    return PairedDifference(interval, *_won_lost_tied(first, second), paired_seeds=paired)


def _by_identity(row: QueryValues) -> tuple[FloatArray, IntArray]:
    """Sums (S, K) and query counts (K,) of the K identities that have a query that counts."""
    kept = ~row.skipped
    _, cluster, sizes = np.unique(row.identity[kept], return_inverse=True, return_counts=True)
    sums = [np.bincount(cluster, weights=values, minlength=len(sizes)) for values in row.values[:, kept]]
    return np.stack(sums), sizes.astype(np.int64)


def _resampled_means(seeds: IntArray, identities: IntArray, sums: FloatArray, sizes: IntArray) -> FloatArray:
    """Mean over queries of each resample: a mean of queries, not of identities, so sums and sizes are weighted apart.

    Args:
        seeds: (R, S) how often each seed is drawn.
        identities: (R, K) how often each identity is drawn.
        sums: (S, K).
        sizes: (K,).

    Returns:
        (R,).
    """
    totals = ((seeds @ sums) * identities).sum(axis=1)
    return totals / (seeds.shape[1] * (identities @ sizes))


def _percentiles(estimate: float, resampled: FloatArray, level: float) -> Interval:
    tail = (1 - level) / 2
    low, high = np.quantile(resampled, [tail, 1 - tail])
    return Interval(estimate, float(low), float(high), level)


def _won_lost_tied(first: QueryValues, second: QueryValues) -> tuple[int, int, int]:
    kept = ~first.skipped
    change = first.values[:, kept].mean(axis=0) - second.values[:, kept].mean(axis=0)
    won, lost = int((change > _SAME).sum()), int((change < -_SAME).sum())
    return won, lost, len(change) - won - lost


def _check_same_queries(first: QueryValues, second: QueryValues) -> None:
    rows = f"{first.name!r} and {second.name!r} cannot be paired"
    if len(first.identity) != len(second.identity):
        raise InputError(f"{rows}: {len(first.identity)} and {len(second.identity)} queries")
    differing = int((first.identity != second.identity).sum())
    if differing:
        raise InputError(f"{rows}: the identity differs at {differing} of {len(first.identity)} queries")
    differing = int((first.skipped != second.skipped).sum())
    if differing:
        raise InputError(f"{rows}: {differing} of {len(first.identity)} queries are skipped in one and not in the other")
