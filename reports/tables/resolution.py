"""What difference the table of a benchmark can resolve, row by row."""

from __future__ import annotations

from functools import partial

from harness.resolution import POWER, SEED_COUNTS, Resolution, RowResolution, detectable, resolution
from harness.rows import BenchmarkRows, SuiteRows
from reports import columns
from reports.formats import LEVEL_TEXT
from reports.resolution_notes import caution, is_rising, points
from reports.table import TABLES, Cell, Column, ColumnOf, Note, Table, fill

ALL_ROWS = "all rows"


@TABLES.register(order=25)
def resolutions(suite: SuiteRows) -> list[Table]:
    """One table for each benchmark with two finished rows and a row with two seeds."""
    found = [(group, resolution(group)) for group in suite.benchmarks]
    return [_table(group, known) for group, known in found if known is not None]


def _table(group: BenchmarkRows, found: Resolution) -> Table:
    shown = _columns()
    return Table(
        name=f"{group.suite.suite}-{group.benchmark}-resolution",
        suite=group.suite.title,
        title=f"Resolution on {group.benchmark}",
        columns=tuple(column for column, _ in shown),
        rows=(*fill(shown, found.rows), _all_rows(found)),
        notes=_notes(group, found),
    )


def _columns() -> list[ColumnOf[RowResolution]]:
    noise, identities = "Seed noise", f"{LEVEL_TEXT} identities ±"
    at_seeds = f"Detectable, {100 * POWER:.0f} % power"
    return [
        (Column("Row", align="left"), lambda item: columns.label(item.row)),
        (Column("Seeds"), lambda item: columns.seeds(item.row)),
        (Column("mAP", group=noise), lambda item: _cell(item.seed.value)),
        (Column("Δ mAP", group=noise), lambda item: _cell(item.paired.value)),
        (Column("mAP", group=identities), lambda item: _cell(item.half_width)),
        (Column("Δ mAP", group=identities), lambda item: _cell(item.paired_half_width)),
        (Column("Late gain"), _late),
        *((Column(f"{seeds} seeds", group=at_seeds), partial(_detectable, seeds)) for seeds in SEED_COUNTS),
    ]


def _cell(value: float) -> Cell:
    return Cell(points(value), value=100 * value) if value == value else Cell()


def _late(item: RowResolution) -> Cell:
    if item.late is None:
        return Cell()
    return Cell(points(item.late.gain), value=100 * item.late.gain, emphasis="bold" if is_rising(item) else "normal")


def _detectable(seeds: int, item: RowResolution) -> Cell:
    return _cell(detectable(item.paired.value, seeds))


def _all_rows(found: Resolution) -> tuple[Cell, ...]:
    widths = [_cell(found.half_width), _cell(found.paired_half_width)]
    at_seeds = [_cell(detectable(found.paired.value, seeds)) for seeds in SEED_COUNTS]
    return (Cell(ALL_ROWS), Cell(), _cell(found.seed.value), _cell(found.paired.value), *widths, Cell(), *at_seeds)


def _notes(group: BenchmarkRows, found: Resolution) -> tuple[Note, ...]:
    texts = [
        "All figures in percent points of mAP.",
        f"Seed noise: standard deviation over seeds of mAP, and of its difference to “{group.reference_label}” seed by seed. "
        f"Identities: half of the {LEVEL_TEXT} interval from resampled identities alone, seeds fixed. All rows: noise pooled "
        "by degrees of freedom, median of the half widths.",
        "Late gain: mAP at the end of training minus mAP at the last evaluated epoch up to 70 % of it, mean over seeds. Bold: "
        "more than the noise of the row's Δ mAP (for the reference, of its mAP), so training had not come to rest.",
        "Detectable: the smallest true difference that a paired t test over so many seeds, two-sided at 5 %, finds with "
        f"{100 * POWER:.0f} % power, from the row's own noise, which has one degree of freedom fewer than seeds. It is about "
        "other seeds on these identities, not about other identities.",
    ]
    return tuple(Note(text) for text in [*texts, *caution(found.paired)])
