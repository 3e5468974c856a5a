"""A work folder read for a report: its suites, their benchmarks, their rows, and what each row has finished.

The manifests say what belongs to a suite now; a run whose record is missing stays in its row as not finished.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from benchmarks.common.errors import InputError, unknown

from .directions import Direction
from .manifest import Manifest, ManifestRun, manifest_path, read_manifests
from .pictures import Pictures, read_pictures
from .records import QueryResults, Record, read_queries, read_record, record_path
from .row_checks import check_record, check_row, check_same_queries, check_same_split
from .statistics import QueryValues


@dataclass(frozen=True)
class FinishedRun:
    """A record with its per-query results."""

    record: Record
    queries: QueryResults


@dataclass(frozen=True)
class Row:
    """One row of a table: the seeds of one variant on one benchmark."""

    work_dir: Path
    planned: tuple[ManifestRun, ...]
    """By seed; never empty."""
    runs: tuple[FinishedRun, ...]
    """The finished ones, by seed."""

    @property
    def label(self) -> str:
        """What the row is called."""
        return self.planned[0].label

    @property
    def benchmark(self) -> str:
        """What the table calls the benchmark that it was measured on."""
        return self.planned[0].benchmark_label

    @property
    def benchmark_name(self) -> str:
        """Name of that benchmark; several labels may share it, as draws of one benchmark do."""
        return self.planned[0].benchmark

    @property
    def columns(self) -> dict[str, str]:
        """What the row says of itself."""
        return self.planned[0].columns

    @property
    def expected(self) -> tuple[Direction, ...]:
        """What the suite expects of it."""
        return self.planned[0].expect

    @property
    def records(self) -> list[Record]:
        """Records of the finished runs, by seed."""
        return [run.record for run in self.runs]

    @property
    def missing_seeds(self) -> list[int]:
        """Seeds that are not finished."""
        finished = {record.id for record in self.records}
        return [run.seed for run in self.planned if run.id not in finished]

    @cached_property
    def average_precision(self) -> QueryValues | None:
        """Average precision per query and seed; None where no run is finished."""
        if not self.runs:
            return None
        values = np.stack([run.queries.average_precision for run in self.runs])
        seeds = tuple(record.seed for record in self.records)
        return QueryValues(self.label, seeds, values, self.runs[0].queries.identity)

    @cached_property
    def pictures(self) -> Pictures | None:
        """Pictures of the first seed that kept some.

        Raises:
            InputError: the file is damaged.
        """
        found = (read_pictures(self.work_dir, record.id) for record in self.records)
        return next((pictures for pictures in found if pictures is not None), None)


@dataclass(frozen=True)
class BenchmarkRows:
    """The rows of a suite on one benchmark, which saw the same split."""

    suite: Manifest
    benchmark: str
    """What tables call it."""
    rows: tuple[Row, ...]

    @property
    def reference_label(self) -> str:
        """Label of the row that differences are given against."""
        return self.suite.reference or self.suite.runs[0].label

    @property
    def reference(self) -> Row | None:
        """The row that differences are given against; None where this benchmark lacks it."""
        return next((row for row in self.rows if row.label == self.reference_label), None)

    @property
    def finished(self) -> list[Row]:
        """Rows with at least one finished run."""
        return [row for row in self.rows if row.runs]

    @property
    def records(self) -> list[Record]:
        """Records of all rows."""
        return [record for row in self.rows for record in row.records]


@dataclass(frozen=True)
class SuiteRows:
    """A suite as it was last run, with what it has finished."""

    manifest: Manifest
    benchmarks: tuple[BenchmarkRows, ...]

    @property
    def labels(self) -> list[str]:
        """Labels of all rows, in the order of the manifest."""
        return list(dict.fromkeys(run.label for run in self.manifest.runs))

    @property
    def rows(self) -> list[Row]:
        """Rows of all benchmarks."""
        return [row for group in self.benchmarks for row in group.rows]

    @property
    def finished_runs(self) -> int:
        """Number of runs with a record."""
        return sum(len(row.runs) for row in self.rows)


def collect(work_dir: Path) -> list[SuiteRows]:
    """Read every suite of a work folder, sorted by name.

    Raises:
        InputError: there is no suite, a file is damaged, or rows of one table cannot be compared.
    """
    return [collect_suite(work_dir, manifest) for manifest in read_manifests(work_dir)]


def collect_suite(work_dir: Path, manifest: Manifest) -> SuiteRows:
    """Read one suite of a work folder.

    Raises:
        InputError: a file is damaged, or rows of one table cannot be compared.
    """
    place = str(manifest_path(work_dir, manifest.suite))
    if not manifest.runs:
        raise InputError(f"{place}: the suite has no runs")
    by_benchmark: dict[str, dict[str, list[ManifestRun]]] = {}
    for run in manifest.runs:
        by_benchmark.setdefault(run.benchmark_label, {}).setdefault(run.label, []).append(run)
    suite = SuiteRows(
        manifest,
        tuple(
            BenchmarkRows(manifest, benchmark, tuple(_collect_row(work_dir, runs, place) for runs in rows.values()))
            for benchmark, rows in by_benchmark.items()
        ),
    )
    if manifest.reference and manifest.reference not in suite.labels:
        raise unknown("reference row", manifest.reference, suite.labels, place)
    for group in suite.benchmarks:
        check_same_split(manifest.suite, group.records)
        check_same_queries([(run.record, run.queries) for row in group.rows for run in row.runs])
    return suite


def _collect_row(work_dir: Path, planned: list[ManifestRun], place: str) -> Row:
    planned = sorted(planned, key=lambda run: run.seed)
    check_row(planned, place)
    paths = [(run, record_path(work_dir, run.id)) for run in planned]
    runs = tuple(_read_run(run, path) for run, path in paths if path.exists())
    return Row(work_dir, tuple(planned), runs)


def _read_run(run: ManifestRun, path: Path) -> FinishedRun:
    record, queries = read_record(path), read_queries(path)
    check_record(path, record, queries, run)
    return FinishedRun(record, queries)
