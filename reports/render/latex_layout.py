"""Where a table is cut for a printed page: columns into parts that are narrow enough, rows into floats that are short enough.

Widths are estimated in digits of the table's font, so that they need no TeX; the limits fit the text block of `article`
(345 pt by 550 pt, in its script size, whose digits are 4 pt wide), and with it most others.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import groupby

from reports.table import Column, Note, Table

WRAP = 26.0
"""Digits of the widest column of left-aligned text; longer text is broken into lines."""

_LINE = 86.0
_GAP = 1.5
"""Digits between two columns."""
_NARROW, _WIDE = " .,:;'|!()[]ijlft-", "mwMW%±−"
_PAGE = 46
"""Rows of a float, with the heads of its parts."""
_HEAD = 4


@dataclass(frozen=True)
class Float:
    """What stands in one table environment."""

    table: Table
    parts: tuple[Table, ...]
    notes: tuple[Note, ...]
    continued: bool


def text_width(text: str) -> float:
    """Digits that a text is wide, on the safe side."""
    return sum(0.7 if sign in _NARROW else 1.6 if sign in _WIDE else 1.4 if sign.isupper() else 1.05 for sign in text)


def column_widths(table: Table) -> list[float]:
    """Digits of each column: its widest text, or `WRAP` where that is broken into lines."""
    widths = []
    for index, column in enumerate(table.columns):
        texts = [row[index].text + row[index].mark for row in table.rows]
        widest = max(map(text_width, [column.heading, *texts]))
        widths.append(min(widest, WRAP) if column.align == "left" else widest)
    return widths


def floats(table: Table) -> list[Float]:
    """The environments of a table; its notes stand in the last."""
    filled: list[list[Table]] = [[]]
    for part in _parts(table):
        if filled[-1] and sum(map(_height, filled[-1])) + _height(part) > _PAGE:
            filled.append([])
        filled[-1].append(part)
    last = len(filled) - 1
    return [
        Float(table, tuple(parts), table.notes if index == last else (), continued=index > 0)
        for index, parts in enumerate(filled)
    ]


def _parts(table: Table) -> Iterable[Table]:
    """Parts of a table with few enough columns and rows, each with the first column."""
    size = _PAGE - _HEAD
    for kept in _column_parts(table):
        columns = tuple(table.columns[index] for index in kept)
        for start in range(0, max(len(table.rows), 1), size):
            rows = tuple(tuple(row[index] for index in kept) for row in table.rows[start : start + size])
            yield replace(table, columns=columns, rows=rows)


def _column_parts(table: Table) -> list[list[int]]:
    """Indices of the columns of each part; columns of one group stay together where they fit."""
    widths = [width + _GAP for width in column_widths(table)]
    parts = [[0]]
    for block in _blocks(table.columns, widths):
        taken = sum(widths[index] for index in parts[-1])
        if len(parts[-1]) > 1 and taken + sum(widths[index] for index in block) > _LINE:
            parts.append([0])
        parts[-1] += block
    return parts


def _blocks(columns: tuple[Column, ...], widths: list[float]) -> Iterable[list[int]]:
    """Columns after the first that stay together: a group that fits beside the first column, else single columns."""
    for group, found in groupby(range(1, len(columns)), key=lambda index: columns[index].group):
        block = list(found)
        if group and widths[0] + sum(widths[index] for index in block) <= _LINE:
            yield block
        else:
            yield from ([index] for index in block)


def _height(table: Table) -> int:
    """Lines of a part, with those of broken text."""
    return _HEAD + sum(max(1 + int(text_width(cell.text) / WRAP) for cell in row) for row in table.rows)
