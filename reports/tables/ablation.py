"""The ablation of one method in the form of Table IV of NEXT: what a variant has, then metrics by benchmark, then cost."""

from __future__ import annotations

from collections.abc import Callable

from harness.rows import BenchmarkRows, Row, SuiteRows
from reports import columns, notes
from reports.measures import METRICS
from reports.resolution_notes import resolution_notes
from reports.table import TABLES, Cell, Column, ColumnOf, Note, Table, fill

Variant = dict[str, Row]
"""The rows of one label, by benchmark."""


@TABLES.register(order=20)
def ablation(suite: SuiteRows) -> list[Table]:
    """One table with the benchmarks side by side."""
    if suite.manifest.table != "ablation":
        return []
    variants: list[Variant] = [{row.benchmark: row for row in suite.rows if row.label == label} for label in suite.labels]
    shown = _columns(suite)
    return [
        Table(
            name=f"{suite.manifest.suite}-ablation",
            suite=suite.manifest.title,
            title=f"Ablation on {', '.join(group.benchmark for group in suite.benchmarks)}",
            columns=tuple(column for column, _ in shown),
            rows=fill(shown, variants),
            notes=_notes(suite),
        )
    ]


def _columns(suite: SuiteRows) -> list[ColumnOf[Variant]]:
    said = list(dict.fromkeys(name for row in suite.rows for name in row.columns))
    heads: list[tuple[Column, columns.CellOf]] = [(Column("Variant", align="left"), columns.label)]
    heads += [(Column(name, align="center"), columns.said(name)) for name in said]
    measured = [column for group in suite.benchmarks for column in _measured(group, suite)]
    return [
        *((column, _on_any(cell)) for column, cell in heads),
        *measured,
        *((column, _on_any(cell)) for column, cell in columns.cost()),
    ]


def _measured(group: BenchmarkRows, suite: SuiteRows) -> list[ColumnOf[Variant]]:
    heading = group.benchmark if len(suite.benchmarks) > 1 else ""
    found: list[tuple[Column, columns.CellOf]] = [
        *((Column(name, "%", group=heading), columns.metric_of(name)) for name in METRICS),
        (Column("Δ mAP", "points", group=heading), columns.difference_to(group.reference)),
        (Column("Seeds", group=heading), columns.seeds),
    ]
    return [(column, _on(group.benchmark, cell)) for column, cell in found]


def _on(benchmark: str, cell: Callable[[Row], Cell]) -> Callable[[Variant], Cell]:
    return lambda variant: cell(variant[benchmark]) if benchmark in variant else Cell()


def _on_any(cell: Callable[[Row], Cell]) -> Callable[[Variant], Cell]:
    """A cell of the first benchmark on which the variant has a finished run, or of the first at all."""
    return lambda variant: cell(next((row for row in variant.values() if row.runs), next(iter(variant.values()))))


def _notes(suite: SuiteRows) -> tuple[Note, ...]:
    first = suite.benchmarks[0]
    found = [notes.METRIC_NOTE, notes.difference_note(first.reference_label), notes.INTERVAL_NOTE]
    found += [note for group in suite.benchmarks for note in resolution_notes(group)]
    found += [note for group in suite.benchmarks for note in notes.query_note(group)]
    found.append(notes.COST_NOTE)
    if len(suite.benchmarks) > 1:
        found.append(
            Note(f"Params and MACs are those on {first.benchmark}, or on the first benchmark that a variant finished.")
        )
    found += [note for group in suite.benchmarks for note in notes.caution_notes(group)]
    return tuple(dict.fromkeys(found))
