"""What a suite expects of its rows, and whether it held."""

from __future__ import annotations

from harness.rows import BenchmarkRows, SuiteRows
from harness.verdicts import Judgement, Verdict, judge, measured_text
from reports.formats import LEVEL_TEXT
from reports.table import NOTHING, TABLES, Cell, Column, ColumnOf, Emphasis, Note, Table, fill

_EMPHASIS: dict[Verdict, Emphasis] = {"not held": "bold", "not finished": "muted"}


@TABLES.register(order=22)
def directions(suite: SuiteRows) -> list[Table]:
    """One table for each benchmark of a suite with expectations."""
    return [table for group in suite.benchmarks if (table := _table(group)).rows]


def _table(group: BenchmarkRows) -> Table:
    shown: list[ColumnOf[Judgement]] = [
        (Column("Row", align="left"), lambda item: Cell(item.row.label)),
        (Column("Expected", align="left"), lambda item: Cell(item.direction.words)),
        (Column("Measured", "points"), _measured),
        (Column("Verdict", align="left"), _verdict),
        (Column("Why", align="left"), lambda item: Cell(item.direction.why)),
    ]
    return Table(
        name=f"{group.suite.suite}-{group.benchmark}-directions",
        suite=group.suite.title,
        title=f"Directions on {group.benchmark}",
        columns=tuple(column for column, _ in shown),
        rows=fill(shown, judge(group)),
        notes=(
            Note(
                f"Measured: the difference of mAP to the named row with its paired {LEVEL_TEXT} interval; for chance the mAP "
                "with its interval. Chance is the exact mAP of a random ranking."
            ),
            Note(
                "Held, not held: the whole interval lies on the expected side of the margin, or on the other; for chance: the "
                "interval, widened by the margin, contains it or does not. Not resolved: the intervals cannot tell."
            ),
        ),
    )


def _measured(item: Judgement) -> Cell:
    if item.measured is None:
        return Cell()
    return Cell(measured_text(item) or NOTHING, value=100 * item.measured.estimate)


def _verdict(item: Judgement) -> Cell:
    return Cell(item.verdict, emphasis=_EMPHASIS.get(item.verdict, "normal"))
