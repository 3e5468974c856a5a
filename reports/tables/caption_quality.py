"""What captions are worth: caption sets and shares of clean words down, methods across, in the form of Table V of NEXT."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial

from harness.printed import PrintedQuality, printed_quality
from harness.rows import BenchmarkRows, Row, SuiteRows
from reports import columns, notes
from reports.formats import LEVEL_TEXT, fixed
from reports.measures import MetricName
from reports.table import TABLES, Cell, Column, ColumnOf, Note, Table, fill

QUALITY = "word_quality"
"""Name that a grid over `data.word_quality` gives its column."""


@dataclass(frozen=True)
class Line:
    """A caption set under one setting, or what the paper prints of one."""

    captions: str
    said: Mapping[str, str]
    """What its rows say of themselves, the share of clean words among it."""
    rows: Mapping[str, Row] = field(default_factory=dict)
    """By method."""
    printed: Mapping[str, PrintedQuality] = field(default_factory=dict)
    """By method."""


@TABLES.register(order=21)
def caption_quality(suite: SuiteRows) -> list[Table]:
    """One table over all caption sets of a suite, with the paper's lines below its own."""
    if suite.manifest.table != "captions":
        return []
    lines = [line for group in suite.benchmarks for line in _lines(group)]
    methods = list(dict.fromkeys(method for line in lines for method in line.rows))
    said = list(dict.fromkeys(name for line in lines for name in line.said))
    references = {method: _reference(suite.benchmarks[0], method) for method in methods}
    shown: list[ColumnOf[Line]] = [
        (Column("Captions", align="left"), lambda line: Cell(line.captions, emphasis="muted" if line.printed else "normal")),
        *((_said_column(name), partial(_said, name)) for name in said),
        *(column for method in methods for column in _of_method(method, references[method])),
        (Column("Seeds"), _seeds),
    ]
    return [
        Table(
            name=f"{suite.manifest.suite}-captions",
            suite=suite.manifest.title,
            title="Caption sets and their quality",
            columns=tuple(column for column, _ in shown),
            rows=fill(shown, [*lines, *(_printed_lines(methods) if QUALITY in said else ())]),
            notes=tuple(dict.fromkeys(_notes(suite))),
        )
    ]


def _lines(group: BenchmarkRows) -> Iterator[Line]:
    """The lines of a caption set: rows that say the same of themselves stand in one."""
    found: dict[tuple[tuple[str, str], ...], dict[str, Row]] = {}
    for row in group.rows:
        found.setdefault(tuple(row.columns.items()), {})[row.planned[0].name] = row
    for said, rows in found.items():
        yield Line(group.benchmark, dict(said), rows)


def _reference(group: BenchmarkRows, method: str) -> Row | None:
    """The row of a method on the first caption set with the most clean words."""
    rows = [row for row in group.rows if row.planned[0].name == method]
    return max(rows, key=lambda row: float(row.columns.get(QUALITY, 1)), default=None)


def _printed_lines(methods: list[str]) -> list[Line]:
    found: dict[tuple[str, float], dict[str, PrintedQuality]] = {}
    for cell in printed_quality():
        if cell.method in methods:
            found.setdefault((cell.captions, cell.quality_percent), {})[cell.method] = cell
    return [Line(f"{name}, printed", {QUALITY: f"{share / 100:g}"}, printed=cells) for (name, share), cells in found.items()]


def _said_column(name: str) -> Column:
    return Column("Quality", "%") if name == QUALITY else Column(name, align="center")


def _said(name: str, line: Line) -> Cell:
    text = line.said.get(name, "")
    return Cell(f"{100 * float(text):g}", value=100 * float(text)) if name == QUALITY and text else Cell(text)


def _of_method(method: str, reference: Row | None) -> list[ColumnOf[Line]]:
    """Columns of a method."""
    return [
        (Column("mAP", "%", group=method), partial(_metric, method, "mAP")),
        (Column(f"{LEVEL_TEXT} interval", group=method), partial(_measured, method, columns.map_interval)),
        (Column("R1", "%", group=method), partial(_metric, method, "R1")),
        (Column("Δ mAP", "points", group=method), partial(_measured, method, partial(_difference, reference))),
    ]


def _metric(method: str, name: MetricName, line: Line) -> Cell:
    if method in line.printed:
        value: float = getattr(line.printed[method], name)
        return Cell(fixed(value), value=value, emphasis="muted")
    return _measured(method, columns.metric_of(name), line)


def _measured(method: str, cell: columns.CellOf, line: Line) -> Cell:
    return cell(line.rows[method]) if method in line.rows else Cell()


def _difference(reference: Row | None, row: Row) -> Cell:
    """Difference to the reference where both rows saw one split, as caption sets of one benchmark do."""
    seen = {record.split_fingerprint for record in (*row.records, *(reference.records if reference else ()))}
    return columns.difference_to(reference)(row) if len(seen) == 1 else Cell()


def _seeds(line: Line) -> Cell:
    """Number of finished seeds of the method that has fewest."""
    return min((columns.seeds(row) for row in line.rows.values()), key=lambda cell: cell.value or 0, default=Cell())


def _notes(suite: SuiteRows) -> Iterator[Note]:
    yield notes.METRIC_NOTE
    yield notes.INTERVAL_NOTE
    yield Note(
        f"Δ mAP: difference to the same method with the captions of “{suite.benchmarks[0].benchmark}” at the highest quality, "
        "paired over the same queries. Bold: the interval excludes 0. Not corrected for the number of comparisons."
    )
    yield Note(
        "Quality: share of the words of every caption that stay, in training and at test; noise words take the place of the "
        "others."
    )
    source = printed_quality()[0]
    yield Note(
        f"Printed: {source.source}, on {source.benchmark}. The paper states neither seeds nor epoch; nothing is held to it."
    )
    for group in suite.benchmarks:
        yield from notes.query_note(group)
        yield from notes.caution_notes(group)
