"""A report as Markdown (GitHub's dialect), with figures as files beside it."""

from __future__ import annotations

import re

from tabulate import tabulate

from reports.reading import READING
from reports.report import Report
from reports.table import Cell, Table

from .environment import template_environment

_SIGNS = re.compile(r"([\\`*_\[\]<>#|~$&])")


def escape(text: str) -> str:
    """Text whose signs mean nothing to Markdown, on one line."""
    return _SIGNS.sub(r"\\\1", " ".join(text.split()))


def render_table(table: Table) -> str:
    """A pipe table; headings over columns are put before the column's own."""
    headings = [escape(f"{column.group} {column.heading}".strip()) for column in table.columns]
    rows = [[_cell(cell) for cell in row] for row in table.rows]
    alignment = [column.align for column in table.columns]
    return tabulate(rows, headings, tablefmt="pipe", colalign=alignment, disable_numparse=True)


def render_markdown(report: Report, folder: str) -> str:
    """The whole report.

    Args:
        report: what to write.
        folder: where the figures lie, relative to the file.
    """
    environment = template_environment(autoescape=False)
    environment.filters.update(md=escape, table=render_table)
    return environment.get_template("report.md.j2").render(report=report, folder=folder, reading=READING)


def _cell(cell: Cell) -> str:
    text = escape(cell.text)
    return f"**{text}**{cell.mark}" if cell.emphasis == "bold" and text else text + cell.mark
