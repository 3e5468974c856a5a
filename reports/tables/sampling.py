"""How many sentences NEXT keeps, and the tokens that its experts then select of each modality: the form of its Fig. 6."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from harness.printed import PrintedSampling, printed_sampling
from harness.rows import BenchmarkRows, Row, SuiteRows
from harness.statistics import SeedSummary
from reports import columns
from reports.formats import fixed, plus_minus
from reports.measures import MetricName, metric
from reports.monitors import ExpertLoad, Place, expert_load, experts, modalities
from reports.table import TABLES, Cell, Column, ColumnOf, Emphasis, Note, Table, fill


@dataclass(frozen=True)
class Line:
    """One sampling probability: of a row, or as printed."""

    label: Cell
    keep: float
    """Probability to keep a sentence in training."""
    metrics: Mapping[MetricName, SeedSummary]
    """As fractions."""
    tokens: int
    """Tokens of one modality of an image; 0 where it is not known."""
    kept: Mapping[Place, SeedSummary]
    """Share of tokens that a semantic expert selects, by expert and modality, in [0, 1]."""

    @property
    def emphasis(self) -> Emphasis:
        """Of all its cells."""
        return self.label.emphasis


@TABLES.register(order=28)
def sampling(suite: SuiteRows) -> list[Table]:
    """A table for each benchmark on which rows of NEXT differ in the sampling probability."""
    return [_table(group, lines) for group in suite.benchmarks if _varies(lines := _lines(group))]


def _varies(lines: list[Line]) -> bool:
    return len({line.keep for line in lines}) > 1


def keep_probability(row: Row) -> float:
    """The sampling probability of a row's finished runs; NaN for a method that samples no sentences."""
    found = row.records[0].settings.get("method", {}).get("text", {})
    value = found.get("keep_probability", math.nan) if isinstance(found, Mapping) else math.nan
    return float(value)


def _lines(group: BenchmarkRows) -> list[Line]:
    found = []
    for row in group.finished:
        load, keep = expert_load(row), keep_probability(row)
        if load is not None and load.kept and not math.isnan(keep):
            found.append(_line(row, load, keep))
    return found


def _line(row: Row, load: ExpertLoad, keep: float) -> Line:
    values: dict[MetricName, SeedSummary] = {"mAP": metric(row, "mAP"), "R1": metric(row, "R1")}
    return Line(columns.label(row), keep, values, load.tokens, load.kept)


def _printed() -> Iterator[Line]:
    """The paper's lines, one for each probability."""
    by_keep: dict[float, list[PrintedSampling]] = {}
    for row in printed_sampling():
        by_keep.setdefault(row.keep_probability, []).append(row)
    for keep, rows in by_keep.items():
        first = rows[0]
        metrics: dict[MetricName, SeedSummary] = {"mAP": _single(first.mAP / 100), "R1": _single(first.R1 / 100)}
        counts = {(n, row.modality): count for row in rows for n, count in enumerate((row.E1, row.E2, row.E3), start=1)}
        kept = {
            (expert, modality): _single(count / first.patches)
            for (expert, modality), count in counts.items()
            if modality is not None and count is not None
        }
        yield Line(Cell("printed", emphasis="muted"), keep, metrics, first.patches, kept)


def _single(value: float) -> SeedSummary:
    return SeedSummary(value, math.nan, 1)


def _table(group: BenchmarkRows, lines: list[Line]) -> Table:
    places = [place for line in lines for place in line.kept]
    numbers, names = experts(places), modalities(places)
    shown: list[ColumnOf[Line]] = [
        (Column("Row", align="left"), lambda line: line.label),
        (Column("Keep"), lambda line: Cell(f"{line.keep:g}", value=line.keep, emphasis=line.emphasis)),
        (Column("mAP", "%"), partial(_metric, "mAP")),
        (Column("R1", "%"), partial(_metric, "R1")),
        *(
            (Column(f"E{number}", group=f"{name} tokens"), partial(_tokens, (number, name)))
            for name in names
            for number in numbers
        ),
        (Column("of"), _grid),
        *((Column(name, "%", group="Share of all selected"), partial(_share, name)) for name in names),
    ]
    source = printed_sampling()[0]
    return Table(
        name=f"{group.suite.suite}-{group.benchmark}-sampling",
        suite=group.suite.title,
        title=f"Sampling probability on {group.benchmark}",
        columns=tuple(column for column, _ in shown),
        rows=fill(shown, [*lines, *_printed()]),
        notes=(
            Note("Keep: probability that a sentence of a caption is kept in training; at test captions are whole."),
            Note(
                "Tokens: how many tokens of a modality each semantic expert selects, mean over the test queries, of as many as "
                "an image has. Share of all selected: by modality, over all experts; a third each is balance. ± is over seeds."
            ),
            Note(f"Printed: {source.source}, on {source.benchmark} at full size; tokens are stated at one probability alone."),
        ),
    )


def _metric(name: MetricName, line: Line) -> Cell:
    found = line.metrics[name]
    return Cell(plus_minus(found), value=100 * found.mean, emphasis=line.emphasis)


def _tokens(place: Place, line: Line) -> Cell:
    found = line.kept.get(place)
    if found is None:
        return Cell()
    scale = line.tokens or 100
    digits = 0 if line.emphasis == "muted" else 1  # as printed
    return Cell(plus_minus(found, scale=scale, digits=digits), value=scale * found.mean, emphasis=line.emphasis)


def _grid(line: Line) -> Cell:
    return Cell(str(line.tokens), value=line.tokens, emphasis=line.emphasis) if line.tokens else Cell()


def _share(modality: str, line: Line) -> Cell:
    """Tokens of a modality among all that the experts select."""
    whole = sum(found.mean for found in line.kept.values())
    if not whole:
        return Cell()
    share = sum(found.mean for (_, name), found in line.kept.items() if name == modality) / whole
    return Cell(fixed(100 * share), value=100 * share, emphasis=line.emphasis)
