"""What must hold before results stand in one table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.common.errors import InputError

from .manifest import ManifestRun
from .records import QueryResults, Record

_ROUNDING = 1e-6


def check_row(runs: Sequence[ManifestRun], place: str) -> None:
    """Runs of one label must be one variant with different seeds.

    Raises:
        InputError: they are not.
    """
    first = runs[0]
    for run in runs:
        if (run.method, run.variant) != (first.method, first.variant):
            raise InputError(
                f"{place}: the row {run.label!r} on {run.benchmark_label} mixes {first.method}:{first.variant} and "
                f"{run.method}:{run.variant}; give each its own label"
            )
    seeds = [run.seed for run in runs]
    if len(set(seeds)) < len(seeds):
        raise InputError(f"{place}: the row {first.label!r} on {first.benchmark_label} has a seed twice ({seeds})")


def check_record(path: Path, record: Record, queries: QueryResults, run: ManifestRun) -> None:
    """A record must be that of the planned run, and the per-query results must be the record's.

    Raises:
        InputError: the file is another run's, or the two do not belong together.
    """
    for name in ("id", "method", "benchmark", "seed"):  # not the variant: equal settings under two names are one run
        found, planned = getattr(record, name), getattr(run, name)
        if found != planned:
            raise InputError(f"{path}: has {name} {found!r} where its suite says {planned!r}; it is not the record of this run")
    lengths = {name: np.shape(getattr(queries, name)) for name in QueryResults.model_fields}
    if set(lengths.values()) != {(len(queries.identity),)}:
        raise InputError(f"{path.with_suffix('.npz')}: the per-query results differ in length: {lengths}")
    kept = queries.average_precision[~np.isnan(queries.average_precision)]
    if kept.size and abs(kept.mean() - record.metrics.mAP) > _ROUNDING:
        raise InputError(
            f"{path}: says mAP {record.metrics.mAP:.6f} where its per-query results give {kept.mean():.6f}; run it again"
        )


def check_same_split(suite: str, records: Sequence[Record]) -> None:
    """Rows of one table must have seen the same split.

    Args:
        suite: its name, for the message.
        records: of one benchmark.

    Raises:
        InputError: two fingerprints differ; the message names both rows.
    """
    for record in records:
        first = records[0]
        if record.split_fingerprint != first.split_fingerprint:
            raise InputError(
                f"suite {suite!r}: the rows {first.label!r} (seed {first.seed}) and {record.label!r} (seed {record.seed}) saw "
                f"different splits of {record.benchmark} (fingerprints {first.split_fingerprint[:12]} and "
                f"{record.split_fingerprint[:12]}); run the suite again on one copy of the data"
            )


def check_same_queries(results: Sequence[tuple[Record, QueryResults]]) -> None:
    """Per-query results over one split must be of the same queries, and skip the same ones.

    Raises:
        InputError: they are not; the message names both rows.
    """
    for record, queries in results:
        first, expected = results[0]
        same_skipped = np.array_equal(np.isnan(queries.average_precision), np.isnan(expected.average_precision))
        if not same_skipped or not np.array_equal(queries.identity, expected.identity):
            raise InputError(
                f"the per-query results of {first.label!r} (run {first.id[:8]}) and {record.label!r} (run {record.id[:8]}) are "
                f"not of the same queries of {record.benchmark}; delete the older record and run its suite again"
            )
