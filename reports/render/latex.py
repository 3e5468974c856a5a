r"""Tables as LaTeX for `\input`: booktabs and nothing else beyond the base classes."""

from __future__ import annotations

from itertools import accumulate

from reports.report import Report, slug
from reports.table import Align, Cell, Table

from .environment import latex_environment
from .latex_layout import WRAP, floats, text_width
from .latex_text import escape

_COLUMN: dict[Align, str] = {"left": "l", "center": "c", "right": "r"}
_BROKEN = rf"p{{{WRAP / 2:.1f}em}}"
"""Column whose text is broken into lines; a digit is half an em wide."""


def render_latex(report: Report) -> str:
    """All tables of a report, each in an environment of its own with caption and label."""
    environment = latex_environment()
    environment.filters.update(tex=escape, row=render_row, head=render_head, slug=slug, columns=_column_types)
    tables = [table for section in report.sections for table in section.tables + section.provenance]
    found = [part for table in tables for part in floats(table)]
    return environment.get_template("tables.tex.j2").render(floats=found)


def render_cell(cell: Cell) -> str:
    """The text of a cell with its emphasis and mark."""
    text = escape(cell.text)
    text = rf"\textbf{{{text}}}" if cell.emphasis == "bold" else text
    text += escape(cell.mark)
    text = rf"\raggedright {text}" if text_width(cell.text) > WRAP else text
    return "{}" + text if text.startswith(("[", "*")) else text  # after a line's end these would be its arguments


def render_row(row: tuple[Cell, ...]) -> str:
    r"""A line of a tabular; ended by `\tabularnewline`, since `\raggedright` gives `\\` another meaning."""
    return " & ".join(map(render_cell, row)) + r" \tabularnewline"


def render_head(table: Table) -> str:
    """The lines of column headings, those that span columns first."""
    titles = " & ".join(escape(column.heading) for column in table.columns) + r" \tabularnewline"
    if not table.has_groups:
        return titles
    groups = [(group, len(columns)) for group, columns in table.groups()]
    spanning = " & ".join(rf"\multicolumn{{{span}}}{{c}}{{{escape(group)}}}" for group, span in groups)
    ends = accumulate(span for _, span in groups)
    rules = [rf"\cmidrule(lr){{{end - span + 1}-{end}}}" for (group, span), end in zip(groups, ends, strict=True) if group]
    return "\n".join([rf"{spanning} \tabularnewline", "".join(rules), titles])


def _column_types(table: Table) -> str:
    widest = [max([text_width(row[index].text) for row in table.rows], default=0.0) for index in range(len(table.columns))]
    return "".join(
        _BROKEN if column.align == "left" and width > WRAP else _COLUMN[column.align]
        for column, width in zip(table.columns, widest, strict=True)
    )
