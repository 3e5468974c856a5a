"""A table without a format: built once, rendered to Markdown, LaTeX and HTML."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal, TypeVar

from harness.rows import SuiteRows

from .registry import Ordered

Align = Literal["left", "center", "right"]
Emphasis = Literal["normal", "bold", "muted"]

Item = TypeVar("Item")

NOTHING = "–"
"""Stands where there is no value."""


@dataclass(frozen=True)
class Column:
    """A column; text is plain, each format escapes it."""

    title: str
    unit: str = ""
    align: Align = "right"
    group: str = ""
    """Heading over neighbouring columns of the same group."""

    @property
    def heading(self) -> str:
        """Title with its unit."""
        return f"{self.title} ({self.unit})" if self.unit else self.title


@dataclass(frozen=True)
class Cell:
    """What stands in one place of a table."""

    text: str = NOTHING
    value: float | None = None
    """The number behind the text, unrounded and in the column's unit."""
    emphasis: Emphasis = "normal"
    mark: str = ""
    """Sign of a note below the table."""


@dataclass(frozen=True)
class Note:
    """A line below a table."""

    text: str
    mark: str = ""


@dataclass(frozen=True)
class Table:
    """A whole table."""

    name: str
    """Unique in a report."""
    suite: str
    """Title of the suite that it is about."""
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[Note, ...]
    section: Literal["results", "provenance"] = "results"

    @property
    def caption(self) -> str:
        """Title for where the table stands alone."""
        return f"{self.suite}: {self.title}"

    @property
    def has_groups(self) -> bool:
        """Whether there are headings over the columns."""
        return any(column.group for column in self.columns)

    def groups(self) -> list[tuple[str, list[Column]]]:
        """Headings over the columns with the columns that each spans; an empty heading over those that have none."""
        return [(group, list(columns)) for group, columns in groupby(self.columns, key=lambda column: column.group)]


ColumnOf = tuple[Column, Callable[[Item], Cell]]
"""A column with the function that gives its cell for an item."""


def fill(columns: Sequence[ColumnOf[Item]], items: Iterable[Item]) -> tuple[tuple[Cell, ...], ...]:
    """The cells of a table, one row for each item."""
    return tuple(tuple(cell(item) for _, cell in columns) for item in items)


MakeTables = Callable[[SuiteRows], Sequence[Table]]
"""Gives the tables of a suite; none where it does not apply."""

TABLES: Ordered[MakeTables] = Ordered("reports.tables")
