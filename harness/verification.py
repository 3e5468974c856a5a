"""`harness data verify`: the report on a data set's folder, with a progress bar, for people."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rich.console import Console, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from benchmarks.base import BENCHMARKS
from benchmarks.folders.problem import Problem
from benchmarks.verification.report import Report, verify

from .configs import merge_sections
from .suite import benchmark_settings
from .terminal import plain_table

SHOWN = 10
"""Problems of a kind that are printed in full."""


def verify_folder(benchmark: str, data_root: Path | None, changes: Mapping[str, Any]) -> Report:
    """Check the folder of a benchmark; progress goes to standard error.

    Args:
        benchmark: name.
        data_root: folder that holds the data sets.
        changes: `benchmark.` settings, as for `--set`.

    Raises:
        InputError: the benchmark is unknown or made, or there is no such folder.
    """
    source = BENCHMARKS.get(benchmark)
    config = benchmark_settings(benchmark, merge_sections({"benchmark": {}}, changes, "--set")["benchmark"], "--set")
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not sys.stderr.isatty(), transient=True) as progress:
        task = progress.add_task("images", total=None)
        return verify(
            benchmark, source, config, data_root, lambda done, total: progress.update(task, completed=done, total=total)
        )


def report_lines(report: Report) -> Iterator[RenderableType]:
    """The report for people: counts, problems by kind, notes, and a verdict."""
    yield _counts(report)
    kinds: dict[str, list[Problem]] = {}
    for problem in report.problems:
        kinds.setdefault(problem.kind, []).append(problem)
    for kind, problems in kinds.items():
        yield f"{kind} ({len(problems)})"
        yield from (f"  {problem.line}" for problem in problems[:SHOWN])
        if len(problems) > SHOWN:
            yield f"  and {len(problems) - SHOWN} more; --json lists all"
    yield from (f"note: {note}" for note in report.notes[:SHOWN])
    if len(report.notes) > SHOWN:
        yield f"and {len(report.notes) - SHOWN} more notes; --json lists all"
    verdict = "nothing is wrong" if report.passed else f"{len(report.problems)} problems"
    yield f"{report.benchmark} (layout {report.layout}, split {report.fingerprint[:12]}): {verdict}"


def _counts(report: Report) -> Table:
    columns = list(next(iter(report.counts.values())))
    table = plain_table("role", *columns)
    for role, counts in report.counts.items():
        table.add_row(role, *(f"{counts[column]:,}" for column in columns))
    return table
