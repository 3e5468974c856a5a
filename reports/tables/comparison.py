"""The comparison of methods on one benchmark (as Tables II, III and VIII of NEXT), with uncertainty."""

from __future__ import annotations

from harness.rows import BenchmarkRows, Row, SuiteRows
from reports import columns, notes
from reports.formats import LEVEL_TEXT
from reports.measures import METRICS
from reports.resolution_notes import resolution_notes
from reports.table import TABLES, Column, ColumnOf, Table, fill


@TABLES.register(order=10)
def comparison(suite: SuiteRows) -> list[Table]:
    """One table for each benchmark of a comparison."""
    return [_table(group) for group in suite.benchmarks] if suite.manifest.table == "comparison" else []


def _table(group: BenchmarkRows) -> Table:
    shown = _columns(group)
    return Table(
        name=f"{group.suite.suite}-{group.benchmark}",
        suite=group.suite.title,
        title=f"Comparison on {group.benchmark}",
        columns=tuple(column for column, _ in shown),
        rows=fill(shown, group.rows),
        notes=(
            notes.METRIC_NOTE,
            notes.INTERVAL_NOTE,
            notes.difference_note(group.reference_label),
            *resolution_notes(group),
            *notes.query_note(group),
            *notes.caution_notes(group),
            notes.COST_NOTE,
            *notes.speed_notes(group),
        ),
    )


def _columns(group: BenchmarkRows) -> list[ColumnOf[Row]]:
    said = list(dict.fromkeys(name for row in group.rows for name in row.columns))
    first, *others = [(Column(name, "%"), columns.metric_of(name)) for name in METRICS]
    return [
        (Column("Method", align="left"), columns.label),
        *((Column(name, align="center"), columns.said(name)) for name in said),
        first,
        (Column(f"{LEVEL_TEXT} interval", "%"), columns.map_interval),
        *others,
        (Column("Δ mAP", "points"), columns.difference_to(group.reference)),
        (Column("Seeds"), columns.seeds),
        (Column("Epoch", align="left"), columns.epoch_rule),
        (Column("Test feature", align="left"), columns.test_feature),
        *columns.cost(),
        (Column("Images/s"), columns.speed),
        (Column("Measured on", align="left"), columns.measured_on),
    ]
