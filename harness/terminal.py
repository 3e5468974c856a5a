"""What verbs print: a table for people, or one JSON document."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from typing import Any

from rich.console import Console, RenderableType
from rich.table import Table


def console() -> Console:
    """Standard output; wide where it goes to a file, so that tables are not cut."""
    return Console(width=None if sys.stdout.isatty() else 200, highlight=False, markup=False)


def plain_table(*columns: str, words: int = 1) -> Table:
    """A table without lines; the first columns are words, the others numbers."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for place, column in enumerate(columns):
        table.add_column(column, justify="left" if place < words else "right", overflow="fold")
    return table


def show_lines(value: Any, lines: Callable[[], Iterable[RenderableType]], as_json: bool) -> None:
    """One JSON document, or lines and tables for people; a line that is cut can be neither read nor searched."""
    if as_json:
        show(value, list, as_json)
        return
    for line in lines():
        console().print(line, soft_wrap=isinstance(line, str))


def show(value: Any, table: Callable[[], Any], as_json: bool) -> None:
    """One JSON document, or a table for people."""
    if as_json:
        sys.stdout.write(json.dumps(value, indent=1) + "\n")
    else:
        console().print(table())
